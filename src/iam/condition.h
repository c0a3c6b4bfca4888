#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "iam/context_keys.h"
#include "iam/ip_range.h"
#include "iam/policy_text.h"

namespace holdfast::iam {

enum class Effect { Allow, Deny };

/// How a value of the request is compared with one of the policy. StringNotEquals and its like are
/// the same comparisons, negated.
enum class Comparison {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    NumericEquals,
    NumericLessThan,
    NumericLessThanEquals,
    NumericGreaterThan,
    NumericGreaterThanEquals,
    DateEquals,
    DateLessThan,
    DateLessThanEquals,
    DateGreaterThan,
    DateGreaterThanEquals,
    Bool,
    BinaryEquals,
    IpAddress,
    ArnLike,  ///< ArnEquals is the same.
    Null,
};

/// What becomes of several values of one key.
enum class Quantifier {
    /// Of the values that the request has, one has to match; negated, none may.
    None,
    ForAllValues,
    ForAnyValue,
};

/// The bytes behind a base64 text.
struct BinaryValue {
    std::string bytes;
};

/// A value of a policy in the form in which it is compared.
using Operand = std::variant<PolicyText, ArnText, double, base::Time, bool, IpRange, BinaryValue>;

/// One operator with one key and the values that it may have.
struct Condition {
    Comparison comparison = Comparison::StringEquals;
    bool negated = false;
    bool if_exists = false;
    Quantifier quantifier = Quantifier::None;
    std::string key;  ///< In lower case.
    std::vector<Operand> operands;

    /// A condition from an operator such as "ForAnyValue:StringNotLikeIfExists", a key and texts.
    /// InvalidArgument for an unknown operator and for a text that the operator cannot compare.
    static Result<Condition> parse(std::string_view operator_name, std::string_view key,
                                   const std::vector<std::string>& texts, Variables variables);

    /// Whether the request fulfils the condition. A variable without a value never helps: it
    /// matches nothing, and what is negated is then fulfilled only for a Deny.
    bool fulfilled(const ContextKeys& keys, Effect effect) const;
};

}  // namespace holdfast::iam
