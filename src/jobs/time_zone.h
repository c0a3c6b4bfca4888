#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace date {
class time_zone;  // NOLINT(readability-identifier-naming): the library names it
}  // namespace date

namespace holdfast::jobs {

using base::Time;

/// What the clocks of a place show.
using LocalTime = std::chrono::local_seconds;

/// A zone of the IANA time zone database, as the system has it. Cheap to copy, usable from any
/// thread. Clock changes after 2037, which the database's tables do not list, follow the rules of
/// the years before.
class TimeZone {
public:
    /// UTC by its usual names needs no database. InvalidArgument for a name that is no zone.
    static Result<TimeZone> find(std::string_view name);
    static TimeZone utc() { return TimeZone("Etc/UTC", nullptr); }

    const std::string& name() const { return name_; }

    LocalTime local(Time instant) const;

    /// When the clocks show `local`. Nothing when a clock change skips that time; when it comes
    /// twice, the first.
    std::optional<Time> instant(LocalTime local) const;

private:
    TimeZone(std::string_view name, const date::time_zone* zone) : name_(name), zone_(zone) {}

    std::string name_;
    /// Owned by the library for as long as the program runs; null for UTC.
    const date::time_zone* zone_;
};

}  // namespace holdfast::jobs
