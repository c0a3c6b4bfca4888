#pragma once

#include <memory>
#include <string>

#include "app/application.h"
#include "app/server/server_config.h"
#include "crypto/sealer.h"
#include "iam/directory.h"
#include "meta/database.h"

namespace holdfast::app {

/// What a server keeps in its home: the key that seals secrets, the database, and who there is.
/// Members are destroyed in reverse order.
struct ServerState {
    std::unique_ptr<crypto::Sealer> sealer;
    std::unique_ptr<meta::Database> database;
    std::unique_ptr<iam::Directory> directory;
    /// Of the aws CLI and the SDKs; made when the server first started.
    std::string credentials_path;
    bool first_start = false;
};

/// Opens the state of `application.home`, and makes it when the server has never started there: the
/// first account, its administrator, and a credentials file for them, which sends them to
/// `endpoint`. A first start that was killed begins anew.
Result<ServerState> open_server_state(Application& application, const ServerConfig& config,
                                      const std::string& endpoint);

/// The text of a credentials file as the aws CLI and the SDKs read it.
std::string credentials_text(const iam::NewAccessKey& key, const std::string& region,
                             const std::string& endpoint);

}  // namespace holdfast::app
