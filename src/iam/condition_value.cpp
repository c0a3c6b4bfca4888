#include "iam/condition_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <string>
#include <system_error>
#include <variant>

#include "base/bytes.h"
#include "base/text.h"
#include "iam/arn.h"
#include "iam/ip_range.h"

namespace holdfast::iam {
namespace {

constexpr std::size_t kMaxNumberBytes = 64;

template <class T>
std::optional<T> read_number(std::string_view text) {
    if (text.size() > kMaxNumberBytes) return std::nullopt;
    T number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

TextMatch yes_or_no(bool yes) {
    return yes ? TextMatch::Yes : TextMatch::No;
}

Error unfit(std::string_view text, std::string_view what) {
    return {.code = ErrorCode::InvalidArgument,
            .message = fmt::format("The condition value {} is no {}.", text, what)};
}

template <class T>
Result<Operand> operand_or_error(const std::optional<T>& value, std::string_view text,
                                 std::string_view what) {
    if (!value) return std::unexpected(unfit(text, what));
    return Operand(*value);
}

template <class T>
bool ordered(Comparison comparison, const T& value, const T& limit) {
    switch (comparison) {
        case Comparison::NumericLessThan:
        case Comparison::DateLessThan:
            return value < limit;
        case Comparison::NumericLessThanEquals:
        case Comparison::DateLessThanEquals:
            return value <= limit;
        case Comparison::NumericGreaterThan:
        case Comparison::DateGreaterThan:
            return value > limit;
        case Comparison::NumericGreaterThanEquals:
        case Comparison::DateGreaterThanEquals:
            return value >= limit;
        default:
            return value == limit;
    }
}

/// One overload for each kind of operand.
struct Comparer {
    Comparison comparison;
    std::string_view value;
    const ContextKeys& keys;

    TextMatch operator()(const PolicyText& text) const {
        if (comparison == Comparison::StringEqualsIgnoreCase)
            return matches_any_case(text, value, keys);
        return matches(text, value, keys);
    }
    TextMatch operator()(const ArnText& arn) const { return arn.matches(split_arn(value), keys); }
    TextMatch operator()(double limit) const {
        const std::optional<double> number = number_of(value);
        return yes_or_no(number && ordered(comparison, *number, limit));
    }
    TextMatch operator()(base::Time limit) const {
        const std::optional<base::Time> time = date_of(value);
        return yes_or_no(time && ordered(comparison, *time, limit));
    }
    TextMatch operator()(bool wanted) const { return yes_or_no(bool_of(value) == wanted); }
    TextMatch operator()(const IpRange& range) const {
        const std::optional<IpAddress> address = IpAddress::parse(value);
        return yes_or_no(address && range.contains(*address));
    }
    TextMatch operator()(const BinaryValue& wanted) const {
        const Result<Bytes> bytes = base::from_base64(value);
        return yes_or_no(bytes && base::as_text(*bytes) == wanted.bytes);
    }
};

}  // namespace

std::optional<double> number_of(std::string_view text) {
    const std::optional<double> number = read_number<double>(text);
    return number && std::isfinite(*number) ? number : std::nullopt;
}

std::optional<bool> bool_of(std::string_view text) {
    const std::string lower = base::to_lower(text);
    if (lower == "true") return true;
    if (lower == "false") return false;
    return std::nullopt;
}

std::optional<base::Time> date_of(std::string_view text) {
    // Beyond the year 9999 nothing is meant seriously.
    constexpr std::int64_t kMaxSeconds = 253'402'300'799;
    constexpr std::size_t kDayBytes = std::string_view("2026-11-21").size();
    constexpr std::size_t kMinuteBytes = std::string_view("2026-11-21T14:05").size();
    if (const auto seconds = read_number<std::int64_t>(text)) {
        if (std::abs(*seconds) > kMaxSeconds) return std::nullopt;
        return base::Time(std::chrono::seconds(*seconds));
    }
    std::string full(text);
    if (text.size() == kDayBytes) full += "T00:00:00Z";
    const bool no_seconds = text.size() > kMinuteBytes && text[kMinuteBytes] != ':';
    if (no_seconds) full.insert(kMinuteBytes, ":00");
    const Result<base::Time> time = base::from_rfc3339(full);
    if (!time) return std::nullopt;
    return *time;
}

Result<Operand> parse_operand(Comparison comparison, std::string_view text, Variables variables) {
    switch (comparison) {
        case Comparison::StringEquals:
        case Comparison::StringEqualsIgnoreCase:
            return Operand(TRY(PolicyText::parse(text, Wildcards::Literal, variables)));
        case Comparison::StringLike:
            return Operand(TRY(PolicyText::parse(text, Wildcards::Glob, variables)));
        case Comparison::ArnLike: {
            Result<ArnText> arn = ArnText::parse(text, variables);
            if (!arn) return std::unexpected(unfit(text, "ARN"));
            return Operand(*std::move(arn));
        }
        case Comparison::Bool:
        case Comparison::Null:
            return operand_or_error(bool_of(text), text, "boolean");
        case Comparison::IpAddress:
            return Operand(TRY(IpRange::parse(text)));
        case Comparison::BinaryEquals: {
            const Result<Bytes> bytes = base::from_base64(text);
            if (!bytes) return std::unexpected(unfit(text, "base64 text"));
            return Operand(BinaryValue{base::to_text(*bytes)});
        }
        case Comparison::DateEquals:
        case Comparison::DateLessThan:
        case Comparison::DateLessThanEquals:
        case Comparison::DateGreaterThan:
        case Comparison::DateGreaterThanEquals:
            return operand_or_error(date_of(text), text, "date");
        default:
            return operand_or_error(number_of(text), text, "number");
    }
}

TextMatch compare(Comparison comparison, std::string_view value, const Operand& operand,
                  const ContextKeys& keys) {
    return std::visit(Comparer{.comparison = comparison, .value = value, .keys = keys}, operand);
}

}  // namespace holdfast::iam
