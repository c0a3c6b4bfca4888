#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "jobs/lifecycle.h"

namespace holdfast::jobs {

/// What PutBackupVaultLockConfiguration asks for.
struct LockRequest {
    std::optional<std::int64_t> changeable_for_days;
    std::optional<std::int64_t> min_retention_days;
    std::optional<std::int64_t> max_retention_days;
};

/// A vault's lock. Without a lock date it is a governance lock, which may be changed for ever;
/// with one, a compliance lock, which from that date on nobody can change or remove.
struct VaultLock {
    std::optional<std::int64_t> min_retention_days;
    std::optional<std::int64_t> max_retention_days;
    std::optional<Time> lock_date;

    friend bool operator==(const VaultLock&, const VaultLock&) = default;
};

/// How a lock stands at one instant of vault time.
enum class LockPhase { Governance, Grace, Immutable };
LockPhase phase_of(const VaultLock& lock, Time now);

constexpr std::int64_t kMinGraceDays = 3;

/// The lock that a request gives a vault with the lock `current`, at vault time `now`.
/// InvalidArgument for a request out of bounds; Conflict when the current lock is immutable.
Result<VaultLock> put_lock(const std::optional<VaultLock>& current, const LockRequest& request,
                           Time now);

/// Conflict when the vault's lock is immutable.
Result<void> check_lock_removable(const std::optional<VaultLock>& current, Time now);

/// Conflict while the vault is locked in whichever phase: its points are not deleted by hand.
Result<void> check_point_deletable(const std::optional<VaultLock>& lock);

/// What writes a new point into a vault: the refusal names it.
enum class NewPointBy { Backup, Copy };

/// InvalidArgument, in the words of a failed job, when a new point would be kept shorter or longer
/// than the vault's lock allows. A point that is kept for ever is longer than every maximum.
Result<void> check_new_point(const std::optional<VaultLock>& lock, const Lifecycle& lifecycle,
                             NewPointBy writer);

}  // namespace holdfast::jobs
