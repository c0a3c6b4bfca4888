#include "engine/capture_scope.h"

namespace holdfast::engine {

bool is_state(const kube::ResourceType& type) {
    if (!type.can("list") || !type.can("get") || !type.can("create")) return false;
    if (type.kind == "Event" && (type.group.empty() || type.group == "events.k8s.io")) return false;
    if (type.group == "coordination.k8s.io") return false;
    if (type.group == "metrics.k8s.io" || type.group.ends_with(".metrics.k8s.io")) return false;
    return !type.kind.ends_with("Review") || !type.group.ends_with("authorization.k8s.io");
}

}  // namespace holdfast::engine
