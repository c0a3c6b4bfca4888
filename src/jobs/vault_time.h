#pragma once

#include <chrono>

#include "base/clock.h"

namespace holdfast::jobs {

using base::Millis;
using base::SteadyTime;
using base::Time;

/// What both clocks of the machine say at one moment.
struct ClockReading {
    Time wall;
    SteadyTime steady;
};

/// The longest time that a restart may skip on the word of the machine's clock alone.
constexpr Millis kMaxRestartJump = std::chrono::hours(24);

/// What outlasts the program. Written at least every few minutes and at a graceful stop.
struct VaultTimeRecord {
    Time now;
    /// How much restarts may still skip. A skip uses it up, running time gives it back, so that
    /// restarting again and again gains no more than a day.
    Millis restart_credit = kMaxRestartJump;

    friend bool operator==(const VaultTimeRecord&, const VaultTimeRecord&) = default;
};

/// The time by which points expire and locks begin. It never goes back and never passes the wall
/// clock, and it moves forward by no more than the monotonic time that went by, except that a
/// restart may skip what its credit allows and a confirmation from outside everything. So whoever
/// sets the clock ten years forward expires nothing. After a long absence it stays behind until it
/// is confirmed; then things expire late, which is the safe side.
///
/// Values without I/O: each step makes the next value from the last.
class VaultTime {
public:
    /// Of an installation that has no record yet: the wall clock is believed.
    static VaultTime begin(const ClockReading& clock);
    /// After a restart.
    static VaultTime resume(const VaultTimeRecord& record, const ClockReading& clock);

    /// After some time of running.
    [[nodiscard]] VaultTime step(const ClockReading& clock) const;
    /// After the store, the database or an operator said that it is `confirmed`; what the wall
    /// clock does not show as well is not believed.
    [[nodiscard]] VaultTime confirm(Time confirmed, const ClockReading& clock) const;

    Time now() const { return record_.now; }
    const VaultTimeRecord& record() const { return record_; }
    /// How far it is behind the wall clock: what a confirmation could bring.
    Millis behind(const ClockReading& clock) const;

private:
    VaultTime(const VaultTimeRecord& record, SteadyTime read_at)
        : record_(record), read_at_(read_at) {}

    VaultTimeRecord record_;
    /// Up to where monotonic time has been counted.
    SteadyTime read_at_;
};

}  // namespace holdfast::jobs
