#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "engine/progress.h"

namespace holdfast::engine {

/// Counts work that many threads do and tells a Progress about it now and then, from one thread
/// at a time.
class ProgressMeter {
public:
    ProgressMeter(Progress& progress, base::Clock& clock, std::string phase)
        : progress_(progress), clock_(clock), phase_(std::move(phase)) {}

    void expect(std::uint64_t more) { total_ += more; }
    void add(std::uint64_t done, const std::string& item);
    void add_failed(std::uint64_t failed) { failed_ += failed; }
    /// Forgets what was counted, for work that starts again.
    void restart();
    /// Tells the state now, whatever was told before.
    void flush();

    std::uint64_t done() const { return done_; }

private:
    void tell(const std::string& item);

    Progress& progress_;
    base::Clock& clock_;
    std::string phase_;
    std::atomic<std::uint64_t> done_{0};
    std::atomic<std::uint64_t> total_{0};
    std::atomic<std::uint64_t> failed_{0};
    std::atomic<bool> telling_{false};
    base::SteadyTime told_at_{};  ///< touched only by the thread that set telling_
};

}  // namespace holdfast::engine
