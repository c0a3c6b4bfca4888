#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/api_error.h"
#include "api/aws_backup.h"
#include "api/backup/handlers.h"
#include "api/backup/vault_rules.h"
#include "api/call.h"
#include "api/page.h"
#include "api/registry.h"
#include "api/services.h"
#include "api/shape.h"
#include "api/transaction.h"
#include "base/json.h"
#include "jobs/retention.h"
#include "meta/database.h"
#include "meta/job_table.h"
#include "meta/point_table.h"
#include "meta/vault_table.h"

/// Recovery points: described, listed, deleted.
namespace holdfast::api::backup {

namespace {

constexpr std::string_view kResourceType = "EKS";

aws_backup::RecoveryPointByBackupVault told(const Call& call, const meta::PointRow& point,
                                            const meta::VaultRow& vault) {
    aws_backup::RecoveryPointByBackupVault out;
    out.recovery_point_arn = point.arn;
    out.backup_vault_name = point.vault;
    out.backup_vault_arn = vault_arn(call, point.vault);
    out.source_backup_vault_arn = point.source_vault_arn;
    out.resource_arn = point.resource_arn;
    out.resource_type = std::string(kResourceType);
    out.iam_role_arn = point.role_arn;
    out.status = point.status;
    out.status_message = point.message;
    out.creation_date = point.created_at;
    out.initiation_date = point.created_at;
    out.completion_date = point.completed_at;
    out.backup_size_in_bytes = point.bytes;
    out.encryption_key_arn = vault.key_arn;
    out.is_encrypted = true;
    out.last_restore_time = point.last_restore_at;
    out.parent_recovery_point_arn = point.parent_arn;
    out.is_parent = point.is_parent;
    out.resource_name = point.resource_name;
    out.vault_type = "BACKUP_VAULT";
    if (point.delete_at)
        out.calculated_lifecycle = aws_backup::CalculatedLifecycle{.delete_at = point.delete_at};
    return out;
}

/// The point, which must lie in the vault that was named.
Answer<meta::PointRow> find_point(meta::Session& session, const Call& call,
                                  const std::string& vault, const std::string& arn) {
    auto point = TRY(meta::PointTable(session, call.place).find(arn));
    if (!point || point->vault != vault)
        return refuse(errors::kNotFound, fmt::format("Cannot find recovery point {}.", arn));
    return std::move(*point);
}

Answer<aws_backup::DescribeRecoveryPointOutput> describe(
    Services& services, const Call& call, const aws_backup::DescribeRecoveryPointInput& input) {
    if (input.backup_vault_account_id && *input.backup_vault_account_id != call.account())
        return no_such_vault();
    using Output = aws_backup::DescribeRecoveryPointOutput;
    return in_read(services.database, [&](meta::Session& session) -> Answer<Output> {
        const meta::VaultRow vault = TRY(vault_to_read(session, call, input.backup_vault_name));
        const meta::PointRow point =
            TRY(find_point(session, call, input.backup_vault_name, input.recovery_point_arn));
        Output output;
        // All members of the list's form are members of this one, under the same names.
        read(write(told(call, point, vault)), output);
        output.storage_class = "WARM";
        return output;
    });
}

Answer<aws_backup::ListRecoveryPointsByBackupVaultOutput> list(
    Services& services, const Call& call,
    const aws_backup::ListRecoveryPointsByBackupVaultInput& input) {
    aws_backup::ListRecoveryPointsByBackupVaultInput filter_only = input;
    filter_only.next_token.reset();
    filter_only.max_results.reset();
    const Pages pages(services.sealer, call, base::dump_json(write(filter_only)));
    const meta::ListKey after = TRY(pages.list_key(input.next_token));
    const std::int64_t limit = input.max_results.value_or(kMaxPage);
    const meta::PointFilter filter{.vault = input.backup_vault_name,
                                   .resource_arn = input.by_resource_arn,
                                   .parent_arn = input.by_parent_recovery_point_arn,
                                   .created_before = input.by_created_before,
                                   .created_after = input.by_created_after};
    using Output = aws_backup::ListRecoveryPointsByBackupVaultOutput;
    return in_read(services.database, [&](meta::Session& session) -> Answer<Output> {
        const meta::VaultRow vault = TRY(vault_to_read(session, call, input.backup_vault_name));
        Output output;
        auto& listed = output.recovery_points.emplace();
        // Nothing is of another type, or made by a plan.
        if (input.by_resource_type.value_or(std::string(kResourceType)) != kResourceType ||
            input.by_backup_plan_id)
            return output;
        auto points = TRY(meta::PointTable(session, call.place).page(filter, after, limit + 1));
        const bool more = static_cast<std::int64_t>(points.size()) > limit;
        if (more) points.pop_back();
        for (const meta::PointRow& point : points) listed.push_back(told(call, point, vault));
        if (more)
            output.next_token =
                pages.token(Pages::key_text(points.back().created_at, points.back().arn));
        return output;
    });
}

/// What goes with a point when it is deleted: itself, and of a composite the state that belongs to
/// it alone.
Answer<std::vector<meta::PointRow>> doomed(meta::Session& session, const Call& call,
                                           const meta::PointRow& point) {
    constexpr std::int64_t kMaxNested = 2'000;
    meta::PointTable table(session, call.place);
    std::vector<meta::PointRow> points{point};
    if (!point.is_parent) {
        if (point.parent_arn)
            return refuse(errors::kInvalidRequest,
                          "The state of a cluster cannot be deleted alone: delete the composite "
                          "recovery point that it belongs to.");
        return points;
    }
    auto nested = TRY(table.page({.parent_arn = point.arn}, {}, kMaxNested));
    if (nested.size() > 1)
        return refuse(errors::kInvalidRequest,
                      "A composite recovery point cannot be deleted while it has nested recovery "
                      "points: delete them first.");
    points.insert(points.end(), nested.begin(), nested.end());
    return points;
}

Answer<Nothing> remove(Services& services, const Call& call,
                       const aws_backup::DeleteRecoveryPointInput& input) {
    return in_write(services.database, [&](meta::Session& session) -> Answer<Nothing> {
        const meta::VaultRow vault = TRY(vault_to_change(session, call, input.backup_vault_name));
        const meta::PointRow point =
            TRY(find_point(session, call, input.backup_vault_name, input.recovery_point_arn));
        if (auto allowed = jobs::check_point_deletable(lock_of(vault)); !allowed)
            return refused(allowed.error());
        meta::PointTable table(session, call.place);
        for (const meta::PointRow& each : TRY(doomed(session, call, point))) {
            // Deleting what is deleted already is how a request that was cut off goes on.
            if (each.repository_point) {
                auto gone = services.storage.delete_point(vault.repository, *each.repository_point);
                if (!gone && gone.error().code != ErrorCode::NotFound)
                    return std::unexpected(ApiError(std::move(gone).error()));
            }
            TRY(table.remove(each.arn));
        }
        return Nothing{};
    });
}

Answer<aws_backup::GetRecoveryPointRestoreMetadataOutput> restore_metadata(
    Services& services, const Call& call,
    const aws_backup::GetRecoveryPointRestoreMetadataInput& input) {
    using Output = aws_backup::GetRecoveryPointRestoreMetadataOutput;
    return in_read(services.database, [&](meta::Session& session) -> Answer<Output> {
        TRY(vault_to_read(session, call, input.backup_vault_name));
        const meta::PointRow point =
            TRY(find_point(session, call, input.backup_vault_name, input.recovery_point_arn));
        return Output{.backup_vault_arn = vault_arn(call, point.vault),
                      .recovery_point_arn = point.arn,
                      .restore_metadata =
                          std::map<std::string, std::string>{{"clusterName", point.resource_name},
                                                             {"newCluster", "false"}},
                      .resource_type = std::string(kResourceType)};
    });
}

/// A vault's policy speaks of the points in it, too.
Answer<std::vector<Target>> on_point(Services& services, const Call& call, const std::string& vault,
                                     const std::string& arn) {
    auto targets = TRY(vault_target(services, call, vault));
    targets.front().resource = arn;
    return targets;
}

}  // namespace

void add_points(Registry& registry, Services& services) {
    auto point = [&services](const Call& call, const auto& input) {
        return on_point(services, call, input.backup_vault_name, input.recovery_point_arn);
    };
    registry.on<aws_backup::DescribeRecoveryPoint>(
        point, [&services](const Call& call, const auto& input) {
            return describe(services, call, input);
        });
    registry.on<aws_backup::ListRecoveryPointsByBackupVault>(
        [&services](const Call& call, const auto& input) {
            return vault_target(services, call, input.backup_vault_name);
        },
        [&services](const Call& call, const auto& input) { return list(services, call, input); });
    registry.on<aws_backup::DeleteRecoveryPoint>(
        point,
        [&services](const Call& call, const auto& input) { return remove(services, call, input); });
    registry.on<aws_backup::GetRecoveryPointRestoreMetadata>(
        point, [&services](const Call& call, const auto& input) {
            return restore_metadata(services, call, input);
        });
}

}  // namespace holdfast::api::backup
