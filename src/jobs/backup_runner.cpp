#include "jobs/backup_runner.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "engine/manifest.h"
#include "engine/progress.h"
#include "jobs/doors.h"
#include "jobs/job_messages.h"
#include "jobs/job_state.h"
#include "jobs/names.h"
#include "meta/database.h"
#include "meta/job_table.h"
#include "meta/point_table.h"

namespace holdfast::jobs {

namespace {

using meta::JobRow;
using meta::JobTable;
using meta::PointRow;
using meta::PointTable;

constexpr std::string_view kForbidden = "forbidden";

/// The state that an event leads to, by the table of states; the state as it is for one that the
/// table does not have.
std::string after(const std::string& state, BackupJobEvent event) {
    const auto from = backup_job_state(state);
    const auto to = from ? next(*from, event) : std::nullopt;
    return to ? name_of(*to) : state;
}

bool is_final_state(const std::string& state) {
    const auto known = backup_job_state(state);
    return known && is_final(*known);
}

/// Why a capture is not whole, in the words of AWS, and its category.
struct Shortcoming {
    std::string message;
    std::string category;
};
Shortcoming shortcoming(const engine::ClusterManifest& manifest) {
    if (manifest.status() == engine::PointStatus::Completed)
        return {.message = "", .category = std::string(kCategorySuccess)};
    const bool denied = std::ranges::any_of(manifest.types, [](const engine::TypeRecord& type) {
        return type.failure.find(kForbidden) != type.failure.npos;
    });
    return {.message = std::string(kObjectsNotBackedUp),
            .category = std::string(denied ? kCategoryAccessDenied : kCategoryInvalidParameters)};
}

JobRow child_of(const JobRow& parent, std::string id, base::Time now) {
    JobRow child{.id = std::move(id),
                 .parent_id = parent.id,
                 .state = parent.state,
                 .active = false,
                 .vault = parent.vault,
                 .resource_arn = parent.resource_arn,
                 .role_arn = parent.role_arn,
                 .created_at = now};
    child.started_at = now;
    return child;
}

}  // namespace

Result<void> BackupRunner::run(JobRun& run) {
    const base::Time now = environment_.clock.now();
    if (run.row().cancel_requested)
        return end_without_point(run, {ErrorCode::Cancelled, std::string(kBackupStoppedByUser)});
    if (run.row().state == name_of(BackupJobState::Created) && run.row().start_by &&
        now > *run.row().start_by)
        return expire(run);
    TRY(start(run));
    auto report = capture(run);
    if (!report) return end_without_point(run, report.error());
    return finish(run, *report, now);
}

/// Its start window is over, because another job of the cluster held it up.
Result<void> BackupRunner::expire(JobRun& run) const {
    const base::Time now = environment_.clock.now();
    return run.save([&](JobRow& row) {
        row.state = after(row.state, BackupJobEvent::WindowOver);
        row.active = false;
        row.message = kResourceWasBusy;
        row.completed_at = now;
    });
}

Result<void> BackupRunner::start(JobRun& run) const {
    const base::Time now = environment_.clock.now();
    const auto begin = [&](JobRow& row) {
        row.state = after(row.state, BackupJobEvent::Start);
        row.started_at = row.started_at.value_or(now);
    };
    return run.save(begin, [&](meta::Session& session) -> Result<void> {
        JobTable table(session, run.place(), meta::JobKind::Backup);
        if (!TRY(table.children(run.row().id)).empty()) return {};
        JobRow child = child_of(run.row(), new_job_id(now, environment_.random).text, now);
        child.state = name_of(BackupJobState::Running);
        return table.insert(child);
    });
}

Result<engine::CaptureReport> BackupRunner::capture(const JobRun& run) const {
    const auto repository = TRY(open_vault(environment_, run.place(), run.row().vault));
    const auto client =
        TRY(open_cluster(environment_, run.place(), run.row().resource_arn,
                         {.user = run.row().role_arn, .group = std::string(kBackupGroup)}));
    engine::SilentProgress progress;
    return engine::capture(*client, *repository, environment_.clock, {}, progress,
                           run.stop_token());
}

Result<void> BackupRunner::finish(JobRun& run, const engine::CaptureReport& report,
                                  base::Time started_at) const {
    const Home home = environment_.home_of(run.place());
    const std::string cluster(cluster_of(run.row().resource_arn));
    const base::Time now = environment_.clock.now();
    const Shortcoming lack = shortcoming(report.manifest);
    const bool volumes = !report.manifest.volumes.empty();
    const bool whole = lack.message.empty();
    const auto bytes = static_cast<std::int64_t>(report.manifest.bytes());
    const std::string name = new_point_name(cluster, started_at, environment_.random);
    const std::string composite =
        PointArn{.home = home, .kind = PointKind::Composite, .point_name = name}.text();
    const std::string state =
        PointArn{.home = home, .kind = PointKind::State, .point_name = name}.text();
    PointRow point{.arn = composite,
                   .vault = run.row().vault,
                   .is_parent = true,
                   .resource_arn = run.row().resource_arn,
                   .resource_name = cluster,
                   .status = whole && !volumes ? "COMPLETED" : "PARTIAL",
                   .created_at = run.row().created_at,
                   .completed_at = now,
                   .bytes = bytes,
                   .role_arn = run.row().role_arn};
    PointRow nested = point;
    nested.arn = state;
    nested.parent_arn = composite;
    nested.is_parent = false;
    nested.repository_point = report.point.text();
    nested.status = whole ? "COMPLETED" : "PARTIAL";
    const auto event = [](bool complete) {
        return complete ? BackupJobEvent::Complete : BackupJobEvent::CompletePartly;
    };
    const auto end = [&](JobRow& row, bool complete, const std::string& arn) {
        row.state = after(row.state, event(complete));
        row.active = false;
        row.point_arn = arn;
        row.completed_at = now;
        row.percent = 100;
        row.bytes = bytes;
        row.category = lack.category;
        if (!lack.message.empty()) row.message = lack.message;
    };
    return run.save(
        [&](JobRow& row) { end(row, whole && !volumes, composite); },
        [&](meta::Session& session) -> Result<void> {
            PointTable points(session, run.place());
            TRY(points.insert(point));
            TRY(points.insert(nested));
            JobTable table(session, run.place(), meta::JobKind::Backup);
            for (JobRow child : TRY(table.children(run.row().id))) {
                end(child, whole, state);
                TRY(table.update(child));
            }
            for (const engine::VolumeWithoutData& volume : report.manifest.volumes) {
                JobRow child = child_of(run.row(), new_job_id(now, environment_.random).text, now);
                child.state = name_of(BackupJobState::Failed);
                child.message = kNoVolumeCapture;
                child.completed_at = now;
                child.details = base::dump_json(
                    {{"namespace", volume.ns}, {"claim", volume.claim}, {"volume", volume.volume}});
                TRY(table.insert(child));
            }
            return {};
        });
}

Result<void> BackupRunner::end_without_point(JobRun& run, const Error& error) const {
    // Whoever stopped it says what it is: a person, or a server that goes on later.
    const bool cancelled = TRY(run.is_cancelled());
    if (error.code == ErrorCode::Cancelled && !cancelled) return std::unexpected(error);
    const base::Time now = environment_.clock.now();
    const auto end = [&](JobRow& row) {
        if (cancelled) {
            row.state = after(row.state, BackupJobEvent::RequestAbort);
            if (!is_final_state(row.state)) row.state = after(row.state, BackupJobEvent::AbortDone);
            row.message = kBackupStoppedByUser;
        } else {
            row.state = after(row.state, BackupJobEvent::Fail);
            row.message = error.message;
        }
        row.active = false;
        row.completed_at = now;
    };
    return run.save(end, [&](meta::Session& session) -> Result<void> {
        JobTable table(session, run.place(), meta::JobKind::Backup);
        for (JobRow child : TRY(table.children(run.row().id))) {
            end(child);
            TRY(table.update(child));
        }
        return {};
    });
}

}  // namespace holdfast::jobs
