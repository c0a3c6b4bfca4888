#pragma once

#include <memory>
#include <string>

#include "app/application.h"
#include "app/home.h"
#include "base/result.h"
#include "crypto/key_protector.h"
#include "repo/repository.h"
#include "store/store.h"

namespace holdfast::app {

/// How the caller wants to open a vault; empty fields leave it to the vault's record.
struct KeyChoice {
    std::string key_file;
    std::string passphrase_file;

    bool empty() const { return key_file.empty() && passphrase_file.empty(); }
};

/// A vault that is open. Members are destroyed in reverse order: the repository before its store.
struct OpenVault {
    VaultRecord record;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<repo::Repository> repository;

    repo::Repository& operator*() const { return *repository; }
    repo::Repository* operator->() const { return repository.get(); }
};

/// The protector for a choice of key: reads the file, or asks on the terminal for a passphrase.
Result<std::unique_ptr<crypto::KeyProtector>> load_protector(const Application& application,
                                                             const std::string& kind,
                                                             const std::string& path);

/// Opens a vault that this home knows.
Result<OpenVault> open_vault(Application& application, const std::string& name,
                             const KeyChoice& choice);

/// As open_vault; when the home knows no vault at all and `name` is the default one, makes it and
/// says where its key is.
Result<OpenVault> open_or_create_vault(Application& application, const std::string& name,
                                       const KeyChoice& choice);

struct VaultCreation {
    std::string name;
    std::string location;  ///< empty: inside the home
    KeyChoice key;         ///< empty: a new key file inside the home
};
/// Makes the vault, its key file when that does not exist yet, and its record.
Result<OpenVault> create_vault(Application& application, const VaultCreation& creation);

/// Registers a vault that lies at a location already. Under the name of a vault that this home
/// knows, makes that one be opened with `key` from now on; `location` may then be empty.
/// AlreadyExists when the name is another vault's.
Result<OpenVault> import_vault(Application& application, const std::string& name,
                               const std::string& location, const std::string& vault_id,
                               const KeyChoice& key);

/// Whether the wrap is the one that opens the vault with the key that its record names.
Result<bool> is_key_of_home(Application& application, const OpenVault& vault,
                            const std::string& wrap_id);

/// What must be said once about a new key.
std::string key_warning(const VaultRecord& record);

}  // namespace holdfast::app
