#include "jobs/vault_time.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

#include "base/fake_clock.h"
#include "jobs/lifecycle.h"

namespace holdfast::jobs {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::years;

/// A machine whose wall clock can be set, beside the monotonic one that cannot.
struct Machine {
    base::FakeClock clock;
    Millis wall_is_off{0};

    ClockReading read() {
        return {.wall = clock.now() + wall_is_off, .steady = clock.steady_now()};
    }
};

TEST(VaultTime, FollowsTheClockOfAMachineThatRuns) {
    Machine machine;
    VaultTime time = VaultTime::begin(machine.read());
    for (int minute = 0; minute < 60 * 24 * 30; ++minute) {
        machine.clock.advance(minutes(1));
        time = time.step(machine.read());
        ASSERT_EQ(time.now(), machine.clock.now());
    }
    EXPECT_EQ(time.behind(machine.read()), Millis(0));
}

TEST(VaultTime, ExpiresNothingWhenTheClockIsSetTenYearsForwardWhileRunning) {
    Machine machine;
    VaultTime time = VaultTime::begin(machine.read());
    const auto expiry = calculate({.delete_after_days = 2}, time.now(), ColdTier::None).delete_at;
    machine.wall_is_off = years(10);
    for (int hour = 1; hour < 48; ++hour) {
        machine.clock.advance(hours(1));
        time = time.step(machine.read());
        ASSERT_LT(time.now(), *expiry);
    }
    machine.clock.advance(hours(1));
    EXPECT_EQ(time.step(machine.read()).now(), *expiry);  // in its own time it does expire
}

TEST(VaultTime, ExpiresNothingWhenTheClockIsSetTenYearsForwardAcrossARestart) {
    Machine machine;
    VaultTime time = VaultTime::begin(machine.read());
    const auto expiry = calculate({.delete_after_days = 2}, time.now(), ColdTier::None).delete_at;
    machine.wall_is_off = years(10);
    // However often it restarts.
    for (int restart = 0; restart < 1000; ++restart) {
        machine.clock.advance(std::chrono::seconds(1));
        time = VaultTime::resume(time.record(), machine.read()).step(machine.read());
    }
    EXPECT_LT(time.now(), *expiry);
    EXPECT_GT(time.behind(machine.read()), years(9));
}

TEST(VaultTime, SkipsADayAtMostWhenTheMachineWasOff) {
    Machine machine;
    const VaultTimeRecord record = VaultTime::begin(machine.read()).record();
    machine.clock.advance(hours(10));
    EXPECT_EQ(VaultTime::resume(record, machine.read()).now(), machine.clock.now());
    machine.clock.advance(hours(20));
    const VaultTime late = VaultTime::resume(record, machine.read());
    EXPECT_EQ(late.now(), record.now + hours(24));
    EXPECT_EQ(late.behind(machine.read()), hours(6));
}

TEST(VaultTime, GivesTheCreditOfRestartsBackWhileItRuns) {
    // Off for the night, on for the day, for a month: it keeps up.
    Machine machine;
    VaultTime time = VaultTime::begin(machine.read());
    for (int day = 0; day < 30; ++day) {
        machine.clock.advance(hours(12));
        time = time.step(machine.read());
        machine.clock.advance(hours(12));
        time = VaultTime::resume(time.record(), machine.read());
        ASSERT_EQ(time.now(), machine.clock.now()) << day;
    }
}

TEST(VaultTime, CatchesUpWhenItIsConfirmed) {
    Machine machine;
    const VaultTimeRecord record = VaultTime::begin(machine.read()).record();
    machine.clock.advance(days(30));
    const VaultTime late = VaultTime::resume(record, machine.read());
    // The store's time is believed up to what the wall clock shows, and the other way round.
    const Time truth = machine.clock.now();
    EXPECT_EQ(late.confirm(truth - days(20), machine.read()).now(), truth - days(20));
    EXPECT_EQ(late.confirm(truth + years(1), machine.read()).now(), truth);
    machine.wall_is_off = years(10);
    EXPECT_EQ(late.confirm(truth, machine.read()).now(), truth);
}

TEST(VaultTime, IsNotConfirmedByAWordThatLiesBehindIt) {
    // Whoever could refill the credit with the true time could go on restarting into the future.
    Machine machine;
    VaultTime time = VaultTime::begin(machine.read());
    const Time truth = machine.clock.now();
    machine.wall_is_off = years(10);
    for (int restart = 0; restart < 100; ++restart) {
        time = VaultTime::resume(time.record(), machine.read());
        time = time.confirm(truth, machine.read());
    }
    EXPECT_EQ(time.now(), truth + hours(24));
}

TEST(VaultTime, NeverGoesBack) {
    Machine machine;
    VaultTime time = VaultTime::begin(machine.read());
    const Time before = time.now();
    machine.wall_is_off = -years(3);
    machine.clock.advance(hours(1));
    EXPECT_EQ(time.step(machine.read()).now(), before);
    EXPECT_EQ(VaultTime::resume(time.record(), machine.read()).now(), before);
    EXPECT_EQ(time.confirm(machine.read().wall, machine.read()).now(), before);
}

TEST(VaultTime, LosesNoFractionOfAMillisecond) {
    const SteadyTime start{};
    const Time wall{};
    VaultTime time = VaultTime::begin({.wall = wall, .steady = start});
    for (int i = 1; i <= 10'000; ++i) {
        const auto steady = start + std::chrono::microseconds(i * 300);
        time = time.step({.wall = wall + hours(1), .steady = steady});
    }
    EXPECT_EQ(time.now(), wall + std::chrono::seconds(3));
}

TEST(VaultTime, DoesNotBelieveARecordThatPromisesMoreCredit) {
    Machine machine;
    const VaultTimeRecord forged = {.now = machine.clock.now(), .restart_credit = years(10)};
    machine.wall_is_off = years(10);
    EXPECT_EQ(VaultTime::resume(forged, machine.read()).now(), machine.clock.now() + hours(24));
}

TEST(VaultTime, StaysWithinItsBoundsWhateverHappensToTheClock) {
    EXPECT_TRUE(rc::check([] {
        Machine machine;
        VaultTime time = VaultTime::begin(machine.read());
        const Time start = time.now();
        Millis ran{0};
        const auto events = *rc::gen::container<std::vector<std::pair<int, int>>>(
            rc::gen::pair(rc::gen::inRange(0, 3), rc::gen::inRange(-100'000, 100'000)));
        for (const auto& [kind, amount] : events) {
            const Time before = time.now();
            if (kind == 0) {
                machine.wall_is_off += minutes(amount);
            } else if (kind == 1) {
                ran += std::chrono::seconds(std::abs(amount));
                machine.clock.advance(std::chrono::seconds(std::abs(amount)));
                time = time.step(machine.read());
            } else {
                time = VaultTime::resume(time.record(), machine.read());
            }
            RC_ASSERT(time.now() >= before);
            // Running time, twice over at the very most, and one day.
            RC_ASSERT(time.now() <= start + 2 * ran + kMaxRestartJump);
            RC_ASSERT(time.record().restart_credit >= Millis(0));
            RC_ASSERT(time.record().restart_credit <= kMaxRestartJump);
        }
    }));
}

}  // namespace
}  // namespace holdfast::jobs
