#include "jobs/vault_time.h"

#include <algorithm>

namespace holdfast::jobs {

VaultTime VaultTime::begin(const ClockReading& clock) {
    return {{.now = clock.wall}, clock.steady};
}

VaultTime VaultTime::resume(const VaultTimeRecord& record, const ClockReading& clock) {
    const Millis credit = std::clamp(record.restart_credit, Millis(0), kMaxRestartJump);
    const Millis jump = std::clamp(clock.wall - record.now, Millis(0), credit);
    return {{.now = record.now + jump, .restart_credit = credit - jump}, clock.steady};
}

VaultTime VaultTime::step(const ClockReading& clock) const {
    const Millis elapsed = std::chrono::floor<Millis>(clock.steady - read_at_);
    if (elapsed <= Millis(0)) return *this;
    const Millis advance = std::clamp(clock.wall - record_.now, Millis(0), elapsed);
    const Millis credit = kMaxRestartJump - record_.restart_credit < elapsed
                              ? kMaxRestartJump
                              : record_.restart_credit + elapsed;
    // Fractions of a millisecond are counted the next time.
    return {{.now = record_.now + advance, .restart_credit = credit}, read_at_ + elapsed};
}

VaultTime VaultTime::confirm(Time confirmed, const ClockReading& clock) const {
    VaultTime next = step(clock);
    // A word that lies behind confirms nothing: it must not give back what restarts have skipped.
    if (confirmed < next.record_.now) return next;
    next.record_.now = std::max(next.record_.now, std::min(confirmed, clock.wall));
    next.record_.restart_credit = kMaxRestartJump;
    return next;
}

Millis VaultTime::behind(const ClockReading& clock) const {
    return std::max(clock.wall - record_.now, Millis(0));
}

}  // namespace holdfast::jobs
