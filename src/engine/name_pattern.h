#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"

namespace holdfast::engine {

/// A regular expression over object names, found anywhere in them unless anchored. The syntax is
/// POSIX extended with `\d`, `\w`, `\s` and `(?:`; what makes matching or its memory explode is
/// refused: back references, long patterns, and large or stacked repetition counts. Of RE2's
/// syntax it lacks lazy and possessive operators, named groups, flags and Unicode classes.
class NamePattern {
public:
    /// InvalidArgument, with the rule that it breaks, for a pattern that cannot be used.
    static Result<NamePattern> create(std::string_view pattern);

    bool matches(std::string_view name) const;

private:
    struct Compiled;
    std::shared_ptr<const Compiled> compiled_;
};

}  // namespace holdfast::engine
