#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "engine/restore_options.h"

namespace holdfast::engine {

/// InvalidArgument when a mapping cannot be meant: an empty or invalid name, or two namespaces
/// that would become one.
Result<void> check_mappings(const Mappings& mappings);

/// The namespace's name in the target.
std::string_view mapped_namespace(const Mappings& mappings, std::string_view ns);

/// Moves an object to its new namespace, and rewrites in it what refers to renamed namespaces,
/// storage classes and images wherever Kubernetes or a well-known project defines such a field.
/// Returns sentences about references to renamed namespaces that it saw and could not rewrite.
std::vector<std::string> apply_mappings(const Mappings& mappings, Json& object);

/// Those of the renamed namespaces, old name to new, that the object names where a mapping would
/// rewrite it.
NameMap renames_in(const NameMap& renames, const Json& object);

/// Why an object outside namespaces that exists must not become the one of the point with
/// `renames` in it: one of those namespaces would lose it. Empty when none would.
std::string why_left_to_original(const NameMap& renames, const Json& live);

}  // namespace holdfast::engine
