#include "jobs/workers.h"

#include <stop_token>
#include <utility>

#include "base/log.h"
#include "base/scope.h"
#include "meta/job_table.h"

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
        for (auto& [run, lease] : shared.running) run->request_stop();
    });
}

void Workers::work(std::stop_token stop) {
    while (!stop.stop_requested()) {
        auto found = run_one();
        if (!found) base::log::error("taking a job: {}", found.error().message);
        if (found && *found) continue;
        clock_.sleep(options_.poll, stop);
    }
}

Result<std::optional<meta::LeasedJob>> Workers::take() {
    bool due = false;
    const auto look = [&](meta::Session& session) -> Result<void> {
        due = TRY(meta::is_job_due(session, clock_.now()));
        return {};
    };
    TRY(database_.read(look));
    std::optional<meta::LeasedJob> job;
    if (!due) return job;
    const auto lease = [&](meta::Session& session) -> Result<void> {
        const base::Time now = clock_.now();
        job = TRY(meta::take_due_job(session, now, now + options_.lease));
        return {};
    };
    TRY(database_.write(lease));
    return job;
}

/// False when no job was due.
Result<bool> Workers::run_one() {
    auto job = TRY(take());
    if (!job) return false;
    JobRun run(database_, *job);
    const bool admitted = shared_.update([&](Shared& shared) {
        if (!shared.stopping) shared.running.emplace(&run, *job);
        return !shared.stopping;
    });
    if (!admitted) return false;
    base::Scope leave([&] { shared_.update([&](Shared& shared) { shared.running.erase(&run); }); });
    if (auto done = runners_.at(job->kind)->run(run); !done)
        base::log::warning("job {}: {}; it goes on when its lease is over", job->row.id,
                           done.error().message);
    return true;
}

void Workers::renew(std::stop_token stop) {
    while (clock_.sleep(options_.lease / kRenewalsPerLease, stop))
        if (auto renewed = renew_all(); !renewed)
            base::log::error("renewing leases: {}", renewed.error().message);
}

Result<void> Workers::renew_all() {
    const auto running = shared_.update([](Shared& shared) { return shared.running; });
    for (const auto& [run, lease] : running) {
        bool go_on = false;
        const auto renew_one = [&](meta::Session& session) -> Result<void> {
            const base::Time until = clock_.now() + options_.lease;
            go_on = TRY(meta::renew_lease(session, lease, until)) &&
                    !TRY(meta::is_cancel_requested(session, lease));
            return {};
        };
        TRY(database_.write(renew_one));
        if (go_on) continue;
        // It may have ended meanwhile, and another may have its address by now.
        shared_.update([&](Shared& shared) {
            auto found = shared.running.find(run);
            if (found != shared.running.end() && found->second.row.id == lease.row.id)
                found->first->request_stop();
        });
    }
    return {};
}

}  // namespace holdfast::jobs
