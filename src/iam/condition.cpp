#include "iam/condition.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/text.h"
#include "iam/condition_value.h"

namespace holdfast::iam {
namespace {

constexpr std::size_t kMaxKeyBytes = 512;

struct NamedOperator {
    std::string_view name;
    Comparison comparison;
    bool negated = false;
};

constexpr auto kOperators = std::to_array<NamedOperator>({
    {.name = "StringEquals", .comparison = Comparison::StringEquals},
    {.name = "StringNotEquals", .comparison = Comparison::StringEquals, .negated = true},
    {.name = "StringEqualsIgnoreCase", .comparison = Comparison::StringEqualsIgnoreCase},
    {.name = "StringNotEqualsIgnoreCase",
     .comparison = Comparison::StringEqualsIgnoreCase,
     .negated = true},
    {.name = "StringLike", .comparison = Comparison::StringLike},
    {.name = "StringNotLike", .comparison = Comparison::StringLike, .negated = true},
    {.name = "NumericEquals", .comparison = Comparison::NumericEquals},
    {.name = "NumericNotEquals", .comparison = Comparison::NumericEquals, .negated = true},
    {.name = "NumericLessThan", .comparison = Comparison::NumericLessThan},
    {.name = "NumericLessThanEquals", .comparison = Comparison::NumericLessThanEquals},
    {.name = "NumericGreaterThan", .comparison = Comparison::NumericGreaterThan},
    {.name = "NumericGreaterThanEquals", .comparison = Comparison::NumericGreaterThanEquals},
    {.name = "DateEquals", .comparison = Comparison::DateEquals},
    {.name = "DateNotEquals", .comparison = Comparison::DateEquals, .negated = true},
    {.name = "DateLessThan", .comparison = Comparison::DateLessThan},
    {.name = "DateLessThanEquals", .comparison = Comparison::DateLessThanEquals},
    {.name = "DateGreaterThan", .comparison = Comparison::DateGreaterThan},
    {.name = "DateGreaterThanEquals", .comparison = Comparison::DateGreaterThanEquals},
    {.name = "Bool", .comparison = Comparison::Bool},
    {.name = "BinaryEquals", .comparison = Comparison::BinaryEquals},
    {.name = "IpAddress", .comparison = Comparison::IpAddress},
    {.name = "NotIpAddress", .comparison = Comparison::IpAddress, .negated = true},
    {.name = "ArnEquals", .comparison = Comparison::ArnLike},
    {.name = "ArnNotEquals", .comparison = Comparison::ArnLike, .negated = true},
    {.name = "ArnLike", .comparison = Comparison::ArnLike},
    {.name = "ArnNotLike", .comparison = Comparison::ArnLike, .negated = true},
    {.name = "Null", .comparison = Comparison::Null},
});

bool take_prefix(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
    if (!text.ends_with(suffix)) return false;
    text.remove_suffix(suffix.size());
    return true;
}

/// A condition without key and operands, from the name of its operator.
std::optional<Condition> parse_operator(std::string_view name) {
    Condition condition;
    if (take_prefix(name, "ForAllValues:"))
        condition.quantifier = Quantifier::ForAllValues;
    else if (take_prefix(name, "ForAnyValue:"))
        condition.quantifier = Quantifier::ForAnyValue;
    condition.if_exists = take_suffix(name, "IfExists");
    const auto* found = std::ranges::find(kOperators, name, &NamedOperator::name);
    if (found == kOperators.end()) return std::nullopt;
    condition.comparison = found->comparison;
    condition.negated = found->negated;
    // Whether a key exists cannot depend on whether it exists.
    if (condition.if_exists && condition.comparison == Comparison::Null) return std::nullopt;
    return condition;
}

/// No values, or none but empty ones: what AWS calls a null dataset.
bool is_null(const std::vector<std::string>* values) {
    return values == nullptr || std::ranges::all_of(*values, &std::string::empty);
}

/// Whether one value of the request compares with one of the operands.
bool matches_one(const Condition& condition, std::string_view value, const ContextKeys& keys,
                 Effect effect) {
    const bool unknown_matches = condition.negated && effect == Effect::Allow;
    return std::ranges::any_of(condition.operands, [&](const Operand& operand) {
        const TextMatch match = compare(condition.comparison, value, operand, keys);
        return match == TextMatch::Yes || (match == TextMatch::Unknown && unknown_matches);
    });
}

}  // namespace

Result<Condition> Condition::parse(std::string_view operator_name, std::string_view key,
                                   const std::vector<std::string>& texts, Variables variables) {
    std::optional<Condition> condition = parse_operator(operator_name);
    if (!condition)
        return fail(ErrorCode::InvalidArgument, "Invalid Condition type : {}.", operator_name);
    const std::size_t colon = key.find(':');
    if (colon == 0 || colon == std::string_view::npos || colon + 1 == key.size() ||
        key.size() > kMaxKeyBytes)
        return fail(ErrorCode::InvalidArgument,
                    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
    if (texts.empty())
        return fail(ErrorCode::InvalidArgument, "The condition on {} has no values.", key);
    condition->key = base::to_lower(key);
    for (const std::string& text : texts)
        condition->operands.push_back(TRY(parse_operand(condition->comparison, text, variables)));
    return *std::move(condition);
}

bool Condition::fulfilled(const ContextKeys& keys, Effect effect) const {
    const std::vector<std::string>* values = keys.find(key);
    if (comparison == Comparison::Null)
        return std::ranges::any_of(operands, [&](const Operand& operand) {
            return std::get<bool>(operand) == is_null(values);
        });
    if (quantifier == Quantifier::ForAllValues && is_null(values)) return true;
    if (values == nullptr) {
        if (if_exists) return true;
        return quantifier != Quantifier::ForAnyValue && negated;
    }
    const auto matched = [&](const std::string& value) {
        return matches_one(*this, value, keys, effect);
    };
    switch (quantifier) {
        case Quantifier::ForAllValues:
            return std::ranges::all_of(
                *values, [&](const std::string& value) { return matched(value) != negated; });
        case Quantifier::ForAnyValue:
            return std::ranges::any_of(
                *values, [&](const std::string& value) { return matched(value) != negated; });
        case Quantifier::None:
            return std::ranges::any_of(*values, matched) != negated;
    }
    return false;
}

}  // namespace holdfast::iam
