#pragma once

#include <stop_token>

#include "base/clock.h"
#include "base/guarded.h"

namespace holdfast::base {

/// Time for tests: stands still, except that a sleep moves it forward at once.
class FakeClock final : public Clock {
public:
    explicit FakeClock(Time start = Time(std::chrono::days(20000))) : now_(start) {}

    Time now() override {
        return now_.update([](Time& now) { return now; });
    }
    SteadyTime steady_now() override { return SteadyTime(now().time_since_epoch()); }
    bool sleep(Millis duration, std::stop_token stop) override {
        advance(duration);
        return !stop.stop_requested();
    }
    void advance(Millis duration) {
        now_.update([&](Time& now) { now += duration; });
    }

private:
    Guarded<Time> now_;
};

}  // namespace holdfast::base
