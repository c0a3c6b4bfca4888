#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kube/object_view.h"

namespace holdfast::kube {

/// A label selector in the full syntax of Kubernetes: `a=b`, `a==b`, `a!=b`, `a in (b,c)`,
/// `a notin (b,c)`, `a`, `!a`, `a>1`, `a<1`, joined by commas, which all must hold.
class LabelSelector {
public:
    enum class Operator { In, NotIn, Exists, DoesNotExist, GreaterThan, LessThan };
    struct Requirement {
        std::string key;
        Operator op = Operator::Exists;
        std::vector<std::string> values;  ///< sorted; none for Exists and DoesNotExist

        bool operator==(const Requirement&) const = default;
    };

    /// The selector that every object matches.
    LabelSelector() = default;
    /// InvalidArgument, naming the place and the rule, for text that the API server would refuse.
    static Result<LabelSelector> parse(std::string_view text);

    bool matches(const Labels& labels) const;
    /// Whether it matches everything.
    bool empty() const { return requirements_.empty(); }
    /// Canonical text, which parses to an equal selector and is what an API server is asked.
    std::string text() const;
    const std::vector<Requirement>& requirements() const { return requirements_; }

    bool operator==(const LabelSelector&) const = default;

private:
    std::vector<Requirement> requirements_;
};

}  // namespace holdfast::kube
