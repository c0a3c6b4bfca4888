#include "engine/restore_scope.h"

#include "engine/object_peek.h"

namespace holdfast::engine {

namespace {

bool is_namespace(const ObjectKey& key) {
    return key.group.empty() && key.kind == "Namespace";
}

}  // namespace

bool may_be_needed(const Selection& selection, const ObjectKey& key) {
    if (!key.ns.empty()) return false;
    if (is_namespace(key)) return selection.includes_namespace(key.name);
    if (selection.without_cluster_objects()) return false;
    if (key.group == "apiextensions.k8s.io") return true;
    return selection.only_needed_cluster_objects() &&
           selection.includes_type(key.group, key.kind) && can_be_needed(key.group, key.kind);
}

bool may_be_restored(const Selection& selection, const ObjectKey& key) {
    if (may_be_needed(selection, key)) return true;
    if (!selection.includes_type(key.group, key.kind)) return false;
    if (!key.ns.empty()) return selection.includes_namespace(key.ns);
    return !is_namespace(key) && !selection.without_cluster_objects() &&
           !selection.only_needed_cluster_objects();
}

}  // namespace holdfast::engine
