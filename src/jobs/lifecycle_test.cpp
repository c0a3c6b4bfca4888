#include "jobs/lifecycle.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <tuple>

namespace holdfast::jobs {
namespace {

using Days = std::optional<std::int64_t>;
constexpr Days kAbsent = std::nullopt;

const Time kStart = *base::from_rfc3339("2026-01-31T23:30:00Z");

Lifecycle lifecycle(Days move, Days end) {
    return {.move_to_cold_after_days = move, .delete_after_days = end};
}

std::string refusal(const Result<void>& result) {
    return result ? "" : result.error().message;
}

TEST(Lifecycle, IsRefusedInTheSentencesOfAws) {
    const std::string range =
        "Invalid lifecycle. DeleteAfterDays cannot be less than 1 or more than 36500 days";
    const std::string cold_range =
        "Invalid lifecycle. MoveToColdStorageAfterDays cannot be less than 1 or more than 36500 "
        "days";
    const std::string apart =
        "Invalid lifecycle. DeleteAfterDays cannot be less than 90 days apart from "
        "MoveToColdStorageAfterDays";
    // move, end, refused
    using Case = std::tuple<Days, Days, std::string>;
    const Case cases[] = {
        {kAbsent, kAbsent, ""},
        {kAbsent, 1, ""},
        {kAbsent, 36'500, ""},
        {kAbsent, -1, ""},
        {kAbsent, 0, range},
        {kAbsent, -2, range},
        {kAbsent, 36'501, range},
        {kAbsent, INT64_MIN, range},
        {kAbsent, INT64_MAX, range},
        {1, 91, ""},
        {1, 90, apart},
        {30, 119, apart},
        {30, 120, ""},
        {30, -1, ""},
        {30, kAbsent, ""},
        {-1, 1, ""},
        {0, 100, cold_range},
        {-2, kAbsent, cold_range},
        {INT64_MAX, 36'500, cold_range},
        {36'500, 36'500, apart},
    };
    for (const auto& [move, end, refused] : cases) {
        EXPECT_EQ(refusal(check_lifecycle(lifecycle(move, end))), refused)
            << move.value_or(0) << " " << end.value_or(0);
    }
}

TEST(Lifecycle, CountsFromTheStartOfTheJob) {
    const CalculatedLifecycle both = calculate(lifecycle(30, 120), kStart, ColdTier::Available);
    EXPECT_EQ(base::to_rfc3339(*both.move_to_cold_at), "2026-03-02T23:30:00Z");
    EXPECT_EQ(base::to_rfc3339(*both.delete_at), "2026-05-31T23:30:00Z");
    EXPECT_EQ(calculate(lifecycle(-1, -1), kStart, ColdTier::Available), CalculatedLifecycle{});
    EXPECT_EQ(calculate({}, kStart, ColdTier::Available), CalculatedLifecycle{});
}

TEST(Lifecycle, PassesOverColdStorageWhereThereIsNone) {
    const CalculatedLifecycle calculated = calculate(lifecycle(30, 120), kStart, ColdTier::None);
    EXPECT_FALSE(calculated.move_to_cold_at);
    EXPECT_TRUE(calculated.delete_at);
}

TEST(Lifecycle, ChangesToNothingEarlierThanTomorrow) {
    const LifecycleSubject subject = {.current = lifecycle(kAbsent, 30), .job_started = kStart};
    const Time now = kStart + days(10) + std::chrono::hours(5);
    const Result<Lifecycle> today = change_lifecycle(subject, lifecycle(kAbsent, 10), now);
    ASSERT_FALSE(today);
    EXPECT_EQ(today.error().message,
              "Invalid lifecycle. DeleteAfterDays cannot be less than 11, the age of the recovery "
              "point plus one day");
    EXPECT_EQ(*change_lifecycle(subject, lifecycle(kAbsent, 11), now), lifecycle(kAbsent, 11));
    EXPECT_FALSE(change_lifecycle(subject, lifecycle(10, 365), now));
    EXPECT_EQ(*change_lifecycle(subject, lifecycle(11, 365), now), lifecycle(11, 365));
    EXPECT_FALSE(change_lifecycle(subject, lifecycle(kAbsent, 0), now));
}

TEST(Lifecycle, ReplacesTheWholeOfTheOldOne) {
    const LifecycleSubject subject = {.current = lifecycle(20, 200), .job_started = kStart};
    EXPECT_EQ(*change_lifecycle(subject, lifecycle(kAbsent, 100), kStart), lifecycle(kAbsent, 100));
    EXPECT_EQ(*change_lifecycle(subject, lifecycle(-1, -1), kStart), Lifecycle{});
}

TEST(Lifecycle, KeepsTheMoveOfAPointThatIsCold) {
    const LifecycleSubject cold = {
        .current = lifecycle(10, 200), .job_started = kStart, .is_cold = true};
    const Time now = kStart + days(50);
    EXPECT_EQ(*change_lifecycle(cold, lifecycle(10, 300), now), lifecycle(10, 300));
    EXPECT_FALSE(change_lifecycle(cold, lifecycle(60, 300), now));
    EXPECT_FALSE(change_lifecycle(cold, lifecycle(-1, 300), now));
    EXPECT_FALSE(change_lifecycle(cold, lifecycle(10, 99), now));
}

TEST(Lifecycle, StaysInALockedVault) {
    const LifecycleSubject locked = {
        .current = lifecycle(kAbsent, 30), .job_started = kStart, .vault_is_locked = true};
    const Result<Lifecycle> changed = change_lifecycle(locked, lifecycle(kAbsent, 300), kStart);
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().code, ErrorCode::Conflict);
}

TEST(Lifecycle, OfACopyIsItsOwnOrTheSources) {
    const Lifecycle source = lifecycle(kAbsent, 35);
    EXPECT_EQ(lifecycle_of_copy({}, source), source);
    EXPECT_EQ(lifecycle_of_copy(lifecycle(kAbsent, 100), source), lifecycle(kAbsent, 100));
    EXPECT_EQ(lifecycle_of_copy(lifecycle(kAbsent, -1), source), source);
    EXPECT_EQ(lifecycle_of_copy(lifecycle(7, kAbsent), source), lifecycle(7, kAbsent));
}

TEST(Lifecycle, OfACompositeIsTheLongestOfItsParts) {
    EXPECT_EQ(longer_lived(lifecycle(kAbsent, 7), lifecycle(5, 100)), lifecycle(5, 100));
    EXPECT_EQ(longer_lived(lifecycle(5, 100), lifecycle(kAbsent, 7)), lifecycle(5, 100));
    EXPECT_EQ(longer_lived(lifecycle(kAbsent, -1), lifecycle(kAbsent, 36'500)),
              lifecycle(kAbsent, -1));
}

TEST(Retention, OfForEverIsLongerThanEveryNumber) {
    EXPECT_LT(Retention::of(1), Retention::of(2));
    EXPECT_LT(Retention::of(36'500), Retention::for_ever());
    EXPECT_FALSE(Retention::for_ever() < Retention::for_ever());
    EXPECT_FALSE(Retention::for_ever() < Retention::of(1));
    EXPECT_EQ(Retention::of(lifecycle(kAbsent, -1)), Retention::for_ever());
    EXPECT_EQ(Retention::of(lifecycle(kAbsent, 9)), Retention::of(9));
}

}  // namespace
}  // namespace holdfast::jobs
