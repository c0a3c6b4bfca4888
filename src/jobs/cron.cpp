#include "jobs/cron.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <span>
#include <system_error>
#include <vector>

#include "base/text.h"

namespace holdfast::jobs {
namespace {

namespace chrono = std::chrono;
using chrono::days;
using chrono::hours;
using chrono::minutes;
using chrono::months;

constexpr std::size_t kMaxExpressionBytes = 1024;
constexpr std::string_view kOpening = "cron(";
constexpr unsigned kDaysOfWeek = 7;

constexpr std::array<std::string_view, 12> kMonthNames = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                          "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kDayNames = {"SUN", "MON", "TUE", "WED",
                                                       "THU", "FRI", "SAT"};

/// What one of the six fields may hold.
struct Field {
    std::string_view name;
    int min;
    int max;
    /// Words for min, min + 1, ...
    std::span<const std::string_view> words = {};
};

constexpr Field kMinutes = {.name = "minutes", .min = 0, .max = 59};
constexpr Field kHours = {.name = "hours", .min = 0, .max = 23};
constexpr Field kDayOfMonth = {.name = "day-of-month", .min = 1, .max = 31};
constexpr Field kMonth = {.name = "month", .min = 1, .max = 12, .words = kMonthNames};
constexpr Field kDayOfWeek = {.name = "day-of-week", .min = 1, .max = 7, .words = kDayNames};
constexpr Field kYear = {.name = "year", .min = Cron::kFirstYear, .max = Cron::kLastYear};

/// Values of a field, counted from its smallest.
using Values = std::bitset<Cron::kLastYear - Cron::kFirstYear + 1>;

std::uint32_t bit(int value) {
    return std::uint32_t{1} << static_cast<unsigned>(value);
}

std::uint32_t bits_from(const Values& values, const Field& field) {
    return static_cast<std::uint32_t>(values.to_ulong() << static_cast<unsigned>(field.min));
}

/// The fields between the parentheses, divided by blanks.
std::vector<std::string_view> fields_of(std::string_view text) {
    constexpr std::string_view kBlank = " \t";
    std::vector<std::string_view> fields;
    for (std::size_t end = 0; true;) {
        const std::size_t begin = text.find_first_not_of(kBlank, end);
        if (begin == std::string_view::npos) return fields;
        end = std::min(text.find_first_of(kBlank, begin), text.size());
        fields.push_back(text.substr(begin, end - begin));
    }
}

/// Reads the fields of one expression; every error names the expression and the field.
class Parser {
public:
    explicit Parser(std::string_view expression) : expression_(expression) {}

    template <class... Args>
    std::unexpected<Error> refuse(fmt::format_string<Args...> why, Args&&... args) const {
        return fail(ErrorCode::InvalidArgument, "Invalid schedule expression '{}': {}",
                    expression_.substr(0, kMaxExpressionBytes),
                    fmt::format(why, std::forward<Args>(args)...));
    }

    /// Values, ranges and steps divided by commas, or `*`.
    Result<Values> values(const Field& field, std::string_view text) const {
        Values all;
        for (const std::string_view item : base::split(text, ',')) all |= TRY(item_of(field, item));
        return all;
    }

    Result<DayRules> dates(std::string_view text) const {
        DayRules rules;
        for (const std::string_view item : base::split(text, ',')) {
            if (equals(item, "L")) {
                rules.last_date = true;
            } else if (equals(item, "LW") || equals(item, "WL")) {
                rules.last_working_day = true;
            } else if (ends_in(item, 'W')) {
                rules.nearest_weekdays |= bit(TRY(value(kDayOfMonth, without_last(item))));
            } else {
                rules.dates |= bits_from(TRY(item_of(kDayOfMonth, item)), kDayOfMonth);
            }
        }
        return rules;
    }

    Result<DayRules> weekdays(std::string_view text) const {
        DayRules rules;
        if (const std::size_t sharp = text.find('#'); sharp != std::string_view::npos) {
            if (text.contains(','))
                return refuse("the day-of-week field may hold one day with '#' and nothing else");
            rules.nth_weekday = bit(TRY(value(kDayOfWeek, text.substr(0, sharp))));
            const std::string_view nth = text.substr(sharp + 1);
            if (nth.size() != 1 || nth[0] < '1' || nth[0] > '5')
                return refuse("'#' in the day-of-week field takes a number from 1 to 5");
            rules.nth = static_cast<unsigned>(nth[0] - '0');
            return rules;
        }
        for (const std::string_view item : base::split(text, ',')) {
            // By itself it is the last day of the week; with a day, that day's last in the month.
            if (equals(item, "L")) {
                rules.weekdays |= bit(kDayOfWeek.max);
            } else if (ends_in(item, 'L')) {
                rules.last_weekdays |= bit(TRY(value(kDayOfWeek, without_last(item))));
            } else {
                rules.weekdays |= bits_from(TRY(item_of(kDayOfWeek, item)), kDayOfWeek);
            }
        }
        return rules;
    }

private:
    static bool equals(std::string_view item, std::string_view word) {
        return base::to_lower(item) == base::to_lower(word);
    }
    static bool ends_in(std::string_view item, char letter) {
        return item.size() > 1 &&
               equals(item.substr(item.size() - 1), std::string_view(&letter, 1));
    }
    static std::string_view without_last(std::string_view item) {
        return item.substr(0, item.size() - 1);
    }

    Result<int> number(const Field& field, std::string_view text) const {
        int number = 0;
        const char* end = text.data() + text.size();
        const auto [stopped, error] = std::from_chars(text.data(), end, number);
        if (text.empty() || error != std::errc() || stopped != end || text[0] == '-')
            return refuse("the {} field has '{}' where a number is expected", field.name, text);
        return number;
    }

    Result<int> value(const Field& field, std::string_view text) const {
        for (std::size_t i = 0; i < field.words.size(); ++i)
            if (equals(text, field.words[i])) return field.min + static_cast<int>(i);
        const int found = TRY(number(field, text));
        if (found < field.min || found > field.max) {
            return refuse("the {} field has {}, and takes {} to {}", field.name, found, field.min,
                          field.max);
        }
        return found;
    }

    /// `*`, `a`, `a-b`, each with or without `/step`; `a/step` goes on to the field's end.
    Result<Values> item_of(const Field& field, std::string_view item) const {
        const std::size_t slash = item.find('/');
        const std::string_view range = item.substr(0, slash);
        int first = field.min;
        int last = field.max;
        if (range != "*") {
            const std::size_t dash = range.find('-');
            first = TRY(value(field, range.substr(0, dash)));
            if (dash != std::string_view::npos)
                last = TRY(value(field, range.substr(dash + 1)));
            else if (slash == std::string_view::npos)
                last = first;
        }
        if (first > last)
            return refuse("the range '{}' in the {} field runs backwards", range, field.name);
        int step = 1;
        if (slash != std::string_view::npos) {
            step = TRY(number(field, item.substr(slash + 1)));
            const int longest = field.max - field.min + 1;
            if (step < 1 || step > longest) {
                return refuse("the step in the {} field must be from 1 to {}", field.name, longest);
            }
        }
        Values values;
        for (int v = first; v <= last; v += step)
            values.set(static_cast<std::size_t>(v - field.min));
        return values;
    }

    std::string_view expression_;
};

bool is_working_day(chrono::weekday day) {
    return day != chrono::Saturday && day != chrono::Sunday;
}

/// The working day nearest to a date, in the same month.
unsigned nearest_working_day(chrono::year_month month, unsigned day, unsigned last) {
    const chrono::weekday weekday(chrono::sys_days(month / static_cast<int>(day)));
    if (weekday == chrono::Saturday) return day == 1 ? day + 2 : day - 1;
    if (weekday == chrono::Sunday) return day == last ? day - 2 : day + 1;
    return day;
}

unsigned days_in(chrono::year_month month) {
    return static_cast<unsigned>((month / chrono::last).day());
}

}  // namespace

std::uint32_t DayRules::days_of(chrono::year_month month) const {
    const unsigned last = days_in(month);
    const chrono::weekday first_weekday(chrono::sys_days(month / 1));
    std::uint32_t found = 0;
    unsigned working_day = 0;
    for (unsigned day = 1; day <= last; ++day) {
        const chrono::weekday weekday = first_weekday + days(day - 1);
        const std::uint32_t mask = std::uint32_t{1} << (weekday.c_encoding() + 1);
        if (is_working_day(weekday)) working_day = day;
        const bool is_nth = (nth_weekday & mask) && (day - 1) / kDaysOfWeek + 1 == nth;
        const bool is_last_such = (last_weekdays & mask) && day + kDaysOfWeek > last;
        if (is_nth || is_last_such || (weekdays & mask)) found |= std::uint32_t{1} << day;
        if (nearest_weekdays & (std::uint32_t{1} << day))
            found |= std::uint32_t{1} << nearest_working_day(month, day, last);
    }
    if (last_date) found |= std::uint32_t{1} << last;
    if (last_working_day) found |= std::uint32_t{1} << working_day;
    const std::uint32_t in_month = (std::uint32_t{2} << last) - 2;
    return found | (dates & in_month);
}

Result<Cron> Cron::parse(std::string_view expression) {
    const Parser parser(expression);
    if (expression.size() > kMaxExpressionBytes)
        return parser.refuse("it is longer than {} bytes", kMaxExpressionBytes);
    if (!expression.starts_with(kOpening) || !expression.ends_with(')'))
        return parser.refuse("it must be of the form cron(fields)");
    const std::string_view inside =
        expression.substr(kOpening.size(), expression.size() - kOpening.size() - 1);
    const std::vector<std::string_view> fields = fields_of(inside);
    if (fields.size() != 6) {
        return parser.refuse(
            "it has {}, and takes six: minutes hours day-of-month month day-of-week year",
            base::counted(fields.size(), "field"));
    }
    if ((fields[2] == "?") == (fields[4] == "?"))
        return parser.refuse("exactly one of day-of-month and day-of-week must be '?'");

    Cron cron;
    cron.text_ = expression;
    cron.minutes_ = decltype(minutes_)(TRY(parser.values(kMinutes, fields[0])).to_ullong());
    cron.hours_ = decltype(hours_)(TRY(parser.values(kHours, fields[1])).to_ullong());
    cron.days_ = TRY(fields[2] == "?" ? parser.weekdays(fields[4]) : parser.dates(fields[2]));
    cron.months_ = decltype(months_)(bits_from(TRY(parser.values(kMonth, fields[3])), kMonth));
    cron.years_ = TRY(parser.values(kYear, fields[5]));
    return cron;
}

bool Cron::names_year(chrono::year year) const {
    const int number = static_cast<int>(year);
    return number >= kFirstYear && number <= kLastYear &&
           years_.test(static_cast<std::size_t>(number - kFirstYear));
}

bool Cron::names(LocalTime local) const {
    const auto day = chrono::floor<days>(local);
    const chrono::year_month_day date(day);
    const auto time = chrono::floor<minutes>(local - day);
    return names_year(date.year()) && months_.test(static_cast<unsigned>(date.month())) &&
           (days_.days_of(date.year() / date.month()) >> static_cast<unsigned>(date.day()) & 1u) &&
           time_from(time) == time;
}

std::optional<Cron::TimeOfDay> Cron::time_from(TimeOfDay from) const {
    for (std::size_t hour = static_cast<std::size_t>(from / hours(1)); hour < hours_.size();
         ++hour) {
        if (!hours_.test(hour)) continue;
        const TimeOfDay begin = hours(hour);
        const std::size_t first =
            from > begin ? static_cast<std::size_t>((from - begin).count()) : 0;
        for (std::size_t minute = first; minute < minutes_.size(); ++minute)
            if (minutes_.test(minute)) return begin + minutes(minute);
    }
    return std::nullopt;
}

std::optional<LocalTime> Cron::local_from(LocalTime from) const {
    const auto first_day = chrono::floor<days>(from);
    const chrono::year_month_day first(first_day);
    const chrono::year_month first_month = first.year() / first.month();
    // At most as many steps as there are months up to the last year.
    for (chrono::year_month month = first_month; month.year() <= chrono::year(kLastYear);
         month += months(1)) {
        if (!names_year(month.year()) || !months_.test(static_cast<unsigned>(month.month())))
            continue;
        std::uint32_t candidates = days_.days_of(month);
        if (month == first_month)
            candidates &= ~std::uint32_t{0} << static_cast<unsigned>(first.day());
        for (; candidates != 0; candidates &= candidates - 1) {
            const auto day = chrono::local_days(month / std::countr_zero(candidates));
            const TimeOfDay begin =
                day == first_day ? chrono::ceil<minutes>(from - first_day) : minutes(0);
            if (const std::optional<TimeOfDay> time = time_from(begin)) return day + *time;
        }
    }
    return std::nullopt;
}

std::optional<Time> Cron::next_after(Time after, const TimeZone& zone) const {
    // Wide enough for any zone's offset.
    constexpr Time kEarliest{chrono::sys_days{chrono::year(kFirstYear) / 1 / 1} - days(2)};
    constexpr Time kLatest{chrono::sys_days{chrono::year(kLastYear) / 12 / 31} + days(2)};
    if (after > kLatest) return std::nullopt;
    LocalTime from = chrono::floor<minutes>(zone.local(std::max(after, kEarliest))) + minutes(1);
    // The first instants of later local times are later, so the search may begin at the clocks of
    // `after`. It leaves out what lies in its past, which a clock set back shows again, and what
    // does not exist: no more minutes than the longest clock change, a day.
    while (const std::optional<LocalTime> local = local_from(from)) {
        if (const std::optional<Time> instant = zone.instant(*local); instant && *instant > after)
            return instant;
        from = *local + minutes(1);
    }
    return std::nullopt;
}

}  // namespace holdfast::jobs
