#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "jobs/cron.h"
#include "jobs/lifecycle.h"
#include "jobs/names.h"
#include "jobs/time_zone.h"

namespace holdfast::jobs {

constexpr std::chrono::minutes kDefaultStartWindow{480};
constexpr std::chrono::minutes kDefaultCompletionWindow{10'080};

/// What a rule of a plan says about time.
struct ScheduledRule {
    RuleId id;
    Cron cron;
    TimeZone zone;
    /// A run may start from its time on until this is over.
    std::chrono::minutes start_window = kDefaultStartWindow;
    /// A job that has started must be complete when this is over.
    std::chrono::minutes completion_window = kDefaultCompletionWindow;
    Retention retention = Retention::for_ever();
};

/// One run of a rule that is to start now.
struct DueRun {
    RuleId rule;
    Time at;        ///< when the schedule says
    Time start_by;  ///< when a job that has not started expires

    friend bool operator==(const DueRun&, const DueRun&) = default;
};

enum class NotStarted {
    WindowOver,       ///< nobody was there while its start window was open
    LaterRun,         ///< a later run of the rule is due as well, and one is enough
    LongerRetention,  ///< its start window overlaps that of a rule that keeps its points longer
};

/// Runs of one rule that do not start, for one reason.
struct RunsNotStarted {
    RuleId rule;
    NotStarted why;
    std::uint64_t count = 0;
    Time first;
    Time last;
    /// With LongerRetention, the rule that the last of them gave way to.
    std::optional<RuleId> in_favour_of;

    friend bool operator==(const RunsNotStarted&, const RunsNotStarted&) = default;
};

/// What has come up since somebody looked last: at most one run of each rule, and why others were
/// not started. Only WindowOver and LaterRun are runs that were missed.
struct Agenda {
    std::vector<DueRun> due;
    std::vector<RunsNotStarted> not_started;
};

/// From when on a plan's rules hold, and up to when its runs were looked at. Both are exclusive: a
/// run at that very instant belongs to the time before.
struct PlanClock {
    Time active_since;
    Time noticed;
};

/// After a longer absence the runs before this are not looked at any more.
constexpr std::chrono::days kLongestAbsence{400};

/// The runs after `clock.noticed`, up to `now`. Whoever acts on the agenda records `now` as noticed
/// in the same transaction, so that no run is started twice or forgotten. Nothing when `now` lies
/// before what was noticed.
Agenda look(std::span<const ScheduledRule> rules, const PlanClock& clock, Time now);

/// The first instant after `after` at which a rule runs; nothing when none ever does again.
std::optional<Time> next_run(std::span<const ScheduledRule> rules, Time after);

/// When and by which rule a plan will run.
struct PlannedRun {
    Time at;
    RuleId rule;

    friend bool operator==(const PlannedRun&, const PlannedRun&) = default;
};

constexpr std::size_t kMaxRunsPreviewed = 10;

/// The next `count` runs after `from`, at most kMaxRunsPreviewed, in order; those that give way to
/// a longer retention are left out.
std::vector<PlannedRun> preview(std::span<const ScheduledRule> rules, Time active_since, Time from,
                                std::size_t count);

}  // namespace holdfast::jobs
