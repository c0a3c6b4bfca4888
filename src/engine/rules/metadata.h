#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace holdfast::engine::rules {

/// Removes what only the server may set: uid, resourceVersion, generation, creationTimestamp,
/// deletionTimestamp, deletionGracePeriodSeconds, selfLink and managedFields. A generateName stays:
/// it is data as long as there is a name.
void strip_server_metadata(Json& object);

/// Removes `status`, which creating ignores for most kinds and must not invent for the others.
void strip_status(Json& object);

/// Removes annotations that describe a moment or a node, not the object; kubectl's record of the
/// last applied configuration only if asked for.
void strip_momentary_annotations(Json& object, bool drop_last_applied);

/// Whether Kubernetes itself sets this finalizer (again) wherever it belongs.
bool is_builtin_finalizer(std::string_view finalizer);

/// Whether some API group of `groups` and the finalizer share a domain, so that its controller can
/// be expected to be there: "acme.example.com/cleanup" belongs to "example.com" and vice versa.
bool finalizer_belongs_to(std::string_view finalizer, const std::vector<std::string>& groups);

/// Removes the finalizers that Kubernetes sets by itself, and those that `has_controller` denies,
/// which would make the object impossible to delete. Returns the latter.
std::vector<std::string> strip_finalizers(
    Json& object, const std::function<bool(std::string_view)>& has_controller);

}  // namespace holdfast::engine::rules
