#include "jobs/lifecycle.h"

#include <string_view>

namespace holdfast::jobs {
namespace {

/// The days of a field, with the API's -1 read as never.
std::optional<std::int64_t> stated(std::optional<std::int64_t> field) {
    return field == kNeverDays ? std::nullopt : field;
}

bool is_out_of_range(std::optional<std::int64_t> count) {
    return count && (*count < 1 || *count > kMaxLifecycleDays);
}

std::optional<Time> instant_of(std::optional<std::int64_t> count, Time from) {
    const std::optional<std::int64_t> after = stated(count);
    return after ? std::optional(from + days(*after)) : std::nullopt;
}

}  // namespace

Result<void> check_lifecycle(const Lifecycle& lifecycle) {
    const auto move = stated(lifecycle.move_to_cold_after_days);
    const auto end = stated(lifecycle.delete_after_days);
    if (is_out_of_range(end)) {
        return fail(ErrorCode::InvalidArgument,
                    "Invalid lifecycle. DeleteAfterDays cannot be less than 1 or more than {} days",
                    kMaxLifecycleDays);
    }
    if (is_out_of_range(move)) {
        return fail(ErrorCode::InvalidArgument,
                    "Invalid lifecycle. MoveToColdStorageAfterDays cannot be less than 1 or more "
                    "than {} days",
                    kMaxLifecycleDays);
    }
    if (move && end && *end < *move + kMinColdDays) {
        return fail(ErrorCode::InvalidArgument,
                    "Invalid lifecycle. DeleteAfterDays cannot be less than {} days apart from "
                    "MoveToColdStorageAfterDays",
                    kMinColdDays);
    }
    return {};
}

Retention Retention::of(const Lifecycle& lifecycle) {
    const auto end = stated(lifecycle.delete_after_days);
    return end ? of(*end) : for_ever();
}

CalculatedLifecycle calculate(const Lifecycle& lifecycle, Time job_started, ColdTier tier) {
    CalculatedLifecycle calculated;
    if (tier == ColdTier::Available)
        calculated.move_to_cold_at = instant_of(lifecycle.move_to_cold_after_days, job_started);
    calculated.delete_at = instant_of(lifecycle.delete_after_days, job_started);
    return calculated;
}

Result<Lifecycle> change_lifecycle(const LifecycleSubject& subject, const Lifecycle& asked,
                                   Time now) {
    if (subject.vault_is_locked) {
        return fail(
            ErrorCode::Conflict,
            "The lifecycle of a recovery point in a locked backup vault cannot be changed.");
    }
    TRY(check_lifecycle(asked));
    const Lifecycle wanted = {.move_to_cold_after_days = stated(asked.move_to_cold_after_days),
                              .delete_after_days = stated(asked.delete_after_days)};
    const std::int64_t age = std::chrono::floor<days>(now - subject.job_started).count();
    const auto too_soon = [&](std::string_view field) {
        return fail(ErrorCode::InvalidArgument,
                    "Invalid lifecycle. {} cannot be less than {}, the age of the recovery point "
                    "plus one day",
                    field, age + 1);
    };
    if (wanted.delete_after_days && *wanted.delete_after_days <= age)
        return too_soon("DeleteAfterDays");
    const auto current_move = stated(subject.current.move_to_cold_after_days);
    if (wanted.move_to_cold_after_days == current_move) return wanted;
    if (subject.is_cold) {
        return fail(ErrorCode::InvalidArgument,
                    "Invalid lifecycle. MoveToColdStorageAfterDays cannot be changed after a "
                    "recovery point has moved to cold storage");
    }
    if (wanted.move_to_cold_after_days && *wanted.move_to_cold_after_days <= age)
        return too_soon("MoveToColdStorageAfterDays");
    return wanted;
}

Lifecycle lifecycle_of_copy(const Lifecycle& asked, const Lifecycle& source) {
    if (asked == Lifecycle{}) return source;
    Lifecycle copy = asked;
    if (asked.delete_after_days == kNeverDays) copy.delete_after_days = source.delete_after_days;
    return copy;
}

Lifecycle longer_lived(const Lifecycle& one, const Lifecycle& other) {
    return Retention::of(one) < Retention::of(other) ? other : one;
}

}  // namespace holdfast::jobs
