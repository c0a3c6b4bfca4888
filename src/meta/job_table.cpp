#include "meta/job_table.h"

#include <array>

namespace holdfast::meta {

namespace {

#define JOB_COLUMNS                                                                           \
    "id, parent_id, state, active, message, category, vault, resource_arn, point_arn,"        \
    " role_arn, created_at, start_by, complete_by, started_at, completed_at, percent, bytes," \
    " cancel_requested, details, fence"

constexpr auto kInsert =
    "INSERT INTO job (account, region, kind, id, parent_id, state, active, message, category,"
    " vault, resource_arn, point_arn, role_arn, created_at, start_by, complete_by, started_at,"
    " completed_at, percent, bytes, details) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
    " ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)";
constexpr auto kFind =
    "SELECT " JOB_COLUMNS " FROM job WHERE account = ?1 AND region = ?2 AND kind = ?3 AND id = ?4";
constexpr auto kPage =
    "SELECT " JOB_COLUMNS
    " FROM job WHERE account = ?1 AND region = ?2 AND kind = ?3"
    " AND (created_at, id) < (?4, ?5)"
    " AND (?6 IS NULL OR state = ?6) AND (?7 IS NULL OR vault = ?7)"
    " AND (?8 IS NULL OR resource_arn = ?8) AND (?9 IS NULL OR parent_id = ?9)"
    " AND (?10 IS NULL OR category = ?10)"
    " AND (?11 IS NULL OR created_at < ?11) AND (?12 IS NULL OR created_at > ?12)"
    " AND (?13 IS NULL OR completed_at < ?13) AND (?14 IS NULL OR completed_at > ?14)"
    " ORDER BY created_at DESC, id DESC LIMIT ?15";
constexpr auto kChildren =
    "SELECT " JOB_COLUMNS
    " FROM job WHERE account = ?1 AND region = ?2 AND kind = ?3 AND parent_id = ?4"
    " ORDER BY created_at, id";
constexpr auto kUpdate =
    "UPDATE job SET state = ?5, active = ?6, message = ?7, category = ?8, point_arn = ?9,"
    " started_at = ?10, completed_at = ?11, percent = ?12, bytes = ?13, details = ?14"
    " WHERE account = ?1 AND region = ?2 AND kind = ?3 AND id = ?4 AND fence = ?15";
constexpr auto kRequestCancel =
    "UPDATE job SET cancel_requested = 1"
    " WHERE account = ?1 AND region = ?2 AND kind = ?3 AND id = ?4 AND active = 1";
/// Jobs of one resource exclude each other.
constexpr auto kDue =
    "SELECT account, region, kind, id FROM job WHERE active = 1 AND lease_until <= ?1"
    " AND NOT EXISTS (SELECT 1 FROM job AS other WHERE other.active = 1"
    " AND other.lease_until > ?1 AND other.account = job.account AND other.region = job.region"
    " AND other.resource_arn = job.resource_arn)"
    " ORDER BY lease_until, created_at LIMIT 1";
constexpr auto kLease =
    "UPDATE job SET fence = fence + 1, lease_until = ?5"
    " WHERE account = ?1 AND region = ?2 AND kind = ?3 AND id = ?4";
constexpr auto kRenew =
    "UPDATE job SET lease_until = ?6"
    " WHERE account = ?1 AND region = ?2 AND kind = ?3 AND id = ?4 AND fence = ?5 AND active = 1";

constexpr std::array<std::string_view, 3> kKinds = {"backup", "copy", "restore"};

std::string_view name_of(JobKind kind) {
    return kKinds.at(static_cast<std::size_t>(kind));
}

JobRow row_of(const Row& row) {
    return {.id = std::string(row.text(0)),
            .parent_id = row.optional_text(1),
            .state = std::string(row.text(2)),
            .active = row.integer(3) != 0,
            .message = row.optional_text(4),
            .category = row.optional_text(5),
            .vault = std::string(row.text(6)),
            .resource_arn = std::string(row.text(7)),
            .point_arn = row.optional_text(8),
            .role_arn = std::string(row.text(9)),
            .created_at = time_of(row.integer(10)),
            .start_by = row.optional_time(11),
            .complete_by = row.optional_time(12),
            .started_at = row.optional_time(13),
            .completed_at = row.optional_time(14),
            .percent = row.integer(15),
            .bytes = row.integer(16),
            .cancel_requested = row.integer(17) != 0,
            .details = std::string(row.text(18)),
            .fence = row.integer(19)};
}

}  // namespace

JobTable::JobTable(Session& session, const Place& place, JobKind kind)
    : session_(session), place_(place), kind_(name_of(kind)) {}

Result<void> JobTable::insert(const JobRow& job) {
    TRY(session_.run(kInsert, {place_.account,
                               place_.region,
                               kind_,
                               job.id,
                               or_null(job.parent_id),
                               job.state,
                               std::int64_t{job.active},
                               or_null(job.message),
                               or_null(job.category),
                               job.vault,
                               job.resource_arn,
                               or_null(job.point_arn),
                               job.role_arn,
                               millis_of(job.created_at),
                               or_null(job.start_by),
                               or_null(job.complete_by),
                               or_null(job.started_at),
                               or_null(job.completed_at),
                               job.percent,
                               job.bytes,
                               job.details}));
    return {};
}

Result<std::optional<JobRow>> JobTable::find(std::string_view id) {
    std::optional<JobRow> found;
    const auto keep = [&](const Row& row) -> Result<void> {
        found = row_of(row);
        return {};
    };
    TRY(session_.each(kFind, {place_.account, place_.region, kind_, id}, keep));
    return found;
}

Result<std::vector<JobRow>> JobTable::page(const JobFilter& filter, const ListKey& after,
                                           std::int64_t limit) {
    std::vector<JobRow> jobs;
    const auto keep = [&](const Row& row) -> Result<void> {
        jobs.push_back(row_of(row));
        return {};
    };
    TRY(session_.each(kPage,
                      {place_.account, place_.region, kind_, millis_of(after.created_at), after.id,
                       or_null(filter.state), or_null(filter.vault), or_null(filter.resource_arn),
                       or_null(filter.parent_id), or_null(filter.category),
                       or_null(filter.created_before), or_null(filter.created_after),
                       or_null(filter.completed_before), or_null(filter.completed_after), limit},
                      keep));
    return jobs;
}

Result<std::vector<JobRow>> JobTable::children(std::string_view parent_id) {
    std::vector<JobRow> jobs;
    const auto keep = [&](const Row& row) -> Result<void> {
        jobs.push_back(row_of(row));
        return {};
    };
    TRY(session_.each(kChildren, {place_.account, place_.region, kind_, parent_id}, keep));
    return jobs;
}

Result<std::int64_t> JobTable::update(const JobRow& job) {
    return session_.run(
        kUpdate, {place_.account, place_.region, kind_, job.id, job.state, std::int64_t{job.active},
                  or_null(job.message), or_null(job.category), or_null(job.point_arn),
                  or_null(job.started_at), or_null(job.completed_at), job.percent, job.bytes,
                  job.details, job.fence});
}

Result<std::int64_t> JobTable::request_cancel(std::string_view id) {
    return session_.run(kRequestCancel, {place_.account, place_.region, kind_, id});
}

Result<bool> is_job_due(Session& session, base::Time now) {
    bool due = false;
    const auto note = [&](const Row&) -> Result<void> {
        due = true;
        return {};
    };
    TRY(session.each(kDue, {millis_of(now)}, note));
    return due;
}

Result<bool> is_cancel_requested(Session& session, const LeasedJob& job) {
    const auto row = TRY(JobTable(session, job.place, job.kind).find(job.row.id));
    return !row || row->cancel_requested;
}

Result<std::optional<LeasedJob>> take_due_job(Session& session, base::Time now,
                                              base::Time lease_until) {
    std::optional<LeasedJob> taken;
    const auto keep = [&](const Row& row) -> Result<void> {
        LeasedJob job;
        job.place = {.account = std::string(row.text(0)), .region = std::string(row.text(1))};
        for (JobKind kind : {JobKind::Backup, JobKind::Copy, JobKind::Restore})
            if (name_of(kind) == row.text(2)) job.kind = kind;
        job.row.id = row.text(3);
        taken = std::move(job);
        return {};
    };
    TRY(session.each(kDue, {millis_of(now)}, keep));
    if (!taken) return taken;
    TRY(session.run(kLease, {taken->place.account, taken->place.region, name_of(taken->kind),
                             taken->row.id, millis_of(lease_until)}));
    auto row = TRY(JobTable(session, taken->place, taken->kind).find(taken->row.id));
    ASSERT(row.has_value());
    taken->row = std::move(*row);
    return taken;
}

Result<bool> renew_lease(Session& session, const LeasedJob& job, base::Time lease_until) {
    return TRY(session.run(kRenew, {job.place.account, job.place.region, name_of(job.kind),
                                    job.row.id, job.row.fence, millis_of(lease_until)})) == 1;
}

}  // namespace holdfast::meta
