#pragma once

#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace holdfast::engine {

/// Changes to objects on their way back, in Velero's resource-modifier format: rules, each with
/// conditions and either JSON patches or merge patches. Immutable; any thread may apply it.
class Transforms {
public:
    struct Rule;

    Transforms();
    /// Reads the document (YAML or JSON); empty text is no transform. InvalidArgument names the
    /// rule that is wrong; Unsupported for strategic patches.
    static Result<Transforms> parse(std::string_view document);

    bool empty() const { return rules_.empty(); }

    /// The object that the rules are asked about, by what it was in the point.
    struct Subject {
        std::string_view group;
        std::string_view plural;
        std::string_view original_namespace;
        std::string_view name;
    };
    /// Applies every rule that matches, in order. A rule whose `test` fails changes nothing. An
    /// error names the rule and the path that could not be patched; `object` is then undefined.
    Result<void> apply(const Subject& subject, Json& object) const;

private:
    std::vector<Rule> rules_;

public:
    Transforms(const Transforms&);
    Transforms(Transforms&&) noexcept;
    Transforms& operator=(const Transforms&);
    Transforms& operator=(Transforms&&) noexcept;
    ~Transforms();
};

}  // namespace holdfast::engine
