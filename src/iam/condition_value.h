#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "iam/condition.h"
#include "iam/context_keys.h"
#include "iam/policy_text.h"

namespace holdfast::iam {

std::optional<double> number_of(std::string_view text);
/// "true" or "false" in any case.
std::optional<bool> bool_of(std::string_view text);
/// ISO 8601 in the forms of the W3C with at least a day, or seconds since 1970.
std::optional<base::Time> date_of(std::string_view text);

/// The value of a policy in the form in which `comparison` needs it.
Result<Operand> parse_operand(Comparison comparison, std::string_view text, Variables variables);

/// Whether a value of the request compares with a value of the policy.
TextMatch compare(Comparison comparison, std::string_view value, const Operand& operand,
                  const ContextKeys& keys);

}  // namespace holdfast::iam
