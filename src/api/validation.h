#pragma once

#include <string>
#include <vector>

#include "api/shape.h"
#include "base/json.h"

namespace holdfast::api {

/// How a request breaks its operation's model.
struct Violation {
    enum class Kind { Missing, WrongType, OutOfBounds };
    Kind kind;
    std::string member;  ///< such as "backupPlan.rules[0].ruleName"
    /// What it must be, such as "Member must have length less than or equal to 50".
    std::string constraint;
    std::string value;  ///< what was sent, cut short; empty when it is sensitive
};

inline constexpr std::size_t kMaxViolations = 20;

/// Every way in which `value` breaks the shape, at most kMaxViolations. `value` is in the form of
/// codec.h; none means that the typed structures can be read from it.
std::vector<Violation> find_violations(const Service& service, ShapeIndex shape, const Json& value);

}  // namespace holdfast::api
