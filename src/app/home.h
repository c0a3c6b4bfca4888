#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace holdfast::app {

/// What this machine knows of a vault: where it lies and what opens it, never a secret.
struct VaultRecord {
    std::string name;
    std::string location;  ///< such as "file:///var/backups"
    std::string vault_id;  ///< its folder at the location
    std::string key_kind;  ///< "key-file" or "passphrase"
    std::string key_path;  ///< of the key file or of the file that holds the passphrase; may be
                           ///< empty for a passphrase that is asked for
};

/// The state directory: vault records, key files, caches and restore journals.
class Home {
public:
    explicit Home(std::string path) : path_(std::move(path)) {}

    /// $HOLDFAST_HOME, or ~/.holdfast. InvalidArgument when neither can be had.
    static Result<std::string> default_path();

    const std::string& path() const { return path_; }
    std::string default_key_path(const std::string& vault) const;
    std::string default_location() const;
    std::string cache_path() const;

    /// NotFound names the vaults that there are, and what was probably meant.
    Result<VaultRecord> vault(const std::string& name) const;
    /// By name.
    Result<std::vector<VaultRecord>> vaults() const;
    /// AlreadyExists when the name is taken.
    Result<void> add_vault(const VaultRecord& record) const;
    Result<void> replace_vault(const VaultRecord& record) const;
    bool has_vault(const std::string& name) const;

private:
    std::string record_path(const std::string& name) const;
    Result<VaultRecord> read_record(const std::string& path) const;

    std::string path_;
};

/// InvalidArgument unless it is 2 to 50 letters, digits, '-' and '_' (as AWS Backup names vaults).
Result<void> check_vault_name(const std::string& name);

}  // namespace holdfast::app
