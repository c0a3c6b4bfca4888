#pragma once

#include <string>

#include "engine/restore.h"
#include "jobs/job_environment.h"
#include "jobs/job_run.h"

namespace holdfast::jobs {

/// Restores the state of a cluster from a recovery point. A restore that was cut off goes on by its
/// journal. Objects that fail do not fail the job: its message tells of them.
class RestoreRunner final : public JobRunner {
public:
    /// The environment outlives it.
    explicit RestoreRunner(const JobEnvironment& environment) : environment_(environment) {}

    Result<void> run(JobRun& run) override;

private:
    Result<engine::RestoreRecord> restore(JobRun& run) const;
    Result<std::string> begin(JobRun& run, const engine::RestoreEnvironment& target,
                              const engine::RestoreOptions& options,
                              const std::string& repository_point) const;
    Result<void> finish(JobRun& run, const engine::RestoreRecord& record) const;
    Result<void> fail_job(JobRun& run, const Error& error) const;

    const JobEnvironment& environment_;
};

/// The state of a cluster in the vault that an ARN stands for: of a composite point the one nested
/// in it. NotFound when there is none.
struct StatePoint {
    std::string vault;
    std::string repository_point;
};
Result<StatePoint> find_state(meta::Session& session, const meta::Place& place,
                              const std::string& arn);

}  // namespace holdfast::jobs
