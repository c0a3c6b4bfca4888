#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "base/guarded.h"
#include "meta/database.h"
#include "meta/job_table.h"

namespace holdfast::jobs {

/// A job that this process holds the lease of. Its stop is requested when the lease is lost, when
/// the server stops, and when somebody cancels the job.
class JobRun {
public:
    /// `database` outlives it.
    JobRun(meta::Database& database, meta::LeasedJob job)
        : database_(database), job_(std::move(job)) {}

    const meta::Place& place() const { return job_.place; }
    meta::JobKind kind() const { return job_.kind; }
    /// As it was last written. For the thread that runs the job.
    const meta::JobRow& row() const { return job_.row; }

    std::stop_token stop_token() const { return stop_.get_token(); }
    void request_stop() { stop_.request_stop(); }
    /// Whether somebody wants the job stopped, and not just this worker: asked of the database.
    Result<bool> is_cancelled() const;

    /// Changes the job's row and whatever else `work` does, all or nothing. Conflict, and nothing
    /// happens, when somebody else has the job now.
    using Change = std::function<void(meta::JobRow&)>;
    Result<void> save(const Change& change, const meta::Database::Work& work = {});

    const meta::LeasedJob& lease() const { return job_; }

private:
    meta::Database& database_;
    meta::LeasedJob job_;
    std::stop_source stop_;
};

/// Does the jobs of one kind. run() ends a job by saving a final state; whatever it fails with is
/// logged, and the job is taken again when its lease is over.
class JobRunner {
public:
    virtual ~JobRunner() = default;
    virtual Result<void> run(JobRun& run) = 0;
};

}  // namespace holdfast::jobs
