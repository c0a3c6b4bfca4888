#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace holdfast::base {

/// A JSON document with sorted keys, so that equal documents have equal bytes.
/// Include <nlohmann/json.hpp> in the .cpp file that looks inside.
using Json = nlohmann::json;

struct JsonLimits {
    std::size_t bytes = 64u << 20;
    std::size_t depth = 512;
};

/// InvalidArgument with the offset for text that is not JSON; LimitExceeded beyond `limits`.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

/// Compact text; bytes that are not UTF-8 are replaced.
std::string dump_json(const Json& json);
/// Text indented by two spaces, for people.
std::string pretty_json(const Json& json);

/// The member at `pointer` (RFC 6901), or nullptr when a step is missing or of the wrong type.
const Json* find_json(const Json& json, std::string_view pointer);
/// The string at `pointer`; `fallback` when it is missing or no string.
std::string text_at(const Json& json, std::string_view pointer, std::string_view fallback = "");
/// The integer at `pointer`; nothing when it is missing or no integer.
std::optional<std::int64_t> integer_at(const Json& json, std::string_view pointer);
/// The boolean at `pointer`; `fallback` when it is missing or no boolean.
bool bool_at(const Json& json, std::string_view pointer, bool fallback = false);

}  // namespace holdfast::base

namespace holdfast {
using base::Json;
}  // namespace holdfast
