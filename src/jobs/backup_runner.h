#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "crypto/sealer.h"
#include "engine/capture.h"
#include "jobs/doors.h"
#include "jobs/job_run.h"
#include "jobs/job_state.h"
#include "meta/database.h"
#include "meta/vault_table.h"

namespace holdfast::jobs {

/// What the sealed kubeconfig of a cluster is sealed for; its context is the cluster's ARN.
inline constexpr std::string_view kKubeconfigPurpose = "kubeconfig";

/// Backs up clusters: one job with a child for the cluster's state, one composite recovery point
/// with that state nested in it.
class BackupRunner final : public JobRunner {
public:
    struct Environment {
        meta::Database& database;
        const crypto::Sealer& sealer;
        VaultDoor& vaults;
        ClusterDoor& clusters;
        base::Clock& clock;
        base::Random& random;
        std::string partition;
    };

    /// Everything in the environment outlives it.
    explicit BackupRunner(const Environment& environment) : environment_(environment) {}

    Result<void> run(JobRun& run) override;

private:
    struct Source;

    Result<void> expire(JobRun& run) const;
    Result<void> start(JobRun& run) const;
    Result<Source> open_source(const JobRun& run) const;
    Result<void> finish(JobRun& run, const engine::CaptureReport& report,
                        base::Time started_at) const;
    Result<void> end_without_point(JobRun& run, const Error& error) const;

    const Environment environment_;
};

}  // namespace holdfast::jobs
