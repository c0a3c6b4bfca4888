#include "engine/progress_meter.h"

namespace holdfast::engine {

namespace {

constexpr base::Millis kInterval(200);

}  // namespace

void ProgressMeter::add(std::uint64_t done, const std::string& item) {
    done_ += done;
    if (telling_.exchange(true)) return;
    base::SteadyTime now = clock_.steady_now();
    if (now - told_at_ >= kInterval) {
        told_at_ = now;
        tell(item);
    }
    telling_ = false;
}

void ProgressMeter::restart() {
    done_ = 0;
    total_ = 0;
    failed_ = 0;
}

void ProgressMeter::flush() {
    if (telling_.exchange(true)) return;
    tell({});
    telling_ = false;
}

void ProgressMeter::tell(const std::string& item) {
    progress_.update(
        {.phase = phase_, .item = item, .done = done_, .total = total_, .failed = failed_});
}

}  // namespace holdfast::engine
