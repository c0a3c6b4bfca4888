#include "jobs/restore_runner.h"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/json.h"
#include "engine/capture.h"
#include "engine/point_source.h"
#include "engine/progress.h"
#include "engine/restore_options.h"
#include "jobs/doors.h"
#include "jobs/job_messages.h"
#include "jobs/job_state.h"
#include "jobs/restore_metadata.h"
#include "meta/database.h"
#include "meta/job_table.h"
#include "meta/point_table.h"
#include "meta/vault_table.h"
#include "repo/ids.h"

namespace holdfast::jobs {

namespace {

using meta::JobRow;

std::string after(const std::string& state, RestoreJobEvent event) {
    const auto from = restore_job_state(state);
    const auto to = from ? next(*from, event) : std::nullopt;
    return to ? name_of(*to) : state;
}

/// What the job's details hold: {"metadata": {...}, "restore": "id of its journal"}.
Result<RestoreRequest> request_of(const Json& details) {
    std::map<std::string, std::string> metadata;
    if (const Json* found = base::find_json(details, "/metadata"))
        for (const auto& [key, value] : found->items()) metadata[key] = value.get<std::string>();
    return read_restore_metadata(metadata);
}

std::string_view group_for(const engine::RestoreOptions& options) {
    return options.existing == engine::ExistingPolicy::Skip ? kRestoreGroup : kRestoreUpdateGroup;
}

}  // namespace

Result<StatePoint> find_state(meta::Session& session, const meta::Place& place,
                              const std::string& arn) {
    constexpr std::int64_t kMaxNested = 2'000;
    meta::PointTable table(session, place);
    auto point = TRY(table.find(arn));
    if (point && point->is_parent) {
        const auto nested = TRY(table.page({.parent_arn = arn}, {}, kMaxNested));
        point.reset();
        for (const meta::PointRow& each : nested)
            if (each.repository_point) point = each;
    }
    if (!point || !point->repository_point)
        return fail(ErrorCode::NotFound, "Cannot find recovery point {}.", arn);
    return StatePoint{.vault = point->vault, .repository_point = *point->repository_point};
}

Result<void> RestoreRunner::run(JobRun& run) {
    if (run.row().cancel_requested)
        return fail_job(run, {ErrorCode::Cancelled, std::string(kRestoreStoppedByUser)});
    const base::Time now = environment_.clock.now();
    TRY(run.save([&](JobRow& row) {
        row.state = after(row.state, RestoreJobEvent::Start);
        row.started_at = row.started_at.value_or(now);
    }));
    auto record = restore(run);
    if (!record) return fail_job(run, record.error());
    return finish(run, *record);
}

Result<engine::RestoreRecord> RestoreRunner::restore(JobRun& run) const {
    const Json details = TRY(base::parse_json(run.row().details), "the job's details");
    const RestoreRequest request = TRY(request_of(details));
    StatePoint state;
    const auto look = [&](meta::Session& session) -> Result<void> {
        state = TRY(find_state(session, run.place(), run.row().point_arn.value_or("")));
        return {};
    };
    TRY(environment_.database.read(look));
    const auto repository = TRY(open_vault(environment_, run.place(), state.vault));
    const repo::PointId point = TRY(repo::PointId::parse(state.repository_point));
    const auto source = TRY(engine::PointSource::open(*repository, point));
    const auto client = TRY(open_cluster(
        environment_, run.place(), run.row().resource_arn,
        {.user = run.row().role_arn, .group = std::string(group_for(request.options))}));
    engine::SilentProgress progress;
    const engine::RestoreEnvironment target{.client = *client,
                                            .source = *source,
                                            .clock = environment_.clock,
                                            .random = environment_.random,
                                            .progress = progress,
                                            .captured = source->manifest().discovery()};
    const engine::RestorePlan plan =
        TRY(engine::plan_restore(target, request.options, run.stop_token()));
    std::string id = base::text_at(details, "/restore");
    if (id.empty()) id = TRY(begin(run, target, request.options, state.repository_point));
    const engine::RestoreRecords records(environment_.restores_home);
    return engine::run_restore(target, plan, records, id, run.stop_token());
}

/// Makes the journal and notes its id, so that whoever continues the job continues the restore.
Result<std::string> RestoreRunner::begin(JobRun& run, const engine::RestoreEnvironment& target,
                                         const engine::RestoreOptions& options,
                                         const std::string& repository_point) const {
    const engine::RestoreRecords records(environment_.restores_home);
    const engine::RestoreIdentity identity{
        .vault = run.row().vault,
        .point = repository_point,
        .context = run.row().resource_arn,
        .server = target.client.server(),
        .cluster_uid = TRY(engine::cluster_identity(target.client, run.stop_token()))};
    const std::string id = TRY(records.create(identity, options, target));
    Json details = TRY(base::parse_json(run.row().details));
    details["restore"] = id;
    TRY(run.save([&](JobRow& row) { row.details = base::dump_json(details); }));
    return id;
}

Result<void> RestoreRunner::finish(JobRun& run, const engine::RestoreRecord& record) const {
    if (record.state == engine::RestoreState::Interrupted)
        return fail_job(
            run, {run.stop_token().stop_requested() ? ErrorCode::Cancelled : ErrorCode::Unavailable,
                  record.problem});
    const base::Time now = environment_.clock.now();
    return run.save(
        [&](JobRow& row) {
            row.state = after(row.state, RestoreJobEvent::Complete);
            row.active = false;
            row.percent = 100;
            row.completed_at = now;
            if (record.state == engine::RestoreState::Partial) row.message = kObjectsNotRestored;
        },
        [&](meta::Session& session) {
            return meta::PointTable(session, run.place())
                .set_last_restore(run.row().point_arn.value_or(""), now);
        });
}

Result<void> RestoreRunner::fail_job(JobRun& run, const Error& error) const {
    const bool cancelled = TRY(run.is_cancelled());
    // A server that stops leaves the job to the next one.
    if (error.code == ErrorCode::Cancelled && !cancelled) return std::unexpected(error);
    const base::Time now = environment_.clock.now();
    return run.save([&](JobRow& row) {
        row.state = after(row.state, cancelled ? RestoreJobEvent::Abort : RestoreJobEvent::Fail);
        row.active = false;
        row.completed_at = now;
        row.message = cancelled ? std::string(kRestoreStoppedByUser) : error.message;
    });
}

}  // namespace holdfast::jobs
