#include "net/http_date.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace holdfast::net {
namespace {

namespace chrono = std::chrono;

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::size_t kDateLength = 29;

}  // namespace

std::string to_http_date(base::Time time) {
    const auto day = chrono::floor<chrono::days>(time);
    const chrono::year_month_day date(day);
    const chrono::hh_mm_ss clock(chrono::floor<chrono::seconds>(time - day));
    return fmt::format(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays.at(chrono::weekday(day).c_encoding()),
        static_cast<unsigned>(date.day()), kMonths.at(static_cast<unsigned>(date.month()) - 1),
        static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
        clock.seconds().count());
}

Result<base::Time> from_http_date(std::string_view text) {
    const auto bad = [&] {
        return fail(ErrorCode::InvalidArgument, "this is no date of the form '{}'",
                    to_http_date(base::Time()));
    };
    if (text.size() != kDateLength) return bad();
    const auto* const month = std::ranges::find(kMonths, text.substr(8, 3));
    if (month == kMonths.end()) return bad();
    const Result<base::Time> time = base::from_rfc3339(
        fmt::format("{}-{:02}-{}T{}Z", text.substr(12, 4), month - kMonths.begin() + 1,
                    text.substr(5, 2), text.substr(17, 8)));
    // What was not looked at, such as the name of the day, must be as we would write it.
    if (!time || to_http_date(*time) != text) return bad();
    return time;
}

}  // namespace holdfast::net
