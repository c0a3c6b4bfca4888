#include <optional>
#include <string>
#include <vector>

#include "api/api_error.h"
#include "api/aws_backup.h"
#include "api/backup/handlers.h"
#include "api/backup/job_rules.h"
#include "api/backup/vault_rules.h"
#include "api/call.h"
#include "api/eks/cluster_rules.h"
#include "api/page.h"
#include "api/registry.h"
#include "api/services.h"
#include "api/transaction.h"
#include "base/json.h"
#include "iam/directory.h"
#include "jobs/job_state.h"
#include "jobs/names.h"
#include "jobs/restore_metadata.h"
#include "jobs/restore_runner.h"
#include "meta/cluster_table.h"
#include "meta/database.h"
#include "meta/job_table.h"
#include "meta/point_table.h"

/// Restore jobs: started, described, listed.
namespace holdfast::api::backup {

namespace {

using Started = aws_backup::StartRestoreJobOutput;
using Described = aws_backup::DescribeRestoreJobOutput;

/// The role that a restore runs as when none is named.
std::string role_of(const Call& call, const std::optional<std::string>& asked) {
    return asked.value_or(fmt::format("arn:{}:iam::{}:role{}{}", call.partition, call.account(),
                                      iam::kServiceRolePath, iam::kDefaultRole));
}

/// The cluster that the metadata name; it must be there and be reachable.
Answer<std::string> target_of(meta::Session& session, const Call& call,
                              const jobs::RestoreRequest& request) {
    const auto cluster = TRY(meta::ClusterTable(session, call.place).find(request.cluster_name));
    if (!cluster)
        return refuse(errors::kInvalidParameter,
                      fmt::format("There is no cluster {}.", request.cluster_name));
    if (!cluster->sealed_kubeconfig)
        return refuse(
            errors::kInvalidRequest,
            fmt::format("Cluster {} is PENDING: attach access to it first.", request.cluster_name));
    return eks::cluster_arn(call, request.cluster_name);
}

/// nestedRestoreJobs speaks of points nested in this one, and of no others.
Answer<void> check_nested(meta::Session& session, const Call& call, const std::string& point,
                          const jobs::RestoreRequest& request) {
    for (const std::string& arn : request.nested_points) {
        const auto nested = TRY(meta::PointTable(session, call.place).find(arn));
        if (!nested || nested->parent_arn != point)
            return refuse(
                errors::kInvalidParameter,
                fmt::format("nestedRestoreJobs names {}, which is not nested in {}.", arn, point));
    }
    return {};
}

Answer<meta::JobRow> new_job(Services& services, const Call& call,
                             const aws_backup::StartRestoreJobInput& input,
                             meta::Session& session) {
    if (input.resource_type.value_or(std::string(kClusterType)) != kClusterType)
        return refuse(errors::kInvalidParameter,
                      fmt::format("Invalid Resource Type : {}", *input.resource_type));
    auto request = jobs::read_restore_metadata(input.metadata);
    if (!request) return refused(request.error());
    auto state = jobs::find_state(session, call.place, input.recovery_point_arn);
    if (!state && state.error().code == ErrorCode::NotFound)
        return refuse(errors::kNotFound, state.error().message);
    if (!state) return refused(state.error());
    TRY(check_nested(session, call, input.recovery_point_arn, *request));
    const std::string target = TRY(target_of(session, call, *request));
    const std::string role = role_of(call, input.iam_role_arn);
    TRY(check_role(session, call, role));
    meta::JobRow job{.id = jobs::new_job_id(call.now, services.random).text,
                     .state = jobs::name_of(jobs::RestoreJobState::Pending),
                     .vault = state->vault,
                     .resource_arn = target,
                     .point_arn = input.recovery_point_arn,
                     .role_arn = role,
                     .created_at = call.now};
    job.details = base::dump_json({{"metadata", input.metadata}});
    return job;
}

Answer<Started> start(Services& services, const Call& call,
                      const aws_backup::StartRestoreJobInput& input) {
    return in_write(services.database, [&](meta::Session& session) -> Answer<Started> {
        const auto create = [&]() -> Answer<std::string> {
            const meta::JobRow job = TRY(new_job(services, call, input, session));
            TRY(meta::JobTable(session, call.place, meta::JobKind::Restore).insert(job));
            return job.id;
        };
        const SeenJob job =
            TRY(once(session, call, input.idempotency_token, hash_of(write(input)), create));
        return Started{.restore_job_id = job.id};
    });
}

aws_backup::RestoreJobsListMember told(const Call& call, const meta::JobRow& job,
                                       const std::optional<meta::PointRow>& point) {
    aws_backup::RestoreJobsListMember out;
    out.account_id = call.account();
    out.restore_job_id = job.id;
    out.recovery_point_arn = job.point_arn;
    out.backup_vault_arn = vault_arn(call, job.vault);
    out.creation_date = job.created_at;
    out.completion_date = job.completed_at;
    out.status = job.state;
    out.status_message = job.message;
    out.percent_done = fmt::format("{}.00%", job.percent);
    out.iam_role_arn = job.role_arn;
    out.resource_type = std::string(kClusterType);
    out.is_parent = !job.parent_id;
    out.parent_job_id = job.parent_id;
    if (job.state == jobs::name_of(jobs::RestoreJobState::Completed))
        out.created_resource_arn = job.resource_arn;
    if (!point) return out;
    out.source_resource_arn = point->resource_arn;
    out.recovery_point_creation_date = point->created_at;
    out.backup_size_in_bytes = point->bytes;
    return out;
}

std::unexpected<ApiError> no_such_job(const std::string& id) {
    return refuse(errors::kNotFound, fmt::format("Restore job {} does not exist.", id));
}

Answer<Described> describe(Services& services, const Call& call,
                           const aws_backup::DescribeRestoreJobInput& input) {
    return in_read(services.database, [&](meta::Session& session) -> Answer<Described> {
        const auto job = TRY(
            meta::JobTable(session, call.place, meta::JobKind::Restore).find(input.restore_job_id));
        if (!job) return no_such_job(input.restore_job_id);
        const auto point =
            TRY(meta::PointTable(session, call.place).find(job->point_arn.value_or("")));
        Described output;
        // All members of the list's form are members of this one, under the same names.
        read(write(told(call, *job, point)), output);
        return output;
    });
}

Answer<aws_backup::ListRestoreJobsOutput> list(Services& services, const Call& call,
                                               const aws_backup::ListRestoreJobsInput& input) {
    aws_backup::ListRestoreJobsInput filter_only = input;
    filter_only.next_token.reset();
    filter_only.max_results.reset();
    const Pages pages(services.sealer, call, base::dump_json(write(filter_only)));
    const meta::ListKey after = TRY(pages.list_key(input.next_token));
    const std::int64_t limit = input.max_results.value_or(kMaxPage);
    const meta::JobFilter filter{.state = input.by_status,
                                 .parent_id = input.by_parent_job_id,
                                 .created_before = input.by_created_before,
                                 .created_after = input.by_created_after,
                                 .completed_before = input.by_complete_before,
                                 .completed_after = input.by_complete_after};
    using Output = aws_backup::ListRestoreJobsOutput;
    return in_read(services.database, [&](meta::Session& session) -> Answer<Output> {
        Output output;
        auto& listed = output.restore_jobs.emplace();
        // None is of another type, of another account, or a test.
        if (input.by_resource_type.value_or(std::string(kClusterType)) != kClusterType ||
            input.by_restore_testing_plan_arn || !is_own_account(call, input.by_account_id))
            return output;
        meta::JobTable table(session, call.place, meta::JobKind::Restore);
        auto jobs = TRY(table.page(filter, after, limit + 1));
        const bool more = static_cast<std::int64_t>(jobs.size()) > limit;
        if (more) jobs.pop_back();
        meta::PointTable points(session, call.place);
        for (const meta::JobRow& job : jobs)
            listed.push_back(told(call, job, TRY(points.find(job.point_arn.value_or("")))));
        if (more)
            output.next_token =
                pages.token(Pages::key_text(jobs.back().created_at, jobs.back().id));
        return output;
    });
}

Answer<aws_backup::GetRestoreJobMetadataOutput> metadata(
    Services& services, const Call& call, const aws_backup::GetRestoreJobMetadataInput& input) {
    using Output = aws_backup::GetRestoreJobMetadataOutput;
    return in_read(services.database, [&](meta::Session& session) -> Answer<Output> {
        const auto job = TRY(
            meta::JobTable(session, call.place, meta::JobKind::Restore).find(input.restore_job_id));
        if (!job) return no_such_job(input.restore_job_id);
        const Json details = TRY(base::parse_json(job->details));
        Output output{.restore_job_id = job->id};
        auto& told = output.metadata.emplace();
        if (const Json* found = base::find_json(details, "/metadata"))
            for (const auto& [key, value] : found->items()) told[key] = value.get<std::string>();
        return output;
    });
}

}  // namespace

void add_restores(Registry& registry, Services& services) {
    registry.on<aws_backup::StartRestoreJob>(
        [&services](const Call& call, const auto& input) -> Answer<std::vector<Target>> {
            std::vector<Target> targets{
                {.resource = input.recovery_point_arn, .owner = call.account()}};
            TRY(add_policy_of_point(services, call, input.recovery_point_arn, targets.front()));
            targets.push_back(pass_role(call, role_of(call, input.iam_role_arn)));
            return targets;
        },
        [&services](const Call& call, const auto& input) { return start(services, call, input); });
    auto anywhere = [](const Call&, const auto&) { return on_everything(); };
    registry.on<aws_backup::DescribeRestoreJob>(anywhere,
                                                [&services](const Call& call, const auto& input) {
                                                    return describe(services, call, input);
                                                });
    registry.on<aws_backup::ListRestoreJobs>(
        anywhere,
        [&services](const Call& call, const auto& input) { return list(services, call, input); });
    registry.on<aws_backup::GetRestoreJobMetadata>(
        anywhere, [&services](const Call& call, const auto& input) {
            return metadata(services, call, input);
        });
}

}  // namespace holdfast::api::backup
