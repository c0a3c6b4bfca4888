#include "jobs/time_zone.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <tuple>

namespace holdfast::jobs {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Time at(const char* text) {
    return *base::from_rfc3339(text);
}

/// A local time, written as if it were UTC.
LocalTime shown(const char* text) {
    return LocalTime(std::chrono::floor<std::chrono::seconds>(at(text).time_since_epoch()));
}

std::string instant_of(const char* zone, const char* local) {
    const std::optional<Time> instant = TimeZone::find(zone)->instant(shown(local));
    return instant ? base::to_rfc3339(*instant) : "none";
}

TEST(TimeZone, TurnsInstantsIntoWhatTheClocksShow) {
    const TimeZone berlin = *TimeZone::find("Europe/Berlin");
    EXPECT_EQ(berlin.name(), "Europe/Berlin");
    EXPECT_EQ(berlin.local(at("2026-01-01T12:00:00Z")), shown("2026-01-01T13:00:00Z"));
    EXPECT_EQ(berlin.local(at("2026-07-01T12:00:00Z")), shown("2026-07-01T14:00:00Z"));
    EXPECT_EQ(TimeZone::utc().local(at("2026-07-01T12:00:00Z")), shown("2026-07-01T12:00:00Z"));
    EXPECT_EQ(TimeZone::find("Asia/Kathmandu")->local(at("2026-07-01T12:00:00Z")),
              shown("2026-07-01T17:45:00Z"));
}

TEST(TimeZone, FindsNoInstantForATimeThatAClockChangeSkips) {
    // zone, local, instant
    using Case = std::tuple<const char*, const char*, const char*>;
    const Case cases[] = {
        {"Europe/Berlin", "2026-03-29T01:59:00Z", "2026-03-29T00:59:00Z"},
        {"Europe/Berlin", "2026-03-29T02:00:00Z", "none"},
        {"Europe/Berlin", "2026-03-29T02:59:00Z", "none"},
        {"Europe/Berlin", "2026-03-29T03:00:00Z", "2026-03-29T01:00:00Z"},
        {"Australia/Lord_Howe", "2026-10-04T02:15:00Z", "none"},
        {"Australia/Lord_Howe", "2026-10-04T02:30:00Z", "2026-10-03T15:30:00Z"},
        {"America/Santiago", "2026-09-06T00:30:00Z", "none"},
        {"Pacific/Apia", "2011-12-30T12:00:00Z", "none"},
    };
    for (const auto& [zone, local, instant] : cases)
        EXPECT_EQ(instant_of(zone, local), instant) << zone << " " << local;
}

TEST(TimeZone, TakesTheFirstOfTwoInstants) {
    EXPECT_EQ(instant_of("Europe/Berlin", "2026-10-25T02:30:00Z"), "2026-10-25T00:30:00Z");
    EXPECT_EQ(instant_of("America/New_York", "2026-11-01T01:00:00Z"), "2026-11-01T05:00:00Z");
    EXPECT_EQ(instant_of("Australia/Lord_Howe", "2026-04-05T01:45:00Z"), "2026-04-04T14:45:00Z");
}

TEST(TimeZone, FindsItsWayBackFromEveryInstantThatIsNotARepeatedOne) {
    for (const char* name : {"Etc/UTC", "America/St_Johns", "Africa/Cairo", "Pacific/Chatham"}) {
        const TimeZone zone = *TimeZone::find(name);
        const Time end = at("2027-01-01T00:00:00Z");
        for (Time t = at("2026-01-01T00:00:00Z"); t < end; t += minutes(15)) {
            const std::optional<Time> back = zone.instant(zone.local(t));
            ASSERT_TRUE(back) << name << base::to_rfc3339(t);
            ASSERT_TRUE(*back == t || *back == t - hours(1)) << name << base::to_rfc3339(t);
        }
    }
}

TEST(TimeZone, ChangesClocksAfterTheEndOfTheTablesToo) {
    // zone, instant of a change, minutes east of UTC before and after it
    using Case = std::tuple<const char*, const char*, int, int>;
    // As Python's zoneinfo computes them from the rules that follow the tables.
    const Case cases[] = {
        {"America/New_York", "2038-03-14T07:00:00Z", -300, -240},
        {"America/New_York", "2038-11-07T06:00:00Z", -240, -300},
        {"America/New_York", "2040-03-11T07:00:00Z", -300, -240},
        {"America/New_York", "2040-11-04T06:00:00Z", -240, -300},
        {"America/New_York", "2100-03-14T07:00:00Z", -300, -240},
        {"America/New_York", "2100-11-07T06:00:00Z", -240, -300},
        {"America/New_York", "2199-03-10T07:00:00Z", -300, -240},
        {"America/New_York", "2199-11-03T06:00:00Z", -240, -300},
        {"Australia/Lord_Howe", "2038-04-03T15:00:00Z", 660, 630},
        {"Australia/Lord_Howe", "2038-10-02T15:30:00Z", 630, 660},
        {"Australia/Lord_Howe", "2040-03-31T15:00:00Z", 660, 630},
        {"Australia/Lord_Howe", "2040-10-06T15:30:00Z", 630, 660},
        {"Australia/Lord_Howe", "2100-04-03T15:00:00Z", 660, 630},
        {"Australia/Lord_Howe", "2100-10-02T15:30:00Z", 630, 660},
        {"Australia/Lord_Howe", "2199-04-06T15:00:00Z", 660, 630},
        {"Australia/Lord_Howe", "2199-10-05T15:30:00Z", 630, 660},
        {"Asia/Jerusalem", "2038-03-26T00:00:00Z", 120, 180},
        {"Asia/Jerusalem", "2038-10-30T23:00:00Z", 180, 120},
        {"Asia/Jerusalem", "2040-03-23T00:00:00Z", 120, 180},
        {"Asia/Jerusalem", "2040-10-27T23:00:00Z", 180, 120},
        {"Asia/Jerusalem", "2100-03-26T00:00:00Z", 120, 180},
        {"Asia/Jerusalem", "2100-10-30T23:00:00Z", 180, 120},
        {"Asia/Jerusalem", "2199-03-29T00:00:00Z", 120, 180},
        {"Asia/Jerusalem", "2199-10-26T23:00:00Z", 180, 120},
        {"America/Santiago", "2038-04-04T03:00:00Z", -180, -240},
        {"America/Santiago", "2038-09-05T04:00:00Z", -240, -180},
        {"America/Santiago", "2040-04-08T03:00:00Z", -180, -240},
        {"America/Santiago", "2040-09-02T04:00:00Z", -240, -180},
        {"America/Santiago", "2100-04-04T03:00:00Z", -180, -240},
        {"America/Santiago", "2100-09-05T04:00:00Z", -240, -180},
        {"America/Santiago", "2199-04-07T03:00:00Z", -180, -240},
        {"America/Santiago", "2199-09-08T04:00:00Z", -240, -180},
        {"Europe/Berlin", "2038-03-28T01:00:00Z", 60, 120},
        {"Europe/Berlin", "2038-10-31T01:00:00Z", 120, 60},
        {"Europe/Berlin", "2040-03-25T01:00:00Z", 60, 120},
        {"Europe/Berlin", "2040-10-28T01:00:00Z", 120, 60},
        {"Europe/Berlin", "2100-03-28T01:00:00Z", 60, 120},
        {"Europe/Berlin", "2100-10-31T01:00:00Z", 120, 60},
        {"Europe/Berlin", "2199-03-31T01:00:00Z", 60, 120},
        {"Europe/Berlin", "2199-10-27T01:00:00Z", 120, 60},
        {"Africa/Casablanca", "2038-09-26T02:00:00Z", 60, 0},
        {"Africa/Casablanca", "2038-10-31T02:00:00Z", 0, 60},
        {"Africa/Casablanca", "2040-09-02T02:00:00Z", 60, 0},
        {"Africa/Casablanca", "2040-10-14T02:00:00Z", 0, 60},
        {"America/Nuuk", "2038-03-28T01:00:00Z", -120, -60},
        {"America/Nuuk", "2038-10-31T01:00:00Z", -60, -120},
        {"America/Nuuk", "2040-03-25T01:00:00Z", -120, -60},
        {"America/Nuuk", "2040-10-28T01:00:00Z", -60, -120},
        {"America/Nuuk", "2100-03-28T01:00:00Z", -120, -60},
        {"America/Nuuk", "2100-10-31T01:00:00Z", -60, -120},
        {"America/Nuuk", "2199-03-31T01:00:00Z", -120, -60},
        {"America/Nuuk", "2199-10-27T01:00:00Z", -60, -120},
    };
    for (const auto& [name, when, before, after] : cases) {
        const TimeZone zone = *TimeZone::find(name);
        const auto utc = [](Time t) {
            return std::chrono::floor<std::chrono::seconds>(t.time_since_epoch());
        };
        const Time change = at(when);
        const Time just_before = change - minutes(1);
        EXPECT_EQ(zone.local(change).time_since_epoch() - utc(change), minutes(after))
            << name << " " << when;
        EXPECT_EQ(zone.local(just_before).time_since_epoch() - utc(just_before), minutes(before))
            << name << " " << when;
        // Back from what the clocks show: skipped, or shown twice.
        const LocalTime shown = zone.local(just_before) + minutes(2);
        const std::optional<Time> back = zone.instant(after > before ? shown : zone.local(change));
        EXPECT_EQ(back,
                  after > before ? std::nullopt : std::optional(change - minutes(before - after)))
            << name << " " << when;
    }
}

TEST(TimeZone, RefusesWhatIsNoZone) {
    for (const char* name : {"", "Europe/Atlantis", "localtime", "../../etc/passwd", "right/UTC",
                             "zone.tab", "europe/berlin", "UTC+1"}) {
        const Result<TimeZone> zone = TimeZone::find(name);
        ASSERT_FALSE(zone) << name;
        EXPECT_EQ(zone.error().code, ErrorCode::InvalidArgument);
    }
    EXPECT_EQ(TimeZone::find("Mars/Olympus").error().message,
              "Invalid time zone 'Mars/Olympus': not in the IANA database");
}

}  // namespace
}  // namespace holdfast::jobs
