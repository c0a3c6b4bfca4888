#pragma once

#include <cstddef>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace holdfast::kube {

enum class YamlScalars {
    /// Plain scalars become null, booleans and numbers as YAML 1.2's core schema has it.
    Typed,
    /// Every scalar but null stays the text that it is.
    Text,
};

struct YamlLimits {
    std::size_t bytes = 8u << 20u;
    /// Counted with every use of an alias, so that a small document cannot unfold without end.
    std::size_t nodes = 500'000;
    std::size_t depth = 100;
};

/// The first document of YAML (or JSON) text. InvalidArgument with the line for text that is not
/// YAML or has a key twice; LimitExceeded beyond `limits`. An empty document is null.
Result<Json> yaml_to_json(std::string_view text, YamlScalars scalars,
                          const YamlLimits& limits = {});

}  // namespace holdfast::kube
