#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <stop_token>
#include <thread>

#include "base/clock.h"
#include "base/fake_clock.h"
#include "base/random.h"
#include "kube/backoff.h"
#include "kube/concurrency_limit.h"

namespace holdfast::kube {
namespace {

using base::Millis;
using Outcome = ConcurrencyLimit::Outcome;

/// Runs `rounds` rounds in which all places are used and each answer takes `latency`.
void run_rounds(ConcurrencyLimit& limit, int rounds, Millis latency) {
    for (int round = 0; round < rounds; ++round) {
        const std::size_t places = limit.limit();
        for (std::size_t i = 0; i < places; ++i) ASSERT_TRUE(limit.begin({}));
        for (std::size_t i = 0; i < places; ++i) limit.finish(Outcome::Answered, latency);
    }
}

TEST(ConcurrencyLimit, GrowsWhileAllPlacesAreUsedUpToItsBound) {
    base::FakeClock clock;
    ConcurrencyLimit limit({.first = 8, .most = 12}, clock);
    run_rounds(limit, 2, Millis(5));
    EXPECT_EQ(limit.limit(), 10u);
    run_rounds(limit, 20, Millis(5));
    EXPECT_EQ(limit.limit(), 12u);
}

TEST(ConcurrencyLimit, StaysWhenItIsNotNeeded) {
    base::FakeClock clock;
    ConcurrencyLimit limit({.first = 8}, clock);
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(limit.begin({}));
        limit.finish(Outcome::Answered, Millis(1));
    }
    EXPECT_EQ(limit.limit(), 8u);
}

TEST(ConcurrencyLimit, HalvesOncePerBurstOfRefusals) {
    base::FakeClock clock;
    ConcurrencyLimit limit({.first = 8}, clock);
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(limit.begin({}));
    for (int i = 0; i < 4; ++i) limit.finish(Outcome::Refused, Millis(1));
    EXPECT_EQ(limit.limit(), 4u);
    clock.advance(std::chrono::seconds(1));
    for (int i = 0; i < 4; ++i) {
        limit.finish(Outcome::Refused, Millis(1));
        clock.advance(std::chrono::seconds(1));
    }
    EXPECT_EQ(limit.limit(), 1u);
}

TEST(ConcurrencyLimit, ShrinksWhileAnswersTakeManyTimesTheBest) {
    base::FakeClock clock;
    ConcurrencyLimit limit({.first = 16, .least = 2, .slowdown = 4}, clock);
    run_rounds(limit, 4, Millis(10));
    EXPECT_EQ(limit.limit(), 20u);
    run_rounds(limit, 3, Millis(100));
    EXPECT_LT(limit.limit(), 16u);
}

TEST(ConcurrencyLimit, HoldsBackUntilAPlaceIsFree) {
    base::FakeClock clock;
    ConcurrencyLimit limit({.first = 1, .most = 1}, clock);
    ASSERT_TRUE(limit.begin({}));
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(limit.begin(stop.get_token()).error().code, ErrorCode::Cancelled);
    std::jthread waiting([&] { EXPECT_TRUE(limit.begin({})); });
    limit.finish(Outcome::Failed, Millis(1));
}

TEST(Backoff, DoublesWithJitterUpToItsBound) {
    base::SeededRandom random(1);
    const Backoff backoff{.first = Millis(100), .most = Millis(1000)};
    for (int i = 0; i < 100; ++i) {
        EXPECT_GE(backoff.delay(1, Millis(0), random), Millis(50));
        EXPECT_LE(backoff.delay(1, Millis(0), random), Millis(100));
        EXPECT_GE(backoff.delay(3, Millis(0), random), Millis(200));
        EXPECT_LE(backoff.delay(3, Millis(0), random), Millis(400));
        EXPECT_LE(backoff.delay(1000, Millis(0), random), Millis(1000));
    }
}

TEST(Backoff, IsNeverShorterThanAskedForNorWithoutEnd) {
    base::SeededRandom random(1);
    const Backoff backoff{.most_asked_for = Millis(10'000)};
    for (int i = 0; i < 100; ++i) {
        EXPECT_GE(backoff.delay(1, Millis(2000), random), Millis(2000));
        EXPECT_LE(backoff.delay(1, Millis(2000), random), Millis(2500));
        EXPECT_LE(backoff.delay(1, std::chrono::hours(100), random), Millis(12'500));
    }
}

}  // namespace
}  // namespace holdfast::kube
