#include "app/vault_access.h"

#include <filesystem>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "app/home_lock.h"
#include "app/prompt.h"
#include "base/file.h"
#include "base/text.h"
#include "repo/environment.h"
#include "repo/key_wrap.h"
#include "repo/names.h"
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

/// "1 key-file, 2 passphrase": what says of itself that it opens the vault. Needs no key, so
/// nothing of it is proven.
std::string kinds_of_wraps(store::Store& store) {
    std::map<std::string, std::set<std::string>> kinds;
    auto objects = store::list_all(store, repo::names::kKeys, repo::kMaxKeyObjects);
    if (!objects) return "";
    for (const store::ObjectInfo& object : *objects) {
        if (object.size_bytes > repo::kMaxKeyWrapBytes) continue;
        auto bytes = store.get(object.name);
        if (!bytes) continue;
        if (auto wrap = repo::parse_key_wrap(*bytes)) kinds[wrap->kind].insert(wrap->id);
    }
    std::vector<std::string> counted;
    for (const auto& [kind, ids] : kinds)
        counted.push_back(base::counted(ids.size(), kind == kKeyFile ? "key file" : kind));
    return base::join(counted, " and ");
}

/// Opens the repository; a refused key is told what would be taken instead.
Result<std::unique_ptr<repo::Repository>> open_repository(Application& application,
                                                          const OpenVault& vault,
                                                          const crypto::KeyProtector& protector) {
    auto opened = repo::Repository::open(*vault.store, protector, environment(application));
    if (opened || opened.error().code != ErrorCode::PermissionDenied) return opened;
    std::string kinds = kinds_of_wraps(*vault.store);
    if (kinds.empty()) return opened;
    const VaultRecord& record = vault.record;
    return fail(ErrorCode::PermissionDenied,
                "{}{}; it is opened by {}: name one with --key-file or --passphrase-file, and "
                "'holdfast vault import {}' with the same option makes this home use it",
                opened.error().message,
                record.key_path.empty() ? "" : fmt::format(" ({})", record.key_path), kinds,
                record.name);
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
        TRY(open_repository(application, vault, *protector), "opening vault {}", name);
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

namespace {

/// The vault at a location whose id begins with `vault_id`; there must be exactly one.
Result<std::string> find_vault_id(Application& application, const std::string& location,
                                  const std::string& vault_id) {
    auto root = TRY(store::open_store(location, store::Missing::Fail, application.random));
    std::vector<std::string> found = TRY(repo::find_vaults(*root));
    std::vector<std::string> matching;
    for (const std::string& id : found)
        if (id.starts_with(vault_id)) matching.push_back(id);
    if (matching.size() == 1) return matching.front();
    if (matching.empty())
        return fail(ErrorCode::NotFound, "there is no {} at {}",
                    vault_id.empty() ? "vault" : "vault '" + vault_id + "'", location);
    return fail(ErrorCode::InvalidArgument,
                "there are several vaults at {}; choose one with --vault-id: {}", location,
                base::join(matching, ", "));
}

std::string_view without_slash(std::string_view location) {
    while (location.ends_with('/')) location.remove_suffix(1);
    return location;
}

/// What an import under a name that is taken means: the same vault with another key.
Result<VaultRecord> record_to_replace(const Home& home, const std::string& name,
                                      const std::string& location, const std::string& vault_id,
                                      const KeyChoice& key) {
    VaultRecord record = TRY(home.vault(name));
    bool same = (location.empty() || without_slash(location) == without_slash(record.location)) &&
                record.vault_id.starts_with(vault_id);
    if (!same)
        return fail(ErrorCode::AlreadyExists,
                    "there is a vault '{}' already: {} at {}; choose another name", name,
                    record.vault_id, record.location);
    if (key.empty())
        return fail(ErrorCode::AlreadyExists,
                    "there is a vault '{}' already; --key-file or --passphrase-file names another "
                    "key that shall open it",
                    name);
    return record;
}

/// What an import says of the vault, before it is known whether the key opens it.
Result<VaultRecord> record_to_import(Application& application, const std::string& name,
                                     const std::string& location, const std::string& vault_id,
                                     const KeyChoice& key) {
    Home home(application.home);
    TRY(check_vault_name(name));
    if (home.has_vault(name)) return record_to_replace(home, name, location, vault_id, key);
    if (location.empty())
        return fail(ErrorCode::InvalidArgument,
                    "this home knows no vault '{}': say with --location where it lies", name);
    if (key.empty() && !application.terminal.input_is_terminal)
        return fail(ErrorCode::InvalidArgument,
                    "say with --key-file or --passphrase-file what opens the vault: there is no "
                    "terminal to ask for a passphrase on");
    return VaultRecord{.name = name,
                       .location = location,
                       .vault_id = TRY(find_vault_id(application, location, vault_id)),
                       .key_kind = std::string(kPassphrase),
                       .key_path = ""};
}

}  // namespace

Result<OpenVault> import_vault(Application& application, const std::string& name,
                               const std::string& location, const std::string& vault_id,
                               const KeyChoice& key) {
    Home home(application.home);
    OpenVault vault;
    vault.record =
        with_choice(TRY(record_to_import(application, name, location, vault_id, key)), key);
    auto protector = TRY(load_protector(application, vault.record.key_kind, vault.record.key_path));
    vault.store = TRY(open_vault_store(application, vault.record, store::Missing::Fail));
    vault.repository = TRY(open_repository(application, vault, *protector));
    TRY(base::make_directories(application.home, base::FileMode::Private));
    if (home.has_vault(name))
        TRY(home.replace_vault(vault.record));
    else
        TRY(home.add_vault(vault.record));
    return vault;
}

Result<bool> is_key_of_home(Application& application, const OpenVault& vault,
                            const std::string& wrap_id) {
    auto bytes = vault.store->get(repo::names::key_wrap(wrap_id, 0));
    if (!bytes) return false;  // damaged: it opens nothing
    auto wrap = repo::parse_key_wrap(*bytes);
    VaultRecord record = TRY(Home(application.home).vault(vault.record.name));
    if (!wrap || wrap->kind != record.key_kind) return false;
    // A passphrase that is asked for cannot be tried without asking again.
    if (record.key_path.empty()) return true;
    auto protector = load_protector(application, record.key_kind, record.key_path);
    return protector && (*protector)->unwrap(wrap->wrapped, wrap->vault_id).has_value();
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
