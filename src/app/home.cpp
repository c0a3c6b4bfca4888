#include "app/home.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kMaxRecordBytes = 64u << 10;
constexpr std::string_view kRecordSuffix = ".json";

std::string environment(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
    return value == nullptr ? "" : value;
}

std::string encode(const VaultRecord& record) {
    return base::pretty_json({{"name", record.name},
                              {"location", record.location},
                              {"vaultId", record.vault_id},
                              {"keyKind", record.key_kind},
                              {"keyPath", record.key_path}}) +
           "\n";
}

}  // namespace

Result<void> check_vault_name(const std::string& name) {
    bool good = name.size() >= 2 && name.size() <= 50 && std::ranges::all_of(name, [](char c) {
                    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_';
                });
    if (good) return {};
    return fail(ErrorCode::InvalidArgument,
                "'{}' is no vault name; use 2 to 50 letters, digits, '-' and '_'", name);
}

Result<std::string> Home::default_path() {
    std::string chosen = environment("HOLDFAST_HOME");
    if (!chosen.empty()) return std::filesystem::absolute(chosen).lexically_normal().string();
    std::string user = environment("HOME");
    if (!user.empty()) return user + "/.holdfast";
    return fail(ErrorCode::InvalidArgument,
                "there is no place for Holdfast's state: set HOLDFAST_HOME or HOME");
}

std::string Home::default_key_path(const std::string& vault) const {
    return fmt::format("{}/keys/{}.key", path_, vault);
}

std::string Home::default_location() const {
    // Percent-encoded, since a home may have any name.
    std::string location = "file://";
    for (char c : path_ + "/data") {
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     std::string_view("/-._~").find(c) != std::string_view::npos;
        location +=
            plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return location;
}

std::string Home::cache_path() const {
    return path_ + "/cache";
}

std::string Home::record_path(const std::string& name) const {
    return fmt::format("{}/vaults/{}{}", path_, name, kRecordSuffix);
}

bool Home::has_vault(const std::string& name) const {
    std::error_code ignored;
    return std::filesystem::exists(record_path(name), ignored);
}

Result<VaultRecord> Home::read_record(const std::string& path) const {
    std::string text = TRY(base::read_file(path, kMaxRecordBytes));
    Json json = TRY(base::parse_json(text), "the vault record {}", path);
    VaultRecord record{.name = base::text_at(json, "/name"),
                       .location = base::text_at(json, "/location"),
                       .vault_id = base::text_at(json, "/vaultId"),
                       .key_kind = base::text_at(json, "/keyKind"),
                       .key_path = base::text_at(json, "/keyPath")};
    if (record.name.empty() || record.location.empty() || record.vault_id.empty())
        return fail(ErrorCode::Corrupted, "the vault record {} lacks a member", path);
    return record;
}

Result<VaultRecord> Home::vault(const std::string& name) const {
    TRY(check_vault_name(name));
    if (has_vault(name)) return read_record(record_path(name));
    std::vector<std::string> names;
    for (const VaultRecord& record : TRY(vaults())) names.push_back(record.name);
    if (names.empty())
        return fail(ErrorCode::NotFound,
                    "there is no vault '{}', and none at all in {}; make one with 'holdfast vault "
                    "create {}', or bring one back with 'holdfast vault import'",
                    name, path_, name);
    std::string_view meant = base::nearest(name, names);
    return fail(ErrorCode::NotFound, "there is no vault '{}'; there {} {}{}", name,
                names.size() == 1 ? "is" : "are", base::join(names, ", "),
                meant.empty() ? "" : fmt::format(". Did you mean '{}'?", meant));
}

Result<std::vector<VaultRecord>> Home::vaults() const {
    std::vector<VaultRecord> records;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(path_ + "/vaults", error))
        if (entry.path().extension() == kRecordSuffix)
            records.push_back(TRY(read_record(entry.path().string())));
    std::ranges::sort(records, {}, &VaultRecord::name);
    return records;
}

Result<void> Home::add_vault(const VaultRecord& record) const {
    TRY(base::make_directories(path_ + "/vaults", base::FileMode::Private));
    auto created =
        base::create_file(record_path(record.name), encode(record), base::FileMode::Private);
    if (!created && created.error().code == ErrorCode::AlreadyExists)
        return fail(ErrorCode::AlreadyExists, "there is a vault '{}' already", record.name);
    return created;
}

Result<void> Home::replace_vault(const VaultRecord& record) const {
    return base::write_file(record_path(record.name), encode(record), base::FileMode::Private);
}

}  // namespace holdfast::app
