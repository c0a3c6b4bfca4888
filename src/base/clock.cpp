#include "base/clock.h"

#include <fmt/format.h>

#include <charconv>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <system_error>

namespace holdfast::base {

namespace chrono = std::chrono;

Time SystemClock::now() {
    return chrono::time_point_cast<Millis>(chrono::system_clock::now());
}

SteadyTime SystemClock::steady_now() {
    return chrono::steady_clock::now();
}

bool SystemClock::sleep(Millis duration, std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, duration, [] { return false; });
    return !stop.stop_requested();
}

namespace {

std::string date_and_time(Time time) {
    auto day = chrono::floor<chrono::days>(time);
    chrono::year_month_day date(day);
    chrono::hh_mm_ss clock(chrono::floor<chrono::seconds>(time - day));
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

/// Reads exactly `digits` decimal digits from the front of `text` and removes them.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return std::nullopt;
    int value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
    if (error != std::errc{} || end != text.data() + digits || text[0] == '-') return std::nullopt;
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, char expected) {
    if (text.empty() || text[0] != expected) return false;
    text.remove_prefix(1);
    return true;
}

struct DateFields {
    int year, month, day, hour, minute, second;
};

std::optional<DateFields> take_date_fields(std::string_view& text) {
    auto year = take_digits(text, 4);
    if (!year || !take(text, '-')) return std::nullopt;
    auto month = take_digits(text, 2);
    if (!month || !take(text, '-')) return std::nullopt;
    auto day = take_digits(text, 2);
    if (!day || !(take(text, 'T') || take(text, 't') || take(text, ' '))) return std::nullopt;
    auto hour = take_digits(text, 2);
    if (!hour || !take(text, ':')) return std::nullopt;
    auto minute = take_digits(text, 2);
    if (!minute || !take(text, ':')) return std::nullopt;
    auto second = take_digits(text, 2);
    if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    return DateFields{.year = *year,
                      .month = *month,
                      .day = *day,
                      .hour = *hour,
                      .minute = *minute,
                      .second = *second};
}

std::optional<Millis> take_fraction(std::string_view& text) {
    if (!take(text, '.')) return Millis(0);
    int value = 0;
    int digits = 0;
    for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), ++digits)
        if (digits < 3) value = value * 10 + (text[0] - '0');
    if (digits == 0 || digits > 9) return std::nullopt;
    for (int i = digits; i < 3; ++i) value *= 10;
    return Millis(value);
}

std::optional<chrono::minutes> take_offset(std::string_view& text) {
    if (take(text, 'Z') || take(text, 'z')) return chrono::minutes(0);
    int sign = take(text, '+') ? 1 : take(text, '-') ? -1 : 0;
    if (sign == 0) return std::nullopt;
    auto hours = take_digits(text, 2);
    if (!hours || !take(text, ':')) return std::nullopt;
    auto minutes = take_digits(text, 2);
    if (!minutes) return std::nullopt;
    return sign * (chrono::hours(*hours) + chrono::minutes(*minutes));
}

}  // namespace

std::string to_rfc3339(Time time) {
    return date_and_time(time) + "Z";
}

std::string to_rfc3339_millis(Time time) {
    auto millis = (time - chrono::floor<chrono::seconds>(time)).count();
    return fmt::format("{}.{:03}Z", date_and_time(time), millis);
}

Result<Time> from_rfc3339(std::string_view text) {
    auto bad = [whole = text] {
        return fail(ErrorCode::InvalidArgument, "'{}' is not an RFC 3339 time", whole);
    };
    auto fields = take_date_fields(text);
    if (!fields) return bad();
    auto fraction = take_fraction(text);
    if (!fraction) return bad();
    auto offset = take_offset(text);
    if (!offset || !text.empty()) return bad();
    chrono::year_month_day date(chrono::year(fields->year),
                                chrono::month(static_cast<unsigned>(fields->month)),
                                chrono::day(static_cast<unsigned>(fields->day)));
    if (!date.ok()) return bad();
    return chrono::sys_days(date) + chrono::hours(fields->hour) + chrono::minutes(fields->minute) +
           chrono::seconds(fields->second) + *fraction - *offset;
}

}  // namespace holdfast::base
