#include "jobs/retention.h"

#include <string_view>

namespace holdfast::jobs {
namespace {

std::unexpected<Error> immutable() {
    return fail(ErrorCode::Conflict,
                "The lock of the backup vault can no longer be changed or removed: its lock date "
                "has passed.");
}

bool is_immutable(const std::optional<VaultLock>& lock, Time now) {
    return lock && phase_of(*lock, now) == LockPhase::Immutable;
}

Result<void> check_request(const LockRequest& request) {
    const auto check = [](std::string_view field, std::optional<std::int64_t> value,
                          std::int64_t min) -> Result<void> {
        if (!value || (*value >= min && *value <= kMaxLifecycleDays)) return {};
        return fail(ErrorCode::InvalidArgument,
                    "Invalid vault lock configuration. {} cannot be less than {} or more than {} "
                    "days",
                    field, min, kMaxLifecycleDays);
    };
    TRY(check("ChangeableForDays", request.changeable_for_days, kMinGraceDays));
    TRY(check("MinRetentionDays", request.min_retention_days, 1));
    TRY(check("MaxRetentionDays", request.max_retention_days, 1));
    if (request.min_retention_days && request.max_retention_days &&
        *request.min_retention_days > *request.max_retention_days) {
        return fail(ErrorCode::InvalidArgument,
                    "Invalid vault lock configuration. MinRetentionDays cannot be more than "
                    "MaxRetentionDays");
    }
    return {};
}

}  // namespace

LockPhase phase_of(const VaultLock& lock, Time now) {
    if (!lock.lock_date) return LockPhase::Governance;
    return now < *lock.lock_date ? LockPhase::Grace : LockPhase::Immutable;
}

Result<VaultLock> put_lock(const std::optional<VaultLock>& current, const LockRequest& request,
                           Time now) {
    TRY(check_request(request));
    if (is_immutable(current, now)) return immutable();
    VaultLock lock = {.min_retention_days = request.min_retention_days,
                      .max_retention_days = request.max_retention_days};
    if (request.changeable_for_days) lock.lock_date = now + days(*request.changeable_for_days);
    return lock;
}

Result<void> check_lock_removable(const std::optional<VaultLock>& current, Time now) {
    if (is_immutable(current, now)) return immutable();
    return {};
}

Result<void> check_point_deletable(const std::optional<VaultLock>& lock) {
    if (!lock) return {};
    return fail(ErrorCode::Conflict,
                "A recovery point in a locked backup vault cannot be deleted before its lifecycle "
                "ends.");
}

Result<void> check_new_point(const std::optional<VaultLock>& lock, const Lifecycle& lifecycle,
                             NewPointBy writer) {
    if (!lock) return {};
    const Retention wanted = Retention::of(lifecycle);
    const bool too_short =
        lock->min_retention_days && wanted < Retention::of(*lock->min_retention_days);
    const bool too_long =
        lock->max_retention_days && Retention::of(*lock->max_retention_days) < wanted;
    if (!too_short && !too_long) return {};
    return fail(ErrorCode::InvalidArgument,
                "{} job failed. The retention specified in the job is not within the range "
                "specified for the target Backup Vault.",
                writer == NewPointBy::Copy ? "Copy" : "Backup");
}

}  // namespace holdfast::jobs
