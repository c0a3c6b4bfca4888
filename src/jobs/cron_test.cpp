#include "jobs/cron.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <chrono>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/clock.h"

namespace holdfast::jobs {
namespace {

namespace chrono = std::chrono;
using chrono::days;
using chrono::hours;
using chrono::minutes;

Time at(const char* text) {
    return *base::from_rfc3339(text);
}

std::string next(const char* expression, const char* after, const char* zone = "Etc/UTC") {
    const auto found = Cron::parse(expression)->next_after(at(after), *TimeZone::find(zone));
    return found ? base::to_rfc3339(*found) : "none";
}

/// What a calendar and a clock show, for predicates that know nothing of cron.
struct Shown {
    explicit Shown(LocalTime local) {
        const auto today = chrono::floor<days>(local);
        const chrono::year_month_day date(today);
        year = static_cast<int>(date.year());
        month = static_cast<int>(static_cast<unsigned>(date.month()));
        day = static_cast<int>(static_cast<unsigned>(date.day()));
        last = static_cast<int>(
            static_cast<unsigned>((date.year() / date.month() / chrono::last).day()));
        weekday = static_cast<int>(chrono::weekday(today).c_encoding()) + 1;
        hour = static_cast<int>((local - today) / hours(1));
        minute = static_cast<int>((local - today) % hours(1) / minutes(1));
    }

    bool is_working_day() const { return weekday != 1 && weekday != 7; }
    /// The weekday `distance` days from here.
    int weekday_in(int distance) const { return (weekday - 1 + distance + 35) % 7 + 1; }

    int year, month, day, last, weekday, hour, minute;
};

/// An expression, and when it holds.
using Described = std::pair<const char*, bool (*)(const Shown&)>;

bool is_nearest_weekday_to_15(const Shown& s) {
    return s.is_working_day() &&
           (s.day == 15 || (s.day == 14 && s.weekday == 6) || (s.day == 16 && s.weekday == 2));
}

bool is_nearest_weekday_to_1(const Shown& s) {
    return s.is_working_day() &&
           (s.day == 1 || (s.day == 2 && s.weekday == 2) || (s.day == 3 && s.weekday == 2));
}

bool is_last_working_day(const Shown& s) {
    if (!s.is_working_day()) return false;
    for (int later = 1; s.day + later <= s.last; ++later) {
        const int weekday = s.weekday_in(later);
        if (weekday != 1 && weekday != 7) return false;
    }
    return true;
}

const Described kDescribed[] = {
    {"cron(0 5 ? * * *)", [](const Shown& s) { return s.hour == 5 && s.minute == 0; }},
    {"cron(15 * ? * * *)", [](const Shown& s) { return s.minute == 15; }},
    {"cron(0 12 * * ? *)", [](const Shown& s) { return s.hour == 12 && s.minute == 0; }},
    {"cron(30 2 ? * * *)", [](const Shown& s) { return s.hour == 2 && s.minute == 30; }},
    {"cron(45 1 * * ? *)", [](const Shown& s) { return s.hour == 1 && s.minute == 45; }},
    {"cron(0 0 * * ? *)", [](const Shown& s) { return s.hour == 0 && s.minute == 0; }},
    {"cron(30 23 * * ? *)", [](const Shown& s) { return s.hour == 23 && s.minute == 30; }},
    {"cron(* * * * ? *)", [](const Shown&) { return true; }},
    {"cron(*/7 0-3 * * ? *)", [](const Shown& s) { return s.hour <= 3 && s.minute % 7 == 0; }},
    {"cron(5/20 8/6 * * ? *)",
     [](const Shown& s) {
         return (s.hour == 8 || s.hour == 14 || s.hour == 20) && s.minute % 20 == 5;
     }},
    {"cron(0 13/12 ? * * *)", [](const Shown& s) { return s.hour == 13 && s.minute == 0; }},
    {"cron(0 18 ? * MON-FRI *)",
     [](const Shown& s) { return s.hour == 18 && s.minute == 0 && s.is_working_day(); }},
    {"cron(0 8 1 * ? *)",
     [](const Shown& s) { return s.hour == 8 && s.minute == 0 && s.day == 1; }},
    {"cron(0 2 ? apr,OCT sun *)",
     [](const Shown& s) {
         return s.hour == 2 && s.minute == 0 && s.weekday == 1 && (s.month == 4 || s.month == 10);
     }},
    {"cron(0 4 L * ? *)",
     [](const Shown& s) { return s.hour == 4 && s.minute == 0 && s.day == s.last; }},
    {"cron(0 4 LW * ? *)",
     [](const Shown& s) { return s.hour == 4 && s.minute == 0 && is_last_working_day(s); }},
    {"cron(0 4 15W * ? *)",
     [](const Shown& s) { return s.hour == 4 && s.minute == 0 && is_nearest_weekday_to_15(s); }},
    {"cron(0 4 1W * ? *)",
     [](const Shown& s) { return s.hour == 4 && s.minute == 0 && is_nearest_weekday_to_1(s); }},
    {"cron(0 4 ? * 6L *)",
     [](const Shown& s) {
         return s.hour == 4 && s.minute == 0 && s.weekday == 6 && s.day + 7 > s.last;
     }},
    {"cron(0 4 ? * L *)",
     [](const Shown& s) { return s.hour == 4 && s.minute == 0 && s.weekday == 7; }},
    {"cron(0 4 ? * 3#2 *)",
     [](const Shown& s) {
         return s.hour == 4 && s.minute == 0 && s.weekday == 3 && s.day > 7 && s.day <= 14;
     }},
    {"cron(0 4 ? * TUE#5 *)",
     [](const Shown& s) { return s.hour == 4 && s.minute == 0 && s.weekday == 3 && s.day > 28; }},
    {"cron(0 4 1,10-12,L 2-10/4 ? 2026,2030-2199/2)",
     [](const Shown& s) {
         return s.hour == 4 && s.minute == 0 &&
                (s.day == 1 || s.day == s.last || (s.day >= 10 && s.day <= 12)) &&
                (s.month == 2 || s.month == 6 || s.month == 10) &&
                (s.year == 2026 || (s.year >= 2030 && s.year % 2 == 0));
     }},
};

/// Every run of `cron` after `begin`, up to `end`, as next_after finds them.
std::vector<Time> runs_of(const Cron& cron, const TimeZone& zone, Time begin, Time end) {
    std::vector<Time> runs;
    for (auto t = cron.next_after(begin, zone); t && *t <= end; t = cron.next_after(*t, zone))
        runs.push_back(*t);
    return runs;
}

using ShownMinutes = std::vector<std::pair<Time, Shown>>;

/// Minute by minute what the clocks show after `begin`, up to `end`, each for the first time: a
/// time is shown for the second time when a later one was before.
ShownMinutes minutes_shown(const TimeZone& zone, Time begin, Time end) {
    ShownMinutes shown;
    LocalTime latest = zone.local(begin);
    for (Time t = begin + minutes(1); t <= end; t += minutes(1)) {
        const LocalTime local = zone.local(t);
        if (local <= latest) continue;
        latest = local;
        shown.emplace_back(t, Shown(local));
    }
    return shown;
}

void expect_runs_when_shown(const TimeZone& zone, Time begin, Time end) {
    const ShownMinutes all_shown = minutes_shown(zone, begin, end);
    for (const auto& [expression, holds] : kDescribed) {
        std::vector<Time> expected;
        for (const auto& [t, shown] : all_shown)
            if (holds(shown)) expected.push_back(t);
        const std::vector<Time> runs = runs_of(*Cron::parse(expression), zone, begin, end);
        ASSERT_EQ(runs.size(), expected.size()) << expression << " " << zone.name();
        ASSERT_TRUE(runs == expected) << expression << " " << zone.name();
    }
}

TEST(Cron, RunsWheneverTheClocksShowANamedMinuteForTheFirstTime) {
    for (const char* name : {"Etc/UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
                             "America/Santiago", "Africa/Cairo", "Pacific/Chatham"}) {
        const TimeZone zone = *TimeZone::find(name);
        expect_runs_when_shown(zone, at("2026-03-01T00:00:00Z"), at("2026-05-10T00:00:00Z"));
        expect_runs_when_shown(zone, at("2026-08-25T00:00:00Z"), at("2026-11-10T00:00:00Z"));
    }
}

TEST(Cron, KnowsTheDaysOfFortyYears) {
    for (const auto& [expression, holds] : kDescribed) {
        const Cron cron = *Cron::parse(expression);
        const LocalTime end(chrono::local_days(chrono::year(2066) / 1 / 1));
        // The hours at which any of them runs, and one at which none does.
        for (LocalTime day(chrono::local_days(chrono::year(2026) / 1 / 1)); day < end;
             day += days(1)) {
            for (const minutes time : {minutes(0), minutes(4 * 60), minutes(18 * 60 + 1)}) {
                const LocalTime local = day + time;
                ASSERT_EQ(cron.names(local), holds(Shown(local)))
                    << expression << " " << (local.time_since_epoch().count() / 86400);
            }
        }
    }
}

TEST(Cron, FindsTheNextInstant) {
    // expression, after, zone, found
    using Case = std::tuple<const char*, const char*, const char*, const char*>;
    const Case cases[] = {
        {"cron(0 5 ? * * *)", "2026-11-21T05:00:00Z", "Etc/UTC", "2026-11-22T05:00:00Z"},
        {"cron(0 5 ? * * *)", "2026-11-21T04:59:59.999Z", "Etc/UTC", "2026-11-21T05:00:00Z"},
        {"cron(0 5 ? * * *)", "2026-11-21T05:00:00.001Z", "Etc/UTC", "2026-11-22T05:00:00Z"},
        {"cron(0 0 29 2 ? *)", "2026-01-01T00:00:00Z", "Etc/UTC", "2028-02-29T00:00:00Z"},
        {"cron(0 0 29 2 ? *)", "2096-03-01T00:00:00Z", "Etc/UTC", "2104-02-29T00:00:00Z"},
        {"cron(0 0 31 2 ? *)", "2026-01-01T00:00:00Z", "Etc/UTC", "none"},
        {"cron(0 0 1 1 ? 2025)", "2026-01-01T00:00:00Z", "Etc/UTC", "none"},
        {"cron(59 23 31 12 ? 2199)", "1970-01-01T00:00:00Z", "Etc/UTC", "2199-12-31T23:59:00Z"},
        {"cron(59 23 31 12 ? 2199)", "2199-12-31T23:59:00Z", "Etc/UTC", "none"},
        {"cron(0 0 1 1 ? *)", "1900-01-01T00:00:00Z", "Etc/UTC", "1970-01-01T00:00:00Z"},
        {"cron(0 0 1 1 ? *)", "9999-12-31T00:00:00Z", "Etc/UTC", "none"},
        // Skipped by the clocks: the run is left out.
        {"cron(30 2 ? * * *)", "2026-03-28T12:00:00Z", "Europe/Berlin", "2026-03-30T00:30:00Z"},
        {"cron(30 0 ? * * *)", "2026-09-05T12:00:00Z", "America/Santiago", "2026-09-07T03:30:00Z"},
        {"cron(15 2 ? * * *)", "2026-10-03T00:00:00Z", "Australia/Lord_Howe",
         "2026-10-04T15:15:00Z"},
        {"cron(0 12 30 12 ? 2011)", "2011-12-01T00:00:00Z", "Pacific/Apia", "none"},
        // Shown twice: the first counts, the second does not.
        {"cron(30 2 ? * * *)", "2026-10-24T12:00:00Z", "Europe/Berlin", "2026-10-25T00:30:00Z"},
        {"cron(30 2 ? * * *)", "2026-10-25T00:30:00Z", "Europe/Berlin", "2026-10-26T01:30:00Z"},
        {"cron(45 1 ? * * *)", "2026-04-04T14:50:00Z", "Australia/Lord_Howe",
         "2026-04-05T15:15:00Z"},
    };
    for (const auto& [expression, after, zone, found] : cases)
        EXPECT_EQ(next(expression, after, zone), found) << expression << " " << after;
}

TEST(Cron, SaysInOneSentenceWhatIsWrong) {
    // expression, why
    using Case = std::tuple<const char*, const char*>;
    const Case cases[] = {
        {"", "it must be of the form cron(fields)"},
        {"rate(1 day)", "it must be of the form cron(fields)"},
        {"cron(0 5 ? * * *", "it must be of the form cron(fields)"},
        {"0 5 ? * * *", "it must be of the form cron(fields)"},
        {"cron()",
         "it has 0 fields, and takes six: minutes hours day-of-month month day-of-week year"},
        {"cron(0 5 * * *)",
         "it has 5 fields, and takes six: minutes hours day-of-month month day-of-week year"},
        {"cron(0 5 * * * *)", "exactly one of day-of-month and day-of-week must be '?'"},
        {"cron(0 5 ? * ? *)", "exactly one of day-of-month and day-of-week must be '?'"},
        {"cron(0 5 1 * MON *)", "exactly one of day-of-month and day-of-week must be '?'"},
        {"cron(60 5 ? * * *)", "the minutes field has 60, and takes 0 to 59"},
        {"cron(0 24 ? * * *)", "the hours field has 24, and takes 0 to 23"},
        {"cron(0 0 0 * ? *)", "the day-of-month field has 0, and takes 1 to 31"},
        {"cron(0 0 32W * ? *)", "the day-of-month field has 32, and takes 1 to 31"},
        {"cron(0 0 1 13 ? *)", "the month field has 13, and takes 1 to 12"},
        {"cron(0 0 ? * 0 *)", "the day-of-week field has 0, and takes 1 to 7"},
        {"cron(0 0 ? * 8 *)", "the day-of-week field has 8, and takes 1 to 7"},
        {"cron(0 0 ? * * 1969)", "the year field has 1969, and takes 1970 to 2199"},
        {"cron(0 0 ? * * 2200)", "the year field has 2200, and takes 1970 to 2199"},
        {"cron(? 0 ? * * *)", "the minutes field has '?' where a number is expected"},
        {"cron(a 0 ? * * *)", "the minutes field has 'a' where a number is expected"},
        {"cron(1,,2 0 ? * * *)", "the minutes field has '' where a number is expected"},
        {"cron(-1 0 ? * * *)", "the minutes field has '' where a number is expected"},
        {"cron(1-2-3 0 ? * * *)", "the minutes field has '2-3' where a number is expected"},
        {"cron(99999999999 0 ? * * *)",
         "the minutes field has '99999999999' where a number is expected"},
        {"cron(30-10 0 ? * * *)", "the range '30-10' in the minutes field runs backwards"},
        {"cron(0 0 ? * FRI-MON *)", "the range 'FRI-MON' in the day-of-week field runs backwards"},
        {"cron(0/0 0 ? * * *)", "the step in the minutes field must be from 1 to 60"},
        {"cron(0/61 0 ? * * *)", "the step in the minutes field must be from 1 to 60"},
        {"cron(0 0/25 ? * * *)", "the step in the hours field must be from 1 to 24"},
        {"cron(0/ 0 ? * * *)", "the minutes field has '' where a number is expected"},
        {"cron(0 0 W * ? *)", "the day-of-month field has 'W' where a number is expected"},
        {"cron(0 0 L-3 * ? *)", "the day-of-month field has 'L' where a number is expected"},
        {"cron(0 0 ? * 3#0 *)", "'#' in the day-of-week field takes a number from 1 to 5"},
        {"cron(0 0 ? * 3#6 *)", "'#' in the day-of-week field takes a number from 1 to 5"},
        {"cron(0 0 ? * 3#1,5#3 *)",
         "the day-of-week field may hold one day with '#' and nothing else"},
        {"cron(0 0 ? JANUARY * *)", "the month field has 'JANUARY' where a number is expected"},
        {"cron(JAN 0 ? * * *)", "the minutes field has 'JAN' where a number is expected"},
    };
    for (const auto& [expression, why] : cases) {
        const Result<Cron> cron = Cron::parse(expression);
        ASSERT_FALSE(cron) << expression;
        EXPECT_EQ(cron.error().code, ErrorCode::InvalidArgument);
        EXPECT_EQ(cron.error().message,
                  fmt::format("Invalid schedule expression '{}': {}", expression, why));
    }
}

TEST(Cron, RefusesAnExpressionWithoutEnd) {
    const Result<Cron> cron = Cron::parse("cron(" + std::string(1'000'000, '0') + " 0 ? * * *)");
    ASSERT_FALSE(cron);
    EXPECT_LT(cron.error().message.size(), 2000u);
}

TEST(Cron, TellsWhichSchedulesComeMoreOftenThanHourly) {
    for (const char* often : {"cron(0,30 5 ? * * *)", "cron(*/59 * ? * * *)", "cron(* * ? * * *)",
                              "cron(0-1 0 1 1 ? 2030)"})
        EXPECT_TRUE(Cron::parse(often)->more_often_than_hourly()) << often;
    for (const char* hourly : {"cron(15 * ? * * *)", "cron(0 0/1 * * ? *)", "cron(59,59 * ? * * *)",
                               "cron(0/60 * ? * * *)"})
        EXPECT_FALSE(Cron::parse(hourly)->more_often_than_hourly()) << hourly;
}

TEST(Cron, KeepsTheTextAsItWasGiven) {
    EXPECT_EQ(Cron::parse("cron(0  5 ?\t* mon *)")->text(), "cron(0  5 ?\t* mon *)");
}

std::string list_of(const std::set<int>& values) {
    return fmt::format("{}", fmt::join(values, ","));
}

/// A set drawn with repetitions: a container of different values is hard to fill from a small
/// range.
rc::Gen<std::set<int>> some_of(int min, int max) {
    return rc::gen::map(
        rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(min, max + 1))),
        [](const std::vector<int>& values) { return std::set<int>(values.begin(), values.end()); });
}

TEST(Cron, NamesExactlyWhatItsListsHold) {
    EXPECT_TRUE(rc::check([] {
        const auto minute = *some_of(0, 59);
        const auto hour = *some_of(0, 23);
        const auto month = *some_of(1, 12);
        const bool by_date = *rc::gen::arbitrary<bool>();
        const auto day = by_date ? *some_of(1, 31) : *some_of(1, 7);
        const std::string text =
            fmt::format("cron({} {} {} {} {} *)", list_of(minute), list_of(hour),
                        by_date ? list_of(day) : "?", list_of(month), by_date ? "?" : list_of(day));
        const Result<Cron> cron = Cron::parse(text);
        RC_ASSERT(bool(cron));
        // From a random instant on, the next run is the first named minute.
        const Time after{minutes(*rc::gen::inRange(0, 100 * 365 * 24 * 60))};
        const auto named = [&](Time t) {
            const Shown s(TimeZone::utc().local(t));
            return minute.contains(s.minute) && hour.contains(s.hour) && month.contains(s.month) &&
                   day.contains(by_date ? s.day : s.weekday);
        };
        const std::optional<Time> found = cron->next_after(after, TimeZone::utc());
        if (!found) {
            RC_ASSERT(by_date && *day.begin() > 28);  // such as February 30
            return;
        }
        RC_ASSERT(*found > after && named(*found));
        constexpr int kLookedBack = 3000;
        Time t = *found - minutes(1);
        for (int i = 0; i < kLookedBack && t > after; ++i, t -= minutes(1)) RC_ASSERT(!named(t));
    }));
}

}  // namespace
}  // namespace holdfast::jobs
