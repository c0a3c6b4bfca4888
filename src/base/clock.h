#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"

namespace holdfast::base {

using Millis = std::chrono::milliseconds;
/// Wall-clock time in UTC.
using Time = std::chrono::sys_time<Millis>;
/// Monotonic time, for deadlines and durations.
using SteadyTime = std::chrono::steady_clock::time_point;

/// The only source of time. Every method may be called from any thread.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Time now() = 0;
    virtual SteadyTime steady_now() = 0;
    /// Returns when `duration` is over or `stop` is requested; false in the second case.
    virtual bool sleep(Millis duration, std::stop_token stop) = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
public:
    Time now() override;
    SteadyTime steady_now() override;
    bool sleep(Millis duration, std::stop_token stop) override;
};

/// RFC 3339 in UTC, such as "2026-11-21T14:05:00Z"; with milliseconds when asked for.
std::string to_rfc3339(Time time);
std::string to_rfc3339_millis(Time time);
/// Accepts RFC 3339 with `Z` or an offset and up to nine fraction digits (cut to milliseconds).
Result<Time> from_rfc3339(std::string_view text);

}  // namespace holdfast::base
