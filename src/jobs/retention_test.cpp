#include "jobs/retention.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <tuple>

#include "base/clock.h"

namespace holdfast::jobs {
namespace {

const Time kNow = *base::from_rfc3339("2026-11-21T10:00:00Z");

VaultLock lock_of(const LockRequest& request) {
    return *put_lock(std::nullopt, request, kNow);
}

TEST(VaultLock, WithoutDaysIsGovernanceAndStaysChangeable) {
    const VaultLock lock = lock_of({.min_retention_days = 7});
    EXPECT_FALSE(lock.lock_date);
    const Time later = kNow + days(10'000);
    EXPECT_EQ(phase_of(lock, later), LockPhase::Governance);
    EXPECT_TRUE(put_lock(lock, {.max_retention_days = 30}, later));
    EXPECT_TRUE(check_lock_removable(lock, later));
}

TEST(VaultLock, WithDaysIsImmutableFromItsDateOn) {
    const VaultLock lock = lock_of({.changeable_for_days = 3, .min_retention_days = 7});
    EXPECT_EQ(*lock.lock_date, kNow + days(3));
    const Time last_moment = kNow + days(3) - base::Millis(1);
    EXPECT_EQ(phase_of(lock, last_moment), LockPhase::Grace);
    EXPECT_TRUE(check_lock_removable(lock, last_moment));
    EXPECT_TRUE(put_lock(lock, {}, last_moment));

    const Time date = kNow + days(3);
    EXPECT_EQ(phase_of(lock, date), LockPhase::Immutable);
    const Result<void> removed = check_lock_removable(lock, date);
    ASSERT_FALSE(removed);
    EXPECT_EQ(removed.error().code, ErrorCode::Conflict);
    // Not even to lengthen it: immutable is immutable.
    const Result<VaultLock> replaced =
        put_lock(lock, {.changeable_for_days = 3, .min_retention_days = 8}, date);
    ASSERT_FALSE(replaced);
    EXPECT_EQ(replaced.error().code, ErrorCode::Conflict);
}

TEST(VaultLock, IsReplacedAsAWholeWhileThatIsAllowed) {
    const VaultLock grace =
        lock_of({.changeable_for_days = 3, .min_retention_days = 7, .max_retention_days = 9});
    EXPECT_EQ(*put_lock(grace, {.max_retention_days = 30}, kNow),
              (VaultLock{.max_retention_days = 30}));
    EXPECT_EQ(*put_lock(grace, {.changeable_for_days = 36'500}, kNow + days(1)),
              (VaultLock{.lock_date = kNow + days(36'501)}));
}

TEST(VaultLock, RefusesRequestsOutOfBounds) {
    // request, names
    using Case = std::tuple<LockRequest, const char*>;
    const Case cases[] = {
        {{.changeable_for_days = 2}, "ChangeableForDays"},
        {{.changeable_for_days = 36'501}, "ChangeableForDays"},
        {{.changeable_for_days = -1}, "ChangeableForDays"},
        {{.min_retention_days = 0}, "MinRetentionDays"},
        {{.min_retention_days = 36'501}, "MinRetentionDays"},
        {{.max_retention_days = 0}, "MaxRetentionDays"},
        {{.max_retention_days = 36'501}, "MaxRetentionDays"},
        {{.min_retention_days = 8, .max_retention_days = 7}, "MinRetentionDays"},
    };
    for (const auto& [request, names] : cases) {
        const Result<VaultLock> lock = put_lock(std::nullopt, request, kNow);
        ASSERT_FALSE(lock) << names;
        EXPECT_EQ(lock.error().code, ErrorCode::InvalidArgument);
        EXPECT_TRUE(lock.error().message.contains(names)) << lock.error().message;
    }
    EXPECT_TRUE(put_lock(std::nullopt, {.min_retention_days = 7, .max_retention_days = 7}, kNow));
}

TEST(VaultLock, ForbidsDeletingPointsInEveryPhase) {
    EXPECT_TRUE(check_point_deletable(std::nullopt));
    for (const LockRequest& request : {LockRequest{}, LockRequest{.changeable_for_days = 3}}) {
        const Result<void> deleted = check_point_deletable(lock_of(request));
        ASSERT_FALSE(deleted);
        EXPECT_EQ(deleted.error().code, ErrorCode::Conflict);
    }
}

TEST(VaultLock, TakesOnlyNewPointsWithinItsBounds) {
    // lock, delete after days, taken
    using Case = std::tuple<LockRequest, std::optional<std::int64_t>, bool>;
    const LockRequest between = {.min_retention_days = 7, .max_retention_days = 30};
    const Case cases[] = {
        {between, 6, false},
        {between, 7, true},
        {between, 30, true},
        {between, 31, false},
        {between, std::nullopt, false},
        {between, -1, false},
        {{.min_retention_days = 7}, std::nullopt, true},
        {{.min_retention_days = 7}, 1, false},
        {{.max_retention_days = 7}, 1, true},
        {{.max_retention_days = 7}, -1, false},
        {{}, 1, true},
    };
    for (const auto& [lock, delete_after_days, taken] : cases) {
        const Result<void> result = check_new_point(
            lock_of(lock), {.delete_after_days = delete_after_days}, NewPointBy::Copy);
        EXPECT_EQ(bool(result), taken) << delete_after_days.value_or(0);
        if (!result) {
            EXPECT_EQ(result.error().message,
                      "Copy job failed. The retention specified in the job is not within the range "
                      "specified for the target Backup Vault.");
        }
    }
    EXPECT_TRUE(check_new_point(std::nullopt, {.delete_after_days = 1}, NewPointBy::Backup));
}

}  // namespace
}  // namespace holdfast::jobs
