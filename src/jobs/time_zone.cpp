#include "jobs/time_zone.h"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <exception>

namespace holdfast::jobs {
namespace {

using std::chrono::days;

constexpr std::array<std::string_view, 4> kNamesOfUtc = {"Etc/UTC", "UTC", "Etc/UCT", "Zulu"};
/// A file beside the zones that says which of them the machine is in.
constexpr std::string_view kMachineZone = "localtime";

constexpr std::chrono::year kFirstRuleYear{2027};
constexpr std::chrono::year kLastTableYear{2037};

/// Whether an offset is the last one of a zone only because the tables end.
bool is_end_of_table(const date::sys_info& info) {
    const std::chrono::year_month_day begin(std::chrono::floor<days>(info.begin));
    const std::chrono::year_month_day end(std::chrono::floor<days>(info.end));
    return begin.year() == kLastTableYear && end.year() > kLastTableYear + std::chrono::years(100);
}

/// How many days before `day` the tables have a day of the same date and weekday. Rules of clock
/// changes ask for no more, and January and February are without changes wherever the tables end.
days back_to_tables(days day) {
    const std::chrono::year_month_day date{std::chrono::sys_days(day)};
    if (date.year() <= kLastTableYear) return days(0);
    // A leap day shifts what comes after it.
    const auto anchor =
        date.month() < std::chrono::March ? std::chrono::January : std::chrono::March;
    const std::chrono::sys_days there(date.year() / anchor / 1);
    for (std::chrono::year year = kFirstRuleYear; year <= kLastTableYear; ++year) {
        const std::chrono::sys_days here(year / anchor / 1);
        if (std::chrono::weekday(here) == std::chrono::weekday(there)) return there - here;
    }
    return days(0);  // never: those years begin, and go on after February, on every weekday
}

date::sys_info info_at(const date::time_zone& zone, date::sys_seconds utc) {
    const date::sys_info info = zone.get_info(utc);
    if (!is_end_of_table(info)) return info;
    return zone.get_info(utc - back_to_tables(std::chrono::floor<days>(utc.time_since_epoch())));
}

date::local_info info_at(const date::time_zone& zone, date::local_seconds shown) {
    const date::local_info info = zone.get_info(shown);
    if (info.result != date::local_info::unique || !is_end_of_table(info.first)) return info;
    return zone.get_info(shown -
                         back_to_tables(std::chrono::floor<days>(shown.time_since_epoch())));
}

}  // namespace

Result<TimeZone> TimeZone::find(std::string_view name) {
    if (std::ranges::find(kNamesOfUtc, name) != kNamesOfUtc.end()) return TimeZone(name, nullptr);
    // The library throws for names that it lacks and for a database that it cannot read. It reads
    // a zone's file at the first question, so that none after this one can fail.
    try {
        if (name != kMachineZone) {
            const date::time_zone* zone = date::locate_zone(name);
            (void)zone->get_info(date::sys_seconds{});
            return TimeZone(name, zone);
        }
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): said below
    }
    return fail(ErrorCode::InvalidArgument, "Invalid time zone '{}': not in the IANA database",
                name);
}

LocalTime TimeZone::local(Time instant) const {
    const auto utc = std::chrono::floor<std::chrono::seconds>(instant);
    const auto offset = zone_ ? info_at(*zone_, utc).offset : std::chrono::seconds(0);
    return LocalTime(utc.time_since_epoch() + offset);
}

std::optional<Time> TimeZone::instant(LocalTime local) const {
    const std::chrono::seconds shown = local.time_since_epoch();
    if (!zone_) return Time(shown);
    const date::local_info info = info_at(*zone_, date::local_seconds(shown));
    if (info.result == date::local_info::nonexistent) return std::nullopt;
    // Of two offsets, `first` is the one that ends with the clock change.
    return Time(shown - info.first.offset);
}

}  // namespace holdfast::jobs
