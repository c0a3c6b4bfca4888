#include <chrono>
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
#include "base/clock.h"
#include "base/json.h"
#include "iam/arn.h"
#include "jobs/job_state.h"
#include "jobs/lifecycle.h"
#include "jobs/names.h"
#include "jobs/retention.h"
#include "meta/cluster_table.h"
#include "meta/database.h"
#include "meta/job_table.h"
#include "meta/vault_table.h"

/// Backup jobs: started, described, listed, stopped.
namespace holdfast::api::backup {

namespace {

constexpr std::string_view kClusterResource = "cluster/";
constexpr std::int64_t kMinStartWindow = 60;
constexpr std::int64_t kDefaultStartWindow = 480;
constexpr std::int64_t kDefaultCompletionWindow = 10'080;

using Started = aws_backup::StartBackupJobOutput;

// --- starting

/// The name of the cluster, which must be the caller's and can be backed up.
Answer<std::string> cluster_to_back_up(meta::Session& session, const Call& call,
                                       const std::string& text) {
    auto arn = iam::Arn::parse(text);
    if (!arn) return refuse(errors::kInvalidParameter, arn.error().message);
    if (arn->service != "eks" || !arn->resource.starts_with(kClusterResource))
        return refuse(errors::kInvalidParameter,
                      fmt::format("Invalid Resource Type : {}", arn->service));
    const std::string name = arn->resource.substr(kClusterResource.size());
    const auto cluster =
        call.owns(*arn) ? TRY(meta::ClusterTable(session, call.place).find(name)) : std::nullopt;
    if (!cluster) return refuse(errors::kNotFound, fmt::format("There is no resource {}.", text));
    if (!cluster->sealed_kubeconfig)
        return refuse(errors::kInvalidRequest,
                      fmt::format("Cluster {} is PENDING: attach access to it first.", name));
    return name;
}

/// A lifecycle that can be kept, and that the vault's lock allows.
Answer<void> check_lifecycle(const meta::VaultRow& vault,
                             const std::optional<aws_backup::Lifecycle>& asked) {
    const jobs::Lifecycle lifecycle{
        .move_to_cold_after_days = asked ? asked->move_to_cold_storage_after_days : std::nullopt,
        .delete_after_days = asked ? asked->delete_after_days : std::nullopt};
    if (auto good = jobs::check_lifecycle(lifecycle); !good) return refused(good.error());
    auto good = jobs::check_new_point(lock_of(vault), lifecycle, jobs::NewPointBy::Backup);
    if (!good) return refused(good.error());
    return {};
}

Answer<meta::JobRow> new_job(Services& services, const Call& call,
                             const aws_backup::StartBackupJobInput& input, meta::Session& session) {
    const std::int64_t start_window = input.start_window_minutes.value_or(kDefaultStartWindow);
    if (start_window < kMinStartWindow)
        return refuse(errors::kInvalidParameter,
                      fmt::format("StartWindowMinutes must be at least {}.", kMinStartWindow));
    const meta::VaultRow vault = TRY(vault_to_change(session, call, input.backup_vault_name));
    TRY(cluster_to_back_up(session, call, input.resource_arn));
    TRY(check_role(session, call, input.iam_role_arn));
    TRY(check_lifecycle(vault, input.lifecycle));
    meta::JobRow job{.id = jobs::new_job_id(call.now, services.random).text,
                     .state = jobs::name_of(jobs::BackupJobState::Created),
                     .vault = vault.name,
                     .resource_arn = input.resource_arn,
                     .role_arn = input.iam_role_arn,
                     .created_at = call.now};
    job.start_by = call.now + std::chrono::minutes(start_window);
    job.complete_by =
        call.now +
        std::chrono::minutes(input.complete_window_minutes.value_or(kDefaultCompletionWindow));
    if (input.lifecycle) job.details = base::dump_json({{"lifecycle", write(*input.lifecycle)}});
    return job;
}

Started started(const std::string& id, base::Time at) {
    return {.backup_job_id = id, .creation_date = at, .is_parent = true};
}

Answer<Started> start(Services& services, const Call& call,
                      const aws_backup::StartBackupJobInput& input) {
    return in_write(services.database, [&](meta::Session& session) -> Answer<Started> {
        const auto create = [&]() -> Answer<std::string> {
            const meta::JobRow job = TRY(new_job(services, call, input, session));
            TRY(meta::JobTable(session, call.place, meta::JobKind::Backup).insert(job));
            return job.id;
        };
        const SeenJob job =
            TRY(once(session, call, input.idempotency_token, hash_of(write(input)), create));
        return started(job.id, job.created_at);
    });
}

// --- telling

aws_backup::BackupJob told(const Call& call, const meta::JobRow& job) {
    const std::size_t slash = job.resource_arn.rfind('/');
    aws_backup::BackupJob out;
    out.account_id = call.account();
    out.backup_job_id = job.id;
    out.backup_vault_name = job.vault;
    out.backup_vault_arn = vault_arn(call, job.vault);
    out.vault_type = "BACKUP_VAULT";
    out.recovery_point_arn = job.point_arn;
    out.is_encrypted = true;
    out.resource_arn = job.resource_arn;
    out.creation_date = job.created_at;
    out.completion_date = job.completed_at;
    out.state = job.state;
    out.status_message = job.message;
    out.percent_done = fmt::format("{}.0", job.percent);
    out.backup_size_in_bytes = job.bytes;
    out.iam_role_arn = job.role_arn;
    out.expected_completion_date = job.complete_by;
    out.start_by = job.start_by;
    out.resource_type = std::string(kClusterType);
    out.parent_job_id = job.parent_id;
    out.is_parent = !job.parent_id;
    out.resource_name = job.resource_arn.substr(slash == std::string::npos ? 0 : slash + 1);
    out.initiation_date = job.started_at;
    out.message_category = job.category;
    return out;
}

std::unexpected<ApiError> no_such_job(const std::string& id) {
    return refuse(errors::kNotFound, fmt::format("Backup job {} does not exist.", id));
}

Answer<aws_backup::DescribeBackupJobOutput> describe(
    Services& services, const Call& call, const aws_backup::DescribeBackupJobInput& input) {
    return in_read(services.database,
                   [&](meta::Session& session) -> Answer<aws_backup::DescribeBackupJobOutput> {
                       meta::JobTable table(session, call.place, meta::JobKind::Backup);
                       const auto job = TRY(table.find(input.backup_job_id));
                       if (!job) return no_such_job(input.backup_job_id);
                       aws_backup::DescribeBackupJobOutput output;
                       // All members of the list's form are members of this one, under the same
                       // names.
                       read(write(told(call, *job)), output);
                       if (job->parent_id) return output;
                       const auto children = TRY(table.children(job->id));
                       output.number_of_child_jobs = static_cast<std::int64_t>(children.size());
                       auto& counts = output.child_jobs_in_state.emplace();
                       for (const meta::JobRow& child : children) ++counts[child.state];
                       return output;
                   });
}

Answer<aws_backup::ListBackupJobsOutput> list(Services& services, const Call& call,
                                              const aws_backup::ListBackupJobsInput& input) {
    aws_backup::ListBackupJobsInput filter_only = input;
    filter_only.next_token.reset();
    filter_only.max_results.reset();
    const Pages pages(services.sealer, call, base::dump_json(write(filter_only)));
    const meta::ListKey after = TRY(pages.list_key(input.next_token));
    const std::int64_t limit = input.max_results.value_or(kMaxPage);
    aws_backup::ListBackupJobsOutput output;
    auto& listed = output.backup_jobs.emplace();
    if (input.by_resource_type && *input.by_resource_type != kClusterType) return output;
    if (!is_own_account(call, input.by_account_id)) return output;
    const meta::JobFilter filter{.state = input.by_state,
                                 .vault = input.by_backup_vault_name,
                                 .resource_arn = input.by_resource_arn,
                                 .parent_id = input.by_parent_job_id,
                                 .category = input.by_message_category,
                                 .created_before = input.by_created_before,
                                 .created_after = input.by_created_after,
                                 .completed_before = input.by_complete_before,
                                 .completed_after = input.by_complete_after};
    std::vector<meta::JobRow> jobs;
    const auto work = [&](meta::Session& session) -> Result<void> {
        jobs = TRY(meta::JobTable(session, call.place, meta::JobKind::Backup)
                       .page(filter, after, limit + 1));
        return {};
    };
    TRY(services.database.read(work));
    const bool more = static_cast<std::int64_t>(jobs.size()) > limit;
    if (more) jobs.pop_back();
    for (const meta::JobRow& job : jobs) listed.push_back(told(call, job));
    if (more)
        output.next_token = pages.token(Pages::key_text(jobs.back().created_at, jobs.back().id));
    return output;
}

// --- stopping

Answer<Nothing> stop(Services& services, const Call& call,
                     const aws_backup::StopBackupJobInput& input) {
    return in_write(services.database, [&](meta::Session& session) -> Answer<Nothing> {
        meta::JobTable table(session, call.place, meta::JobKind::Backup);
        auto job = TRY(table.find(input.backup_job_id));
        if (!job) return no_such_job(input.backup_job_id);
        if (!job->active)
            return refuse(errors::kInvalidRequest,
                          job->parent_id
                              ? "A nested job is stopped with the job that it belongs to."
                              : fmt::format("Backup job {} is {} and cannot be stopped.", job->id,
                                            job->state));
        TRY(table.request_cancel(job->id));
        return Nothing{};
    });
}

}  // namespace

void add_jobs(Registry& registry, Services& services) {
    registry.on<aws_backup::StartBackupJob>(
        [&services](const Call& call, const auto& input) -> Answer<std::vector<Target>> {
            auto targets = TRY(vault_target(services, call, input.backup_vault_name));
            targets.push_back(pass_role(call, input.iam_role_arn));
            return targets;
        },
        [&services](const Call& call, const auto& input) { return start(services, call, input); });
    registry.on<aws_backup::DescribeBackupJob>(
        [](const Call&, const auto&) { return on_everything(); },
        [&services](const Call& call, const auto& input) {
            return describe(services, call, input);
        });
    registry.on<aws_backup::ListBackupJobs>(
        [](const Call&, const auto&) { return on_everything(); },
        [&services](const Call& call, const auto& input) { return list(services, call, input); });
    registry.on<aws_backup::StopBackupJob>(
        [](const Call&, const auto&) { return on_everything(); },
        [&services](const Call& call, const auto& input) { return stop(services, call, input); });
}

}  // namespace holdfast::api::backup
