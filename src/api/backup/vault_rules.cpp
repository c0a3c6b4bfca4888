#include "api/backup/vault_rules.h"

#include "base/random.h"
#include "meta/database.h"
#include "meta/tag_table.h"

namespace holdfast::api::backup {

std::string vault_arn(const Call& call, std::string_view name) {
    return call.arn("backup", fmt::format("backup-vault:{}", name));
}

Answer<std::string> default_key_arn(const Call& call, meta::Session& session,
                                    base::Random& random) {
    meta::SettingTable settings(session, call.account(), call.region());
    const meta::Tags known = TRY(settings.all("key"));
    if (auto found = known.find("default"); found != known.end()) return found->second;
    const std::string arn = call.arn("kms", "key/" + base::uuid_v4(random));
    TRY(settings.put("key", {{"default", arn}}));
    return arn;
}

Answer<std::vector<Target>> vault_target(Services& services, const Call& call,
                                         std::string_view name) {
    Target target{.resource = vault_arn(call, name), .owner = call.account()};
    const auto work = [&](meta::Session& session) -> Result<void> {
        const auto vault = TRY(meta::VaultTable(session, call.place).find(name));
        if (vault) target.policy = vault->access_policy;
        return {};
    };
    TRY(services.database.read(work));
    return std::vector{std::move(target)};
}

std::optional<jobs::VaultLock> lock_of(const meta::VaultRow& vault) {
    if (!vault.lock) return std::nullopt;
    return jobs::VaultLock{.min_retention_days = vault.lock->min_days,
                           .max_retention_days = vault.lock->max_days,
                           .lock_date = vault.lock->lock_date};
}

std::unexpected<ApiError> refused(const Error& error) {
    if (error.code == ErrorCode::InvalidArgument)
        return refuse(errors::kInvalidParameter, error.message);
    if (error.code == ErrorCode::Conflict) return refuse(errors::kInvalidRequest, error.message);
    return std::unexpected(ApiError(error));
}

std::unexpected<ApiError> no_such_vault() {
    return refuse(errors::kAccessDenied, "Insufficient privileges to perform this action.");
}

Answer<meta::VaultRow> vault_to_read(meta::Session& session, const Call& call,
                                     std::string_view name) {
    auto vault = TRY(meta::VaultTable(session, call.place).find(name));
    if (!vault) return no_such_vault();
    return std::move(*vault);
}

Answer<meta::VaultRow> vault_to_change(meta::Session& session, const Call& call,
                                       std::string_view name) {
    auto vault = TRY(meta::VaultTable(session, call.place).find(name));
    if (!vault)
        return refuse(errors::kNotFound, fmt::format("Backup vault {} does not exist.", name));
    return std::move(*vault);
}

}  // namespace holdfast::api::backup
