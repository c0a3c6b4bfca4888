#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/api_error.h"
#include "api/aws_backup.h"
#include "api/backup/handlers.h"
#include "api/backup/job_rules.h"
#include "api/backup/vault_rules.h"
#include "api/call.h"
#include "api/page.h"
#include "api/registry.h"
#include "api/services.h"
#include "api/shape.h"
#include "api/transaction.h"
#include "meta/database.h"
#include "meta/point_table.h"
#include "meta/tag_table.h"
#include "meta/vault_table.h"

namespace holdfast::api::backup {

namespace {

constexpr std::int64_t kMaxVaults = 300;
constexpr std::string_view kVaultType = "BACKUP_VAULT";
constexpr std::string_view kNotEmpty = "ERROR_9101";

aws_backup::CreateBackupVaultOutput created(const Call& call, const meta::VaultRow& vault) {
    return {.backup_vault_name = vault.name,
            .backup_vault_arn = vault_arn(call, vault.name),
            .creation_date = vault.created_at};
}

/// What CreateBackupVault says of a name that is taken: the same request came again, or another.
Answer<aws_backup::CreateBackupVaultOutput> taken(const Call& call, const meta::VaultRow& vault,
                                                  const meta::VaultRow& wanted) {
    if (vault.creator_request_id && vault.creator_request_id == wanted.creator_request_id &&
        vault.request_hash == wanted.request_hash)
        return created(call, vault);
    ApiError error(std::string(errors::kAlreadyExists),
                   fmt::format("Backup vault with the same name already exists: {}", vault.name));
    error.members = {{"Arn", vault_arn(call, vault.name)},
                     {"CreatorRequestId", vault.creator_request_id.value_or("")}};
    return std::unexpected(std::move(error));
}

using Created = aws_backup::CreateBackupVaultOutput;

/// What can be answered before anything is made; else the vault is complete but for its repository.
Answer<std::optional<Created>> prepare(Services& services, const Call& call,
                                       const aws_backup::CreateBackupVaultInput& input,
                                       meta::Session& session, meta::VaultRow& vault) {
    meta::VaultTable table(session, call.place);
    if (auto found = TRY(table.find(vault.name))) return taken(call, *found, vault);
    if (TRY(table.count()) >= kMaxVaults)
        return refuse(
            errors::kLimitExceeded,
            fmt::format("An account has at most {} backup vaults in a region.", kMaxVaults));
    vault.key_arn = TRY(default_key_arn(call, session, services.random));
    if (input.encryption_key_arn && *input.encryption_key_arn != vault.key_arn)
        return refuse(errors::kInvalidParameter,
                      fmt::format("There is no key {}.", *input.encryption_key_arn));
    return std::nullopt;
}

Answer<Created> create(Services& services, const Call& call,
                       const aws_backup::CreateBackupVaultInput& input) {
    const meta::Tags tags = input.backup_vault_tags.value_or(meta::Tags{});
    if (tags.size() > kMaxTags)
        return refuse(errors::kLimitExceeded,
                      fmt::format("A vault has at most {} tags.", kMaxTags));
    meta::VaultRow vault{.name = input.backup_vault_name,
                         .created_at = call.now,
                         .creator_request_id = input.creator_request_id,
                         .request_hash = hash_of(write(input))};
    auto before = TRY(in_write(services.database, [&](meta::Session& session) {
        return prepare(services, call, input, session, vault);
    }));
    if (before) return std::move(*before);
    vault.repository = TRY(services.storage.create(call.place));
    return in_write(services.database, [&](meta::Session& session) -> Answer<Created> {
        meta::VaultTable table(session, call.place);
        // Another request may have been faster; what was made for this one is then left unused.
        if (auto found = TRY(table.find(vault.name))) return taken(call, *found, vault);
        TRY(table.insert(vault));
        TRY(meta::TagTable(session, call.account(), call.region())
                .put(vault_arn(call, vault.name), tags));
        return created(call, vault);
    });
}

using Described = aws_backup::DescribeBackupVaultOutput;

Described description(const Call& call, const meta::VaultRow& vault, std::int64_t points) {
    aws_backup::DescribeBackupVaultOutput output{.backup_vault_name = vault.name,
                                                 .backup_vault_arn = vault_arn(call, vault.name),
                                                 .vault_type = std::string(kVaultType),
                                                 .vault_state = "AVAILABLE",
                                                 .encryption_key_arn = vault.key_arn,
                                                 .creation_date = vault.created_at,
                                                 .creator_request_id = vault.creator_request_id,
                                                 .number_of_recovery_points = points,
                                                 .locked = vault.lock.has_value()};
    if (vault.lock) {
        output.min_retention_days = vault.lock->min_days;
        output.max_retention_days = vault.lock->max_days;
        output.lock_date = vault.lock->lock_date;
    }
    return output;
}

Answer<Described> describe(Services& services, const Call& call,
                           const aws_backup::DescribeBackupVaultInput& input) {
    if (input.backup_vault_account_id && *input.backup_vault_account_id != call.account())
        return no_such_vault();
    return in_read(services.database, [&](meta::Session& session) -> Answer<Described> {
        const meta::VaultRow vault = TRY(vault_to_read(session, call, input.backup_vault_name));
        return description(call, vault,
                           TRY(meta::PointTable(session, call.place).count_in(vault.name)));
    });
}

Answer<aws_backup::ListBackupVaultsOutput> list(Services& services, const Call& call,
                                                const aws_backup::ListBackupVaultsInput& input) {
    const std::int64_t limit = input.max_results.value_or(kMaxPage);
    const Pages pages(services.sealer, call, "");
    const std::string after = TRY(pages.after(input.next_token));
    aws_backup::ListBackupVaultsOutput output;
    auto& listed = output.backup_vault_list.emplace();
    if (input.by_vault_type && *input.by_vault_type != kVaultType) return output;
    if (input.by_shared.value_or(false)) return output;
    std::vector<Described> vaults;
    const auto work = [&](meta::Session& session) -> Result<void> {
        meta::PointTable points(session, call.place);
        for (const auto& row : TRY(meta::VaultTable(session, call.place).page(after, limit + 1)))
            vaults.push_back(description(call, row, TRY(points.count_in(row.name))));
        return {};
    };
    TRY(services.database.read(work));
    const bool more = static_cast<std::int64_t>(vaults.size()) > limit;
    if (more) vaults.pop_back();
    for (const Described& facts : vaults) {
        listed.push_back({.backup_vault_name = facts.backup_vault_name,
                          .backup_vault_arn = facts.backup_vault_arn,
                          .vault_type = facts.vault_type,
                          .vault_state = facts.vault_state,
                          .creation_date = facts.creation_date,
                          .encryption_key_arn = facts.encryption_key_arn,
                          .creator_request_id = facts.creator_request_id,
                          .number_of_recovery_points = facts.number_of_recovery_points,
                          .locked = facts.locked,
                          .min_retention_days = facts.min_retention_days,
                          .max_retention_days = facts.max_retention_days,
                          .lock_date = facts.lock_date});
    }
    if (more) output.next_token = pages.token(*vaults.back().backup_vault_name);
    return output;
}

Answer<Nothing> remove(Services& services, const Call& call,
                       const aws_backup::DeleteBackupVaultInput& input) {
    return in_write(services.database, [&](meta::Session& session) -> Answer<Nothing> {
        const meta::VaultRow vault = TRY(vault_to_change(session, call, input.backup_vault_name));
        const std::int64_t points = TRY(meta::PointTable(session, call.place).count_in(vault.name));
        if (points > 0) {
            ApiError error(
                std::string(errors::kInvalidRequest),
                fmt::format("Backup vault cannot be deleted because it contains recovery points. "
                            "(contains {} recovery points)",
                            points));
            error.code = kNotEmpty;
            return std::unexpected(std::move(error));
        }
        TRY(meta::VaultTable(session, call.place).remove(vault.name));
        TRY(meta::TagTable(session, call.account(), call.region())
                .remove_all(vault_arn(call, vault.name)));
        return Nothing{};
    });
}

}  // namespace

void add_vaults(Registry& registry, Services& services) {
    auto named = [&services](const Call& call, const auto& input) {
        return vault_target(services, call, input.backup_vault_name);
    };
    registry.on<aws_backup::CreateBackupVault>(
        [](const Call& call, const auto& input) -> Answer<std::vector<Target>> {
            Target vault{.resource = vault_arn(call, input.backup_vault_name),
                         .request_tags = input.backup_vault_tags.value_or(meta::Tags{})};
            std::vector<Target> targets{vault};
            if (!vault.request_tags.empty()) {
                vault.action = "backup:TagResource";
                targets.push_back(vault);
            }
            return targets;
        },
        [&services](const Call& call, const auto& input) { return create(services, call, input); });
    registry.on<aws_backup::DescribeBackupVault>(named,
                                                 [&services](const Call& call, const auto& input) {
                                                     return describe(services, call, input);
                                                 });
    registry.on<aws_backup::ListBackupVaults>(
        [](const Call&, const auto&) { return on_everything(); },
        [&services](const Call& call, const auto& input) { return list(services, call, input); });
    registry.on<aws_backup::DeleteBackupVault>(
        named,
        [&services](const Call& call, const auto& input) { return remove(services, call, input); });
}

}  // namespace holdfast::api::backup
