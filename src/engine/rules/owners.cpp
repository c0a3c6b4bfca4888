#include "engine/rules/owners.h"

#include <fmt/core.h>

#include <array>
#include <nlohmann/json.hpp>

#include "engine/rules/edit.h"

namespace holdfast::engine::rules {

namespace {

OwnerReference read_reference(const Json& entry) {
    return {.api_version = base::text_at(entry, "/apiVersion"),
            .kind = base::text_at(entry, "/kind"),
            .name = base::text_at(entry, "/name"),
            .controller = base::bool_at(entry, "/controller")};
}

}  // namespace

std::string OwnerReference::group() const {
    return std::string(group_of(api_version));
}

std::vector<OwnerReference> owner_references(const Json& object) {
    std::vector<OwnerReference> owners;
    const Json* entries = base::find_json(object, "/metadata/ownerReferences");
    if (entries == nullptr || !entries->is_array()) return owners;
    for (const Json& entry : *entries) owners.push_back(read_reference(entry));
    return owners;
}

bool is_generated_child(std::string_view child_group, std::string_view child_kind,
                        std::string_view owner_group, std::string_view owner_kind) {
    struct Pair {
        std::string_view child_group, child_kind, owner_group, owner_kind;
    };
    static constexpr std::array<Pair, 11> kPairs = {{
        {.child_group = "", .child_kind = "Pod", .owner_group = "apps", .owner_kind = "ReplicaSet"},
        {.child_group = "",
         .child_kind = "Pod",
         .owner_group = "apps",
         .owner_kind = "StatefulSet"},
        {.child_group = "", .child_kind = "Pod", .owner_group = "apps", .owner_kind = "DaemonSet"},
        {.child_group = "", .child_kind = "Pod", .owner_group = "batch", .owner_kind = "Job"},
        {.child_group = "",
         .child_kind = "Pod",
         .owner_group = "",
         .owner_kind = "ReplicationController"},
        {.child_group = "apps",
         .child_kind = "ReplicaSet",
         .owner_group = "apps",
         .owner_kind = "Deployment"},
        {.child_group = "batch",
         .child_kind = "Job",
         .owner_group = "batch",
         .owner_kind = "CronJob"},
        {.child_group = "discovery.k8s.io",
         .child_kind = "EndpointSlice",
         .owner_group = "",
         .owner_kind = "Service"},
        {.child_group = "discovery.k8s.io",
         .child_kind = "EndpointSlice",
         .owner_group = "",
         .owner_kind = "Endpoints"},
        {.child_group = "apps",
         .child_kind = "ControllerRevision",
         .owner_group = "apps",
         .owner_kind = "StatefulSet"},
        {.child_group = "apps",
         .child_kind = "ControllerRevision",
         .owner_group = "apps",
         .owner_kind = "DaemonSet"},
    }};
    for (const Pair& pair : kPairs)
        if (pair.child_group == child_group && pair.child_kind == child_kind &&
            pair.owner_group == owner_group && pair.owner_kind == owner_kind)
            return true;
    return false;
}

bool owner_scope_is_valid(std::string_view dependent_namespace, bool owner_namespaced) {
    return !dependent_namespace.empty() || !owner_namespaced;
}

OwnerChanges rewrite_owners(Json& object,
                            const std::function<OwnerAnswer(const OwnerReference&)>& resolve) {
    OwnerChanges changes;
    Json* entries = edit_at(object, "/metadata/ownerReferences");
    if (entries == nullptr) return changes;
    Json kept = Json::array();
    if (entries->is_array()) {
        for (Json& entry : *entries) {
            OwnerReference owner = read_reference(entry);
            OwnerAnswer answer = resolve(owner);
            if (answer.state == OwnerAnswer::State::Found && entry.is_object()) {
                entry["uid"] = std::move(answer.uid);
                kept.push_back(std::move(entry));
            } else if (answer.state == OwnerAnswer::State::Later) {
                changes.later = true;
            } else {
                changes.dropped.push_back(fmt::format("{} {}", owner.kind, owner.name));
            }
        }
    }
    *entries = std::move(kept);
    erase_if_empty(object, "/metadata/ownerReferences");
    return changes;
}

void drop_block_owner_deletion(Json& object) {
    Json* entries = edit_at(object, "/metadata/ownerReferences");
    if (entries == nullptr || !entries->is_array()) return;
    for (Json& entry : *entries)
        if (entry.is_object()) entry.erase("blockOwnerDeletion");
}

}  // namespace holdfast::engine::rules
