#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace holdfast::app {

/// What an operator decides about a server.
struct ServerConfig {
    std::string address = "127.0.0.1";
    std::uint16_t port = 7480;
    /// Of the first account; they are chosen when the server first starts and never change.
    std::string account = "000000000001";
    std::string partition = "aws";
    /// Where the regional services answer; the first one is the administrator's.
    std::vector<std::string> regions = {"us-east-1"};
    /// PEM files; both or none.
    std::string certificate_file;
    std::string key_file;

    bool is_loopback() const;
};

/// Reads a configuration file in YAML or JSON; a member that is unknown is an error, with what was
/// probably meant.
Result<ServerConfig> read_server_config(const std::string& path);

/// "ADDRESS:PORT" or "[ADDRESS]:PORT" into the configuration.
Result<void> set_listen(ServerConfig& config, const std::string& listen);

}  // namespace holdfast::app
