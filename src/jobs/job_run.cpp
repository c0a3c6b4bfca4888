#include "jobs/job_run.h"

#include <utility>

namespace holdfast::jobs {

Result<bool> JobRun::is_cancelled() const {
    bool cancelled = false;
    const auto look = [&](meta::Session& session) -> Result<void> {
        cancelled = TRY(meta::is_cancel_requested(session, job_));
        return {};
    };
    TRY(database_.read(look));
    return cancelled;
}

Result<void> JobRun::save(const Change& change, const meta::Database::Work& work) {
    meta::JobRow changed = job_.row;
    change(changed);
    const auto write = [&](meta::Session& session) -> Result<void> {
        meta::JobTable table(session, job_.place, job_.kind);
        if (TRY(table.update(changed)) != 1)
            return fail(ErrorCode::Conflict, "job {} is another worker's now", changed.id);
        return work ? work(session) : Result<void>();
    };
    TRY(database_.write(write));
    job_.row = std::move(changed);
    return {};
}

}  // namespace holdfast::jobs
