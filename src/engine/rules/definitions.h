#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace holdfast::engine::rules {

/// Whether a live CustomResourceDefinition is Established with its names accepted, so that
/// discovery is going to list it.
bool definition_is_ready(const Json& live);

/// Why its names were not accepted, in the server's words; empty when nothing is wrong.
std::string definition_problem(const Json& live);

/// Whether the live definition converts between its versions by renaming only.
bool converts_by_renaming(const Json& live);

/// At which version to write an object captured at `captured` of a kind that the target serves at
/// `served`, preferred first: the same one; or, when the kind's versions differ by name only, the
/// preferred one. Unsupported, with both sides in words, when it cannot be converted.
Result<std::string> choose_version(std::string_view captured, std::span<const std::string> served,
                                   bool by_renaming);

}  // namespace holdfast::engine::rules
