#include "jobs/schedule.h"

#include <algorithm>

namespace holdfast::jobs {
namespace {

/// The rule that a run of `rule` at `at` gives way to: one that keeps its points longer, and one
/// of whose start windows overlaps that of the run. Whether that one runs in its turn, or gives
/// way to a third, is not asked: the pair alone decides.
const ScheduledRule* gives_way_to(std::span<const ScheduledRule> rules, const ScheduledRule& rule,
                                  Time at, Time active_since) {
    for (const ScheduledRule& other : rules) {
        if (!(rule.retention < other.retention)) continue;
        // The earliest run of the other whose window is still open at `at`.
        const Time after = std::max<Time>(at - other.start_window, active_since);
        const std::optional<Time> rival = other.cron.next_after(after, other.zone);
        if (rival && *rival < at + rule.start_window) return &other;
    }
    return nullptr;
}

/// Counts the runs of one rule that do not start, by reason.
class Tally {
public:
    explicit Tally(RuleId rule) : rule_(std::move(rule)) {}

    void add(NotStarted why, Time at, const ScheduledRule* in_favour_of = nullptr) {
        auto entry = std::ranges::find(entries_, why, &RunsNotStarted::why);
        if (entry == entries_.end()) {
            entries_.push_back({.rule = rule_, .why = why, .first = at});
            entry = entries_.end() - 1;
        }
        ++entry->count;
        entry->last = at;
        if (in_favour_of) entry->in_favour_of = in_favour_of->id;
    }

    const std::vector<RunsNotStarted>& entries() const { return entries_; }

private:
    RuleId rule_;
    std::vector<RunsNotStarted> entries_;
};

void look_at(const ScheduledRule& rule, std::span<const ScheduledRule> rules, Time active_since,
             Time after, Time now, Agenda& agenda) {
    Tally tally(rule.id);
    std::optional<Time> due;
    for (auto at = rule.cron.next_after(after, rule.zone); at && *at <= now;
         at = rule.cron.next_after(*at, rule.zone)) {
        if (const ScheduledRule* longer = gives_way_to(rules, rule, *at, active_since)) {
            tally.add(NotStarted::LongerRetention, *at, longer);
        } else if (*at + rule.start_window <= now) {
            tally.add(NotStarted::WindowOver, *at);
        } else {
            if (due) tally.add(NotStarted::LaterRun, *due);
            due = at;
        }
    }
    if (due)
        agenda.due.push_back({.rule = rule.id, .at = *due, .start_by = *due + rule.start_window});
    agenda.not_started.insert(agenda.not_started.end(), tally.entries().begin(),
                              tally.entries().end());
}

}  // namespace

Agenda look(std::span<const ScheduledRule> rules, const PlanClock& clock, Time now) {
    const Time after = std::max({clock.noticed, clock.active_since, Time(now - kLongestAbsence)});
    Agenda agenda;
    for (const ScheduledRule& rule : rules)
        look_at(rule, rules, clock.active_since, after, now, agenda);
    return agenda;
}

std::optional<Time> next_run(std::span<const ScheduledRule> rules, Time after) {
    std::optional<Time> next;
    for (const ScheduledRule& rule : rules) {
        const std::optional<Time> at = rule.cron.next_after(after, rule.zone);
        if (at && (!next || *at < *next)) next = at;
    }
    return next;
}

std::vector<PlannedRun> preview(std::span<const ScheduledRule> rules, Time active_since, Time from,
                                std::size_t count) {
    // A rule all of whose runs give way must not be followed for ever.
    constexpr int kMaxInstants = 1000;
    count = std::min(count, kMaxRunsPreviewed);
    std::vector<PlannedRun> runs;
    std::optional<Time> at = from;
    for (int i = 0; i < kMaxInstants && runs.size() < count; ++i) {
        const Time before = *at;
        at = next_run(rules, before);
        if (!at) break;
        for (const ScheduledRule& rule : rules) {
            if (runs.size() < count && rule.cron.next_after(before, rule.zone) == at &&
                !gives_way_to(rules, rule, *at, active_since))
                runs.push_back({.at = *at, .rule = rule.id});
        }
    }
    return runs;
}

}  // namespace holdfast::jobs
