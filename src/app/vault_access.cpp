#include "app/vault_access.h"

#include <filesystem>
#include <string_view>
#include <vector>

#include "app/home_lock.h"
#include "app/prompt.h"
#include "base/file.h"
#include "base/text.h"
#include "repo/environment.h"
#include "store/open.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kMaxPassphraseBytes = 4096;
constexpr std::string_view kKeyFile = "key-file";
constexpr std::string_view kPassphrase = "passphrase";

/// What the caller chose, or what the record says.
VaultRecord with_choice(VaultRecord record, const KeyChoice& choice) {
    if (!choice.key_file.empty()) {
        record.key_kind = kKeyFile;
        record.key_path = choice.key_file;
    } else if (!choice.passphrase_file.empty()) {
        record.key_kind = kPassphrase;
        record.key_path = choice.passphrase_file;
    }
    if (!record.key_path.empty())
        record.key_path = std::filesystem::absolute(record.key_path).lexically_normal().string();
    return record;
}

repo::Environment environment(Application& application) {
    return {.clock = application.clock,
            .random = application.random,
            .cache_dir = Home(application.home).cache_path()};
}

Result<std::unique_ptr<store::Store>> open_vault_store(Application& application,
                                                       const VaultRecord& record,
                                                       store::Missing missing) {
    std::string location = record.location;
    if (!location.ends_with('/')) location += '/';
    return store::open_store(location + record.vault_id, missing, application.random);
}

/// The key file that exists at that path, or a new one.
Result<crypto::KeyFileProtector> load_or_create_key(Application& application,
                                                    const std::string& path) {
    if (std::filesystem::exists(path)) return crypto::KeyFileProtector::load(path);
    std::string parent = std::filesystem::path(path).parent_path().string();
    if (!parent.empty()) TRY(base::make_directories(parent, base::FileMode::Private));
    return crypto::KeyFileProtector::create(path, application.random);
}

Result<std::unique_ptr<crypto::KeyProtector>> protector_for_new_vault(Application& application,
                                                                      const VaultRecord& record) {
    if (record.key_kind == kPassphrase)
        return load_protector(application, record.key_kind, record.key_path);
    return std::make_unique<crypto::KeyFileProtector>(
        TRY(load_or_create_key(application, record.key_path)));
}

}  // namespace

Result<std::unique_ptr<crypto::KeyProtector>> load_protector(const Application& application,
                                                             const std::string& kind,
                                                             const std::string& path) {
    if (kind == kKeyFile) return crypto::load_key_file(path);  // an exported root key too
    if (kind != kPassphrase)
        return fail(ErrorCode::Unsupported, "this version cannot open a vault with a '{}'", kind);
    std::string passphrase;
    if (path.empty()) {
        passphrase = TRY(ask_secret(application, "Passphrase: "));
    } else {
        std::string text = TRY(base::read_file(path, kMaxPassphraseBytes));
        passphrase = std::string(base::trim(text));
    }
    if (passphrase.empty()) return fail(ErrorCode::InvalidArgument, "the passphrase is empty");
    return std::make_unique<crypto::PassphraseProtector>(std::move(passphrase));
}

Result<OpenVault> open_vault(Application& application, const std::string& name,
                             const KeyChoice& choice) {
    OpenVault vault;
    vault.record = with_choice(TRY(Home(application.home).vault(name)), choice);
    auto protector = TRY(load_protector(application, vault.record.key_kind, vault.record.key_path),
                         "the key of vault {}", name);
    vault.store = TRY(open_vault_store(application, vault.record, store::Missing::Fail),
                      "opening vault {}", name);
    vault.repository =
        TRY(repo::Repository::open(*vault.store, *protector, environment(application)),
            "opening vault {}", name);
    return vault;
}

Result<OpenVault> open_or_create_vault(Application& application, const std::string& name,
                                       const KeyChoice& choice) {
    Home home(application.home);
    bool first = name == "main" && choice.empty() && !home.has_vault(name);
    if (!first || !TRY(home.vaults()).empty()) return open_vault(application, name, choice);
    auto created = create_vault(application, {.name = name});
    // Another process was quicker.
    if (!created && created.error().code == ErrorCode::AlreadyExists && home.has_vault(name))
        return open_vault(application, name, choice);
    OpenVault vault = TRY(std::move(created));
    tell(fmt::format("Made vault '{}' at {}.\n{}", name, vault.record.location,
                     key_warning(vault.record)));
    return vault;
}

Result<OpenVault> create_vault(Application& application, const VaultCreation& creation) {
    Home home(application.home);
    TRY(check_vault_name(creation.name));
    HomeLock lock =
        TRY(HomeLock::take(application.home, application.clock, application.stop_token()));
    if (home.has_vault(creation.name))
        return fail(ErrorCode::AlreadyExists, "there is a vault '{}' already", creation.name);
    OpenVault vault;
    vault.record = {
        .name = creation.name,
        .location = creation.location.empty() ? home.default_location() : creation.location,
        .vault_id = repo::new_vault_id(application.random),
        .key_kind = std::string(kKeyFile),
        .key_path = home.default_key_path(creation.name)};
    vault.record = with_choice(vault.record, creation.key);
    vault.store = TRY(open_vault_store(application, vault.record, store::Missing::Create));
    auto protector = TRY(protector_for_new_vault(application, vault.record), "the vault's key");
    vault.repository = TRY(repo::Repository::create(
        *vault.store, *protector, {.vault_id = vault.record.vault_id}, environment(application)));
    TRY(home.add_vault(vault.record));
    return vault;
}

Result<OpenVault> import_vault(Application& application, const std::string& name,
                               const std::string& location, const std::string& vault_id,
                               const KeyChoice& key) {
    Home home(application.home);
    TRY(check_vault_name(name));
    if (home.has_vault(name))
        return fail(ErrorCode::AlreadyExists, "there is a vault '{}' already", name);
    auto root = TRY(store::open_store(location, store::Missing::Fail, application.random));
    std::vector<std::string> found = TRY(repo::find_vaults(*root));
    std::vector<std::string> matching;
    for (const std::string& id : found)
        if (id.starts_with(vault_id)) matching.push_back(id);
    if (matching.empty())
        return fail(ErrorCode::NotFound, "there is no {} at {}",
                    vault_id.empty() ? "vault" : "vault '" + vault_id + "'", location);
    if (matching.size() > 1)
        return fail(ErrorCode::InvalidArgument,
                    "there are several vaults at {}; choose one with --vault-id: {}", location,
                    base::join(matching, ", "));
    OpenVault vault;
    vault.record = with_choice({.name = name,
                                .location = location,
                                .vault_id = matching.front(),
                                .key_kind = std::string(kPassphrase)},
                               key);
    auto protector = TRY(load_protector(application, vault.record.key_kind, vault.record.key_path));
    vault.store = TRY(open_vault_store(application, vault.record, store::Missing::Fail));
    vault.repository =
        TRY(repo::Repository::open(*vault.store, *protector, environment(application)));
    TRY(base::make_directories(application.home, base::FileMode::Private));
    TRY(home.add_vault(vault.record));
    return vault;
}

std::string key_warning(const VaultRecord& record) {
    if (record.key_kind == kPassphrase)
        return "It is opened by your passphrase. Whoever loses the passphrase loses the vault: "
               "nothing else can open it.";
    return fmt::format(
        "Its key is {}. Losing this file loses the vault: nothing else can open it.\n"
        "Keep a copy in a safe place outside this machine.",
        record.key_path);
}

}  // namespace holdfast::app
