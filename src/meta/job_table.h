#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "meta/database.h"
#include "meta/vault_table.h"

namespace holdfast::meta {

enum class JobKind { Backup, Copy, Restore };

struct JobRow {
    std::string id;
    std::optional<std::string> parent_id;
    std::string state;
    bool active = true;  ///< a worker is to take it, or has it
    std::optional<std::string> message;
    std::optional<std::string> category;
    std::string vault;
    std::string resource_arn;
    std::optional<std::string> point_arn;
    std::string role_arn;
    base::Time created_at;
    std::optional<base::Time> start_by;
    std::optional<base::Time> complete_by;
    std::optional<base::Time> started_at;
    std::optional<base::Time> completed_at;
    std::int64_t percent = 0;
    std::int64_t bytes = 0;
    bool cancel_requested = false;
    std::string details = "{}";  ///< JSON that only the kind's code reads
    std::int64_t fence = 0;
};

/// A job that somebody holds a lease of, and where it is.
struct LeasedJob {
    Place place;
    JobKind kind = JobKind::Backup;
    JobRow row;
};

/// What a list of jobs holds; an absent part lets everything through.
struct JobFilter {
    std::optional<std::string> state;
    std::optional<std::string> vault;
    std::optional<std::string> resource_arn;
    std::optional<std::string> parent_id;
    std::optional<std::string> category;
    std::optional<base::Time> created_before, created_after;
    std::optional<base::Time> completed_before, completed_after;
};

/// The place in a list that is sorted by creation, the newest first, then by id.
struct ListKey {
    base::Time created_at = base::Time::max();
    std::string id;
};

/// Jobs of one kind, of one account in one region.
class JobTable {
public:
    JobTable(Session& session, const Place& place, JobKind kind);

    Result<void> insert(const JobRow& job);
    Result<std::optional<JobRow>> find(std::string_view id);
    /// In the order of ListKey, those behind `after`.
    Result<std::vector<JobRow>> page(const JobFilter& filter, const ListKey& after,
                                     std::int64_t limit);
    Result<std::vector<JobRow>> children(std::string_view parent_id);
    /// Writes everything that changes in a job's life but its lease, if the fence is still the
    /// row's. How many were written: 0 or 1, where 0 means that somebody else has the job now.
    Result<std::int64_t> update(const JobRow& job);
    Result<std::int64_t> request_cancel(std::string_view id);

private:
    Session& session_;
    const Place& place_;
    std::string_view kind_;
};

/// Whether take_due_job() would find one.
Result<bool> is_job_due(Session& session, base::Time now);
/// Takes the job that has been due for longest, under a new fence, until `lease_until`. Nothing
/// when none is due. A job waits while another one of its resource is leased.
Result<std::optional<LeasedJob>> take_due_job(Session& session, base::Time now,
                                              base::Time lease_until);
/// Holds a job for longer. False: somebody else has it now.
Result<bool> renew_lease(Session& session, const LeasedJob& job, base::Time lease_until);
/// Whether somebody wants the job stopped, or it is gone.
Result<bool> is_cancel_requested(Session& session, const LeasedJob& job);

}  // namespace holdfast::meta
