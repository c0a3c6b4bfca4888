#include "jobs/workers.h"

#include <utility>

#include "base/log.h"
#include "base/scope.h"

namespace holdfast::jobs {

namespace {

/// A lease is renewed this often before it would end, so that one slow write does not lose it.
constexpr int kRenewalsPerLease = 3;

}  // namespace

Workers::Workers(meta::Database& database, base::Clock& clock, Runners runners,
                 const WorkerOptions& options)
    : database_(database), clock_(clock), runners_(std::move(runners)), options_(options) {
    for (std::size_t i = 0; i < options_.threads; ++i)
        threads_.emplace_back([this](std::stop_token stop) { work(std::move(stop)); });
    threads_.emplace_back([this](std::stop_token stop) { renew(std::move(stop)); });
}

Workers::~Workers() {
    for (std::jthread& thread : threads_) thread.request_stop();
    shared_.update([](Shared& shared) {
        shared.stopping = true;
        for (JobRun* run : shared.running) run->request_stop();
    });
}

void Workers::wake() {
    shared_.update([](Shared& shared) { ++shared.wakes; });
}

void Workers::work(std::stop_token stop) {
    while (!stop.stop_requested()) {
        auto found = run_one();
        if (!found) base::log::error("taking a job: {}", found.error().message);
        if (found && *found) continue;
        clock_.sleep(options_.poll, stop);
    }
}

/// False when no job was due.
Result<bool> Workers::run_one() {
    std::optional<meta::LeasedJob> job;
    const auto take = [&](meta::Session& session) -> Result<void> {
        const base::Time now = clock_.now();
        job = TRY(meta::take_due_job(session, now, now + options_.lease));
        return {};
    };
    TRY(database_.write(take));
    if (!job) return false;
    const auto runner = runners_.find(job->kind);
    if (runner == runners_.end()) return false;
    const std::string id = job->row.id;
    JobRun run(database_, std::move(*job));
    const bool admitted = shared_.update([&](Shared& shared) {
        if (!shared.stopping) shared.running.insert(&run);
        return !shared.stopping;
    });
    if (!admitted) return false;
    base::Scope leave([&] { shared_.update([&](Shared& shared) { shared.running.erase(&run); }); });
    if (auto done = runner->second->run(run); !done)
        base::log::warning("job {}: {}; it goes on when its lease is over", id,
                           done.error().message);
    return true;
}

void Workers::renew(std::stop_token stop) {
    while (clock_.sleep(options_.lease / kRenewalsPerLease, stop))
        if (auto renewed = renew_all(); !renewed)
            base::log::error("renewing leases: {}", renewed.error().message);
}

Result<void> Workers::renew_all() {
    // Jobs that end meanwhile stay in the set until the lock is free, so none dangles.
    const auto renew_running = [&](meta::Session& session) -> Result<void> {
        return shared_.update([&](Shared& shared) -> Result<void> {
            for (JobRun* run : shared.running) {
                const base::Time until = clock_.now() + options_.lease;
                const bool kept = TRY(meta::renew_lease(session, run->lease(), until));
                const auto row = TRY(
                    meta::JobTable(session, run->place(), run->kind()).find(run->lease().row.id));
                if (!kept || !row || row->cancel_requested) run->request_stop();
            }
            return {};
        });
    };
    return database_.write(renew_running);
}

}  // namespace holdfast::jobs
