#include "jobs/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "base/fake_clock.h"

namespace holdfast::jobs {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;

Time at(const char* text) {
    return *base::from_rfc3339(text);
}

struct RuleText {
    const char* id;
    const char* cron;
    std::int64_t delete_after_days = 7;
    minutes start_window = minutes(60);
    const char* zone = "Etc/UTC";
};

ScheduledRule rule(const RuleText& text) {
    return {.id = {text.id},
            .cron = *Cron::parse(text.cron),
            .zone = *TimeZone::find(text.zone),
            .start_window = text.start_window,
            .retention = Retention::of(Lifecycle{.delete_after_days = text.delete_after_days})};
}

std::vector<ScheduledRule> rules(std::initializer_list<RuleText> texts) {
    std::vector<ScheduledRule> made;
    for (const RuleText& text : texts) made.push_back(rule(text));
    return made;
}

PlanClock noticed(const char* when) {
    return {.active_since = at("2025-01-01T00:00:00Z"), .noticed = at(when)};
}

DueRun run(const char* id, const char* when, minutes window = minutes(60)) {
    return {.rule = {id}, .at = at(when), .start_by = at(when) + window};
}

/// Runs that do not start, as "rule reason count first last".
std::vector<std::string> not_started(const Agenda& agenda) {
    constexpr const char* kReasons[] = {"window", "later", "longer"};
    std::vector<std::string> lines;
    for (const RunsNotStarted& runs : agenda.not_started) {
        lines.push_back(fmt::format("{} {} {} {} {}", runs.rule.text,
                                    kReasons[static_cast<int>(runs.why)], runs.count,
                                    base::to_rfc3339(runs.first), base::to_rfc3339(runs.last)));
    }
    return lines;
}

TEST(Schedule, StartsARunOnceItsTimeHasCome) {
    const auto daily = rules({{.id = "daily", .cron = "cron(0 5 ? * * *)"}});
    EXPECT_THAT(look(daily, noticed("2026-01-01T05:00:00Z"), at("2026-01-02T04:59:59Z")).due,
                IsEmpty());
    EXPECT_THAT(look(daily, noticed("2026-01-01T05:00:00Z"), at("2026-01-02T05:00:00Z")).due,
                ElementsAre(run("daily", "2026-01-02T05:00:00Z")));
    EXPECT_THAT(look(daily, noticed("2026-01-02T05:00:00Z"), at("2026-01-02T05:30:00Z")).due,
                IsEmpty());
}

TEST(Schedule, StartsALateRunWhileItsWindowIsOpen) {
    const auto daily = rules({{.id = "daily", .cron = "cron(0 5 ? * * *)"}});
    const Agenda open = look(daily, noticed("2026-01-01T12:00:00Z"), at("2026-01-02T05:59:59Z"));
    EXPECT_THAT(open.due, ElementsAre(run("daily", "2026-01-02T05:00:00Z")));
    const Agenda over = look(daily, noticed("2026-01-01T12:00:00Z"), at("2026-01-02T06:00:00Z"));
    EXPECT_THAT(over.due, IsEmpty());
    EXPECT_THAT(not_started(over),
                ElementsAre("daily window 1 2026-01-02T05:00:00Z 2026-01-02T05:00:00Z"));
}

TEST(Schedule, StartsOneRunOfARuleForSeveralThatAreDue) {
    const auto hourly =
        rules({{.id = "h", .cron = "cron(0 * ? * * *)", .start_window = minutes(180)}});
    const Agenda agenda = look(hourly, noticed("2026-01-01T00:00:00Z"), at("2026-01-01T10:30:00Z"));
    EXPECT_THAT(agenda.due, ElementsAre(run("h", "2026-01-01T10:00:00Z", minutes(180))));
    EXPECT_THAT(not_started(agenda),
                ElementsAre("h window 7 2026-01-01T01:00:00Z 2026-01-01T07:00:00Z",
                            "h later 2 2026-01-01T08:00:00Z 2026-01-01T09:00:00Z"));
}

TEST(Schedule, LooksAtNothingBeforeThePlanWasMade) {
    const auto daily = rules({{.id = "daily", .cron = "cron(0 5 ? * * *)"}});
    const Time made = at("2026-01-02T05:00:00Z");
    EXPECT_THAT(look(daily, {.active_since = made, .noticed = {}}, made + minutes(10)).due,
                IsEmpty());
    EXPECT_THAT(look(daily, {.active_since = made - minutes(1), .noticed = {}}, made).due,
                ElementsAre(run("daily", "2026-01-02T05:00:00Z")));
}

TEST(Schedule, IsEmptyWhenTheClockWentBack) {
    const auto daily = rules({{.id = "daily", .cron = "cron(0 5 ? * * *)"}});
    const Agenda agenda = look(daily, noticed("2026-06-01T00:00:00Z"), at("2026-01-01T00:00:00Z"));
    EXPECT_THAT(agenda.due, IsEmpty());
    EXPECT_THAT(agenda.not_started, IsEmpty());
}

TEST(Schedule, GivesWayToARuleThatKeepsItsPointsLonger) {
    const auto plan =
        rules({{.id = "daily", .cron = "cron(0 5 ? * * *)", .delete_after_days = 7},
               {.id = "weekly", .cron = "cron(30 5 ? * SUN *)", .delete_after_days = 35}});
    // Saturday, then Sunday: half an hour later the weekly rule runs, within the daily one's
    // window.
    EXPECT_THAT(look(plan, noticed("2026-01-03T04:00:00Z"), at("2026-01-03T05:00:00Z")).due,
                ElementsAre(run("daily", "2026-01-03T05:00:00Z")));
    const Agenda sunday = look(plan, noticed("2026-01-04T04:00:00Z"), at("2026-01-04T05:30:00Z"));
    EXPECT_THAT(sunday.due, ElementsAre(run("weekly", "2026-01-04T05:30:00Z")));
    ASSERT_THAT(not_started(sunday),
                ElementsAre("daily longer 1 2026-01-04T05:00:00Z 2026-01-04T05:00:00Z"));
    EXPECT_EQ(sunday.not_started[0].in_favour_of, RuleId{"weekly"});
}

TEST(Schedule, ComparesWholeStartWindows) {
    // other, other window, gives way
    using Case = std::tuple<const char*, minutes, bool>;
    // A run at 05:00 with an hour; the other's window ends where that begins, or begins at its end.
    const Case cases[] = {
        {"cron(0 4 ? * * *)", minutes(60), false},   {"cron(0 4 ? * * *)", minutes(61), true},
        {"cron(0 5 ? * * *)", minutes(60), true},    {"cron(59 5 ? * * *)", minutes(60), true},
        {"cron(0 6 ? * * *)", minutes(60), false},   {"cron(0 22 ? * * *)", minutes(480), true},
        {"cron(0 21 ? * * *)", minutes(480), false},
    };
    for (const auto& [other, other_window, gives_way] : cases) {
        const auto plan = rules(
            {{.id = "short", .cron = "cron(0 5 ? * * *)"},
             {.id = "long", .cron = other, .delete_after_days = 8, .start_window = other_window}});
        const Agenda agenda =
            look(plan, noticed("2026-01-03T04:59:00Z"), at("2026-01-03T05:00:00Z"));
        const bool started = std::ranges::any_of(
            agenda.due, [](const DueRun& r) { return r.rule == RuleId{"short"}; });
        EXPECT_EQ(started, !gives_way) << other;
    }
}

TEST(Schedule, RunsBothWhenTheyKeepTheirPointsEquallyLong) {
    const auto plan = rules({{.id = "a", .cron = "cron(0 5 ? * * *)", .delete_after_days = -1},
                             {.id = "b", .cron = "cron(0 5 ? * * *)", .delete_after_days = -1}});
    EXPECT_EQ(look(plan, noticed("2026-01-03T04:59:00Z"), at("2026-01-03T05:00:00Z")).due.size(),
              2u);
}

TEST(Schedule, DoesNotGiveWayToARunThatWasBeforeThePlan) {
    const auto plan = rules({{.id = "hourly", .cron = "cron(0 * ? * * *)"},
                             {.id = "daily",
                              .cron = "cron(0 5 ? * * *)",
                              .delete_after_days = 35,
                              .start_window = minutes(480)}});
    const Time made = at("2026-01-01T06:30:00Z");
    const PlanClock clock = {.active_since = made, .noticed = made};
    EXPECT_THAT(look(plan, clock, at("2026-01-01T07:00:00Z")).due,
                ElementsAre(run("hourly", "2026-01-01T07:00:00Z")));
    EXPECT_THAT(look(plan, noticed("2026-01-01T06:30:00Z"), at("2026-01-01T07:00:00Z")).due,
                IsEmpty());
}

TEST(Schedule, PreviewsTheNextRunsInOrder) {
    const auto plan =
        rules({{.id = "daily", .cron = "cron(0 5 ? * * *)"},
               {.id = "weekly", .cron = "cron(0 5 ? * SUN *)", .delete_after_days = 35},
               {.id = "noon", .cron = "cron(0 12 ? * SAT *)", .zone = "Asia/Tokyo"}});
    const Time from = at("2026-01-02T12:00:00Z");  // a Friday
    const auto text = [](const std::vector<PlannedRun>& runs) {
        std::vector<std::string> lines;
        for (const PlannedRun& planned : runs)
            lines.push_back(base::to_rfc3339(planned.at) + " " + planned.rule.text);
        return lines;
    };
    EXPECT_THAT(text(preview(plan, from, from, 5)),
                ElementsAre("2026-01-03T03:00:00Z noon", "2026-01-03T05:00:00Z daily",
                            "2026-01-04T05:00:00Z weekly", "2026-01-05T05:00:00Z daily",
                            "2026-01-06T05:00:00Z daily"));
    EXPECT_THAT(preview(plan, from, from, 0), IsEmpty());
    EXPECT_EQ(preview(plan, from, from, 1000).size(), kMaxRunsPreviewed);
    EXPECT_THAT(preview({}, from, from, 5), IsEmpty());
    const auto over = rules({{.id = "past", .cron = "cron(0 5 1 1 ? 2020)"}});
    EXPECT_THAT(preview(over, from, from, 5), IsEmpty());
    EXPECT_FALSE(next_run(over, from));
}

TEST(Schedule, DoesNotFollowForEverWhatAlwaysGivesWay) {
    const auto plan = rules({{.id = "a", .cron = "cron(0 * ? * * *)", .delete_after_days = 1},
                             {.id = "b",
                              .cron = "cron(30 5 ? * * *)",
                              .delete_after_days = 2,
                              .start_window = minutes(60 * 24)}});
    const Time from = at("2026-01-02T12:00:00Z");
    for (const PlannedRun& planned : preview(plan, from - days(9), from, 10))
        EXPECT_EQ(planned.rule, RuleId{"b"});
}

TEST(Schedule, ForgetsAnAbsenceLongerThanItsBound) {
    const auto hourly = rules({{.id = "h", .cron = "cron(0 * ? * * *)"}});
    const Time now = at("2099-01-01T00:00:00Z");
    const Agenda agenda = look(hourly, noticed("2026-01-01T00:00:00Z"), now);
    EXPECT_EQ(agenda.due.size(), 1u);
    ASSERT_EQ(agenda.not_started.size(), 1u);
    EXPECT_GE(agenda.not_started[0].first, now - kLongestAbsence);
    EXPECT_EQ(agenda.not_started[0].count, 400u * 24 - 1);
}

/// A scheduler that looks whenever the next run comes, as the server's does.
class Year {
public:
    Year(std::vector<ScheduledRule> plan, Time begin)
        : plan_(std::move(plan)), clock_(begin), times_{.active_since = begin, .noticed = begin} {}

    void run_until(Time end) {
        while (const std::optional<Time> at = next_run(plan_, clock_.now())) {
            if (*at > end) break;
            clock_.advance(*at - clock_.now());
            take(look(plan_, times_, clock_.now()));
        }
        clock_.advance(end - clock_.now());
    }

    /// Nobody looks for a while.
    void be_away(base::Millis duration) {
        clock_.advance(duration);
        take(look(plan_, times_, clock_.now()));
    }

    std::uint64_t started(const char* id) { return started_[id]; }
    std::uint64_t not_started(const char* id, NotStarted why) { return not_started_[{id, why}]; }

private:
    void take(const Agenda& agenda) {
        for (const DueRun& run : agenda.due) {
            ASSERT_LE(run.at, clock_.now());
            ASSERT_GT(run.start_by, clock_.now());
            ++started_[run.rule.text];
        }
        for (const RunsNotStarted& runs : agenda.not_started)
            not_started_[{runs.rule.text, runs.why}] += runs.count;
        times_.noticed = clock_.now();
    }

    std::vector<ScheduledRule> plan_;
    base::FakeClock clock_;
    PlanClock times_;
    std::map<std::string, std::uint64_t> started_;
    std::map<std::pair<std::string, NotStarted>, std::uint64_t> not_started_;
};

TEST(Schedule, AccountsForEveryRunOfAYear) {
    constexpr const char* kZone = "Europe/Berlin";
    Year year(
        rules(
            {{.id = "hourly", .cron = "cron(15 * ? * * *)", .delete_after_days = 2, .zone = kZone},
             {.id = "nightly",
              .cron = "cron(30 2 ? * * *)",
              .delete_after_days = 14,
              .zone = kZone},
             {.id = "monthly",
              .cron = "cron(30 2 1 * ? *)",
              .delete_after_days = 400,
              .zone = kZone}}),
        at("2025-12-31T23:00:00Z"));  // midnight in Berlin
    year.run_until(at("2026-12-31T23:00:00Z"));
    // The clocks skip 02:15 and 02:30 on March 29; what October 25 shows twice runs once.
    const std::uint64_t hours_shown = 365 * 24 - 1;
    EXPECT_EQ(year.started("nightly"), 365u - 1 - 12);
    EXPECT_EQ(year.not_started("nightly", NotStarted::LongerRetention), 12u);
    EXPECT_EQ(year.started("monthly"), 12u);
    // The hourly runs of 02:15 and 03:15 give way; on March 29 there is nothing to give way to, and
    // on October 25 an hour more lies between 02:30 and 03:15.
    EXPECT_EQ(year.started("hourly") + year.not_started("hourly", NotStarted::LongerRetention),
              hours_shown);
    EXPECT_EQ(year.not_started("hourly", NotStarted::LongerRetention), 2u * 364 - 1);
    EXPECT_EQ(year.not_started("hourly", NotStarted::WindowOver), 0u);
    EXPECT_EQ(year.not_started("hourly", NotStarted::LaterRun), 0u);
}

TEST(Schedule, ReportsWhatAYearWithAbsencesMissed) {
    Year year(rules({{.id = "hourly", .cron = "cron(15 * ? * * *)"}}), at("2026-01-01T00:00:00Z"));
    year.run_until(at("2026-04-10T00:00:00Z"));
    year.be_away(days(3));
    year.run_until(at("2026-07-01T00:00:00Z"));
    year.be_away(minutes(90));  // until 01:30: the run of 01:15 is late, that of 00:15 missed
    year.run_until(at("2027-01-01T00:00:00Z"));
    EXPECT_EQ(year.not_started("hourly", NotStarted::WindowOver), 71u + 1);
    EXPECT_EQ(year.started("hourly"), 365u * 24 - 72);
}

TEST(Schedule, LosesAndRepeatsNoRunHoweverItIsLookedAt) {
    const auto plan = rules({{.id = "a",
                              .cron = "cron(7 */3 ? * * *)",
                              .delete_after_days = 1,
                              .start_window = minutes(200),
                              .zone = "America/New_York"},
                             {.id = "b",
                              .cron = "cron(30 1 ? * MON,THU *)",
                              .delete_after_days = 9,
                              .zone = "Australia/Lord_Howe"}});
    EXPECT_TRUE(rc::check([&] {
        const Time begin = at("2026-01-01T00:00:00Z") + minutes(*rc::gen::inRange(0, 500'000));
        PlanClock clock = {.active_since = begin, .noticed = begin};
        std::map<std::string, std::uint64_t> counted;
        Time now = begin;
        for (const int step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 3000))) {
            now += minutes(step);
            const Agenda agenda = look(plan, clock, now);
            for (const DueRun& due : agenda.due) ++counted[due.rule.text];
            for (const RunsNotStarted& runs : agenda.not_started) {
                RC_ASSERT(runs.first > clock.noticed && runs.last <= now);
                counted[runs.rule.text] += runs.count;
            }
            clock.noticed = now;
        }
        for (const ScheduledRule& r : plan) {
            std::uint64_t expected = 0;
            for (auto t = r.cron.next_after(begin, r.zone); t && *t <= now;
                 t = r.cron.next_after(*t, r.zone))
                ++expected;
            RC_ASSERT(counted[r.id.text] == expected);
        }
    }));
}

}  // namespace
}  // namespace holdfast::jobs
