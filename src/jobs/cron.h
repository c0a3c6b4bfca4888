#pragma once

#include <bitset>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "jobs/time_zone.h"

namespace holdfast::jobs {

/// Which days of a month a schedule names: either by their dates or by their weekdays.
/// Bit n stands for day n of the month (1 to 31) or for weekday n (1 to 7, Sunday is 1).
struct DayRules {
    std::uint32_t dates = 0;
    bool last_date = false;              ///< L
    bool last_working_day = false;       ///< LW
    std::uint32_t nearest_weekdays = 0;  ///< 15W: the working day nearest to the 15th, in its month
    std::uint32_t weekdays = 0;
    std::uint32_t last_weekdays = 0;  ///< 6L: the last Friday
    std::uint32_t nth_weekday = 0;    ///< 3#2: bit 3 here, and
    unsigned nth = 0;                 ///< 2: the second Tuesday

    /// The days of `month` that the rules name.
    std::uint32_t days_of(std::chrono::year_month month) const;
};

/// A schedule in AWS's six fields: `cron(minutes hours day-of-month month day-of-week year)`.
class Cron {
public:
    /// InvalidArgument with one sentence that names the field.
    static Result<Cron> parse(std::string_view expression);

    /// The expression as it was given.
    const std::string& text() const { return text_; }

    /// The first instant after `after` at which the clocks of `zone` show a time that the schedule
    /// names. A time that a clock change skips does not count; one that comes twice counts once,
    /// at the first. Nothing when the schedule never comes again.
    std::optional<Time> next_after(Time after, const TimeZone& zone) const;

    /// Whether the schedule names the minute that `local` lies in.
    bool names(LocalTime local) const;

    /// Whether two runs may come within less than an hour, which AWS Backup does not allow.
    bool more_often_than_hourly() const { return minutes_.count() > 1; }

    static constexpr int kFirstYear = 1970;
    static constexpr int kLastYear = 2199;

private:
    using TimeOfDay = std::chrono::minutes;

    Cron() = default;
    bool names_year(std::chrono::year year) const;
    /// The earliest minute of a day that the schedule names, at `from` or later.
    std::optional<TimeOfDay> time_from(TimeOfDay from) const;
    /// The same over all days.
    std::optional<LocalTime> local_from(LocalTime from) const;

    std::string text_;
    std::bitset<60> minutes_;
    std::bitset<24> hours_;
    std::bitset<13> months_;
    std::bitset<kLastYear - kFirstYear + 1> years_;
    DayRules days_;
};

}  // namespace holdfast::jobs
