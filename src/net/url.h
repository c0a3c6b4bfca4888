#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace holdfast::net {

/// An absolute URL of a server: scheme, host, port and the path before everything else.
struct Url {
    std::string scheme;  ///< lower case
    std::string user;    ///< percent-decoded; empty when absent, as is the password
    std::string password;
    std::string host;  ///< without the brackets of an IPv6 address
    std::uint16_t port = 0;
    std::string path;  ///< as written, without a trailing '/'

    /// InvalidArgument for anything but scheme://[user[:password]@]host[:port][/path], with the
    /// port of the scheme where none is given. Messages never hold user or password.
    static Result<Url> parse(std::string_view text);

    /// "host:port", with brackets where the host needs them.
    std::string authority() const;
    /// The URL without user and password; the port only where it is not the scheme's own.
    std::string text() const;
    /// Whether the host is this machine.
    bool is_loopback() const;
};

/// Percent-encodes everything but unreserved characters (RFC 3986), for path segments and
/// query parameters alike.
std::string percent_encode(std::string_view text);
/// InvalidArgument for a '%' without two hexadecimal digits.
Result<std::string> percent_decode(std::string_view text);
/// "a=b&c=d", encoded.
std::string query_string(const std::vector<std::pair<std::string, std::string>>& parameters);

}  // namespace holdfast::net
