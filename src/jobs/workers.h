#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "jobs/job_run.h"
#include "meta/database.h"

namespace holdfast::jobs {

struct WorkerOptions {
    std::size_t threads = 4;
    /// How long a job of a worker that died waits for the next one.
    base::Millis lease = std::chrono::seconds(30);
    /// How often it is looked whether a job is due.
    base::Millis poll = std::chrono::milliseconds(250);
};

/// Runs due jobs, each by one worker at a time: of this process or of another one on the same
/// database. When it is destroyed, jobs are stopped and left for the next worker.
class Workers {
public:
    using Runners = std::map<meta::JobKind, JobRunner*>;

    /// Everything given outlives it.
    Workers(meta::Database& database, base::Clock& clock, Runners runners,
            const WorkerOptions& options);
    ~Workers();

private:
    struct Shared {
        bool stopping = false;
        /// With the lease as it was taken: what the run itself holds is its own thread's.
        std::map<JobRun*, meta::LeasedJob> running;
    };

    void work(std::stop_token stop);
    Result<bool> run_one();
    void renew(std::stop_token stop);
    Result<void> renew_all();
    Result<std::optional<meta::LeasedJob>> take();

    meta::Database& database_;
    base::Clock& clock_;
    const Runners runners_;
    const WorkerOptions options_;
    base::Guarded<Shared> shared_;
    std::vector<std::jthread> threads_;  // last member: stops first
};

}  // namespace holdfast::jobs
