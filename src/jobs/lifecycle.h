#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/result.h"

namespace holdfast::jobs {

using base::Time;
using std::chrono::days;

/// How long a recovery point stays warm and when it is deleted, as the API states it: in days from
/// the start of its job, where nothing or -1 means never.
struct Lifecycle {
    std::optional<std::int64_t> move_to_cold_after_days;
    std::optional<std::int64_t> delete_after_days;

    friend bool operator==(const Lifecycle&, const Lifecycle&) = default;
};

constexpr std::int64_t kMaxLifecycleDays = 36'500;
/// What moves to cold storage stays there at least so long.
constexpr std::int64_t kMinColdDays = 90;
/// How the API writes "never".
constexpr std::int64_t kNeverDays = -1;

/// InvalidArgument, in AWS's sentences, unless the lifecycle can be kept.
Result<void> check_lifecycle(const Lifecycle& lifecycle);

/// How long a point is kept; nothing is for ever. Longer times compare as greater.
class Retention {
public:
    static Retention for_ever() { return Retention(std::nullopt); }
    static Retention of(std::int64_t count) { return Retention(days(count)); }
    /// Of a lifecycle that passed check_lifecycle.
    static Retention of(const Lifecycle& lifecycle);

    bool is_for_ever() const { return !length_; }
    /// Only when it ends.
    days length() const { return *length_; }

    friend bool operator==(const Retention&, const Retention&) = default;
    friend bool operator<(const Retention& a, const Retention& b) {
        return a.length_ && (!b.length_ || *a.length_ < *b.length_);
    }

private:
    explicit Retention(std::optional<days> length) : length_(length) {}
    std::optional<days> length_;
};

/// Whether the kind of point has cold storage. Those of a cluster and its state have none, and the
/// wish for it is passed over.
enum class ColdTier { Available, None };

/// The instants that follow from a lifecycle; nothing is never.
struct CalculatedLifecycle {
    std::optional<Time> move_to_cold_at;
    std::optional<Time> delete_at;

    friend bool operator==(const CalculatedLifecycle&, const CalculatedLifecycle&) = default;
};

CalculatedLifecycle calculate(const Lifecycle& lifecycle, Time job_started, ColdTier tier);

/// A point whose lifecycle somebody wants to change.
struct LifecycleSubject {
    Lifecycle current;
    Time job_started;
    bool is_cold = false;
    bool vault_is_locked = false;
};

/// The lifecycle after `asked` has replaced the current one, as a whole: a field that is absent
/// becomes never. InvalidArgument when it is no valid lifecycle, would end before tomorrow, or
/// moves a move that has happened; Conflict in a locked vault.
Result<Lifecycle> change_lifecycle(const LifecycleSubject& subject, const Lifecycle& asked,
                                   Time now);

/// The lifecycle of a copy, whose days count from the source's job as well. An action that states
/// nothing takes the source's, and DeleteAfterDays -1 the source's end.
Lifecycle lifecycle_of_copy(const Lifecycle& asked, const Lifecycle& source);

/// The lifecycle of a composite: nothing of it goes before the last of its nested points.
Lifecycle longer_lived(const Lifecycle& one, const Lifecycle& other);

}  // namespace holdfast::jobs
