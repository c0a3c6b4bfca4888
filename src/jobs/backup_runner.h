#pragma once

#include "base/clock.h"
#include "engine/capture.h"
#include "jobs/job_environment.h"
#include "jobs/job_run.h"

namespace holdfast::jobs {

/// Backs up clusters: one job with a child for the cluster's state, one composite recovery point
/// with that state nested in it.
class BackupRunner final : public JobRunner {
public:
    /// Everything in the environment outlives it.
    explicit BackupRunner(const JobEnvironment& environment) : environment_(environment) {}

    Result<void> run(JobRun& run) override;

private:
    Result<void> expire(JobRun& run) const;
    Result<void> start(JobRun& run) const;
    Result<engine::CaptureReport> capture(const JobRun& run) const;
    Result<void> finish(JobRun& run, const engine::CaptureReport& report,
                        base::Time started_at) const;
    Result<void> end_without_point(JobRun& run, const Error& error) const;

    const JobEnvironment& environment_;
};

}  // namespace holdfast::jobs
