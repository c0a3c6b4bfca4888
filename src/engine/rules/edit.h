#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/json.h"

namespace holdfast::engine::rules {

/// The member at `pointer` (RFC 6901) for changing, or nullptr.
Json* edit_at(Json& json, std::string_view pointer);
/// Removes the member at `pointer`, if there is one; whether there was.
bool erase_at(Json& json, std::string_view pointer);
/// Removes the member at `pointer` if it is an empty object, array or string.
void erase_if_empty(Json& json, std::string_view pointer);

/// The annotation or label of an object; empty when it has none.
std::string annotation(const Json& object, std::string_view name);
std::string label(const Json& object, std::string_view name);
/// Removes the named annotations, and the map when nothing is left in it.
void erase_annotations(Json& object, std::span<const std::string_view> names);

/// "apps" of "apps/v1", empty of "v1".
std::string_view group_of(std::string_view api_version);
/// "v1" of both.
std::string_view version_of(std::string_view api_version);

/// The object's kind if it is a string, else empty. The same for its group, namespace and name.
std::string kind_of(const Json& object);
std::string object_group(const Json& object);
std::string object_namespace(const Json& object);
std::string object_name(const Json& object);

/// Where the pod template of a workload lies, such as "/spec/template"; "" for a Pod, which is its
/// own template; nullptr for kinds without one.
const char* pod_template_pointer(std::string_view group, std::string_view kind);

}  // namespace holdfast::engine::rules
