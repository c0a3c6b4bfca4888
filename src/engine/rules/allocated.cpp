#include "engine/rules/allocated.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "engine/rules/edit.h"
#include "engine/rules/volumes.h"

namespace holdfast::engine::rules {

namespace {

constexpr std::string_view kTokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Removes the array members that `unwanted` picks, and the array when none is left.
template <class Unwanted>
void erase_items(Json& parent, const char* member, Unwanted unwanted) {
    if (!parent.is_object()) return;
    auto items = parent.find(member);
    if (items == parent.end() || !items->is_array()) return;
    Json kept = Json::array();
    for (Json& item : *items)
        if (!unwanted(item)) kept.push_back(std::move(item));
    if (kept.empty())
        parent.erase(items);
    else
        *items = std::move(kept);
}

bool is_injected_volume(const Json& volume) {
    std::string name = base::text_at(volume, "/name");
    if (name.starts_with("kube-api-access-") && volume.contains("projected")) return true;
    return name.find("-token-") != name.npos && base::text_at(volume, "/secret/secretName") == name;
}

/// Lists are matched by name; a volume that is gone takes its mounts with it.
void strip_mounts(Json& pod_spec) {
    for (const char* list : {"containers", "initContainers"}) {
        Json* containers = edit_at(pod_spec, std::string("/") + list);
        if (containers == nullptr || !containers->is_array()) continue;
        for (Json& container : *containers)
            erase_items(container, "volumeMounts", [](const Json& mount) {
                return base::text_at(mount, "/mountPath") == kTokenPath;
            });
    }
}

void copy_if_missing(const Json& live, Json& wanted, std::string_view parent, const char* member) {
    const Json* from = base::find_json(live, parent);
    Json* to = edit_at(wanted, parent);
    if (from == nullptr || to == nullptr || !from->is_object() || !to->is_object()) return;
    auto found = from->find(member);
    if (found != from->end() && !to->contains(member)) (*to)[member] = *found;
}

/// Node ports that the wanted Service leaves open stay those of the live port of the same name.
void keep_node_ports(Json& wanted, const Json& live) {
    Json* ports = edit_at(wanted, "/spec/ports");
    const Json* live_ports = base::find_json(live, "/spec/ports");
    if (ports == nullptr || live_ports == nullptr || !ports->is_array() || !live_ports->is_array())
        return;
    for (Json& port : *ports) {
        if (!port.is_object() || port.contains("nodePort")) continue;
        auto same = std::ranges::find_if(*live_ports, [&](const Json& other) {
            return base::text_at(other, "/name") == base::text_at(port, "/name") &&
                   base::integer_at(other, "/port") == base::integer_at(port, "/port");
        });
        if (same != live_ports->end() && same->contains("nodePort"))
            port["nodePort"] = (*same)["nodePort"];
    }
}

/// Annotations and labels that the control plane writes on the live object and a point lacks.
void keep_live_annotations(Json& wanted, const Json& live) {
    static constexpr std::array<const char*, 7> kOwned = {
        "pv.kubernetes.io/bind-completed",          "pv.kubernetes.io/bound-by-controller",
        "volume.kubernetes.io/selected-node",       "volume.beta.kubernetes.io/storage-provisioner",
        "volume.kubernetes.io/storage-provisioner", "deployment.kubernetes.io/revision",
        "deprecated.daemonset.template.generation",
    };
    const Json* annotations = base::find_json(live, "/metadata/annotations");
    Json* metadata = edit_at(wanted, "/metadata");
    if (annotations == nullptr || !annotations->is_object() || metadata == nullptr ||
        !metadata->is_object())
        return;
    for (const char* name : kOwned)
        if (auto found = annotations->find(name); found != annotations->end())
            (*metadata)["annotations"][name] = *found;
}

void keep_live_finalizers(Json& wanted, const Json& live) {
    const Json* finalizers = base::find_json(live, "/metadata/finalizers");
    Json* metadata = edit_at(wanted, "/metadata");
    if (finalizers == nullptr || !finalizers->is_array() || metadata == nullptr ||
        !metadata->is_object())
        return;
    Json& kept = (*metadata)["finalizers"];
    if (!kept.is_array()) kept = Json::array();
    for (const Json& finalizer : *finalizers)
        if (std::ranges::find(kept, finalizer) == kept.end()) kept.push_back(finalizer);
}

/// The mounts of tokens, container by container.
void keep_token_mounts(Json& wanted, const Json& live, const char* list) {
    Json* containers = edit_at(wanted, list);
    const Json* running = base::find_json(live, list);
    if (containers == nullptr || running == nullptr || !containers->is_array() ||
        !running->is_array())
        return;
    for (std::size_t i = 0; i < std::min(containers->size(), running->size()); ++i) {
        const Json* mounts = base::find_json((*running)[i], "/volumeMounts");
        if (mounts == nullptr || !mounts->is_array() || !(*containers)[i].is_object()) continue;
        for (const Json& mount : *mounts)
            if (base::text_at(mount, "/mountPath") == kTokenPath)
                (*containers)[i]["volumeMounts"].push_back(mount);
    }
}

/// What admission put into a running Pod.
void keep_injected_volumes(Json& wanted, const Json& live) {
    Json* spec = edit_at(wanted, "/spec");
    const Json* volumes = base::find_json(live, "/spec/volumes");
    if (spec == nullptr || !spec->is_object() || volumes == nullptr || !volumes->is_array()) return;
    for (const Json& volume : *volumes)
        if (is_injected_volume(volume)) (*spec)["volumes"].push_back(volume);
    keep_token_mounts(wanted, live, "/spec/containers");
    keep_token_mounts(wanted, live, "/spec/initContainers");
}

void keep_job_selector(Json& wanted, const Json& live) {
    copy_if_missing(live, wanted, "/spec", "selector");
    const Json* labels = base::find_json(live, "/spec/template/metadata/labels");
    Json* pods = edit_at(wanted, "/spec/template");
    if (labels != nullptr && labels->is_object() && pods != nullptr && pods->is_object())
        for (const auto& [name, value] : labels->items())
            (*pods)["metadata"]["labels"].emplace(name, value);
}

bool add_missing_entries(Json& live, const Json& wanted, const char* pointer) {
    const Json* from = base::find_json(wanted, pointer);
    if (from == nullptr || !from->is_object()) return false;
    Json& to = live[Json::json_pointer(pointer)];
    if (!to.is_object()) to = Json::object();
    bool changed = false;
    for (const auto& [name, value] : from->items())
        changed = to.emplace(name, value).second || changed;
    return changed;
}

bool add_missing_items(Json& live, const Json& wanted, const char* member) {
    auto from = wanted.find(member);
    if (from == wanted.end() || !from->is_array()) return false;
    Json& to = live[member];
    if (!to.is_array()) to = Json::array();
    bool changed = false;
    for (const Json& item : *from) {
        if (std::ranges::find(to, item) != to.end()) continue;
        to.push_back(item);
        changed = true;
    }
    return changed;
}

bool is(const Json& object, std::string_view group, std::string_view kind) {
    return kind_of(object) == kind && object_group(object) == group;
}

/// Members of core kinds that the control plane fills in when they are left open.
void keep_allocated_fields(Json& wanted, const Json& live) {
    struct Allocated {
        std::string_view kind, parent;
        const char* field;
    };
    static constexpr std::array<Allocated, 16> kFields = {{
        {.kind = "Service", .parent = "/spec", .field = "clusterIP"},
        {.kind = "Service", .parent = "/spec", .field = "clusterIPs"},
        {.kind = "Service", .parent = "/spec", .field = "ipFamilies"},
        {.kind = "Service", .parent = "/spec", .field = "ipFamilyPolicy"},
        {.kind = "Service", .parent = "/spec", .field = "healthCheckNodePort"},
        {.kind = "PersistentVolumeClaim", .parent = "/spec", .field = "volumeName"},
        {.kind = "PersistentVolumeClaim", .parent = "/spec", .field = "storageClassName"},
        {.kind = "PersistentVolumeClaim", .parent = "/spec", .field = "volumeMode"},
        {.kind = "PersistentVolumeClaim", .parent = "/spec", .field = "dataSource"},
        {.kind = "PersistentVolumeClaim", .parent = "/spec", .field = "dataSourceRef"},
        {.kind = "Namespace", .parent = "/spec", .field = "finalizers"},
        {.kind = "Pod", .parent = "/spec", .field = "nodeName"},
        {.kind = "Pod", .parent = "/spec", .field = "priority"},
        {.kind = "Pod", .parent = "/spec", .field = "preemptionPolicy"},
        {.kind = "Pod", .parent = "/spec", .field = "overhead"},
        {.kind = "Pod", .parent = "/spec", .field = "ephemeralContainers"},
    }};
    for (const Allocated& one : kFields)
        if (is(wanted, "", one.kind)) copy_if_missing(live, wanted, one.parent, one.field);
}

/// A volume stays with the claim that it has: given to another one, its claim would lose its data.
void keep_claim(Json& wanted, const Json& live) {
    const Json* has = base::find_json(live, "/spec/claimRef");
    Json* spec = edit_at(wanted, "/spec");
    if (has != nullptr && spec != nullptr && spec->is_object()) (*spec)["claimRef"] = *has;
}

}  // namespace

void strip_service(Json& service) {
    if (base::text_at(service, "/spec/clusterIP") != "None") {
        erase_at(service, "/spec/clusterIP");
        erase_at(service, "/spec/clusterIPs");
    }
    erase_at(service, "/spec/healthCheckNodePort");
}

void strip_node_ports(Json& service) {
    Json* ports = edit_at(service, "/spec/ports");
    if (ports == nullptr || !ports->is_array()) return;
    for (Json& port : *ports)
        if (port.is_object()) port.erase("nodePort");
}

void strip_job(Json& job) {
    if (base::bool_at(job, "/spec/manualSelector")) return;
    erase_at(job, "/spec/selector");
    for (const char* labels : {"/metadata/labels", "/spec/template/metadata/labels"}) {
        Json* map = edit_at(job, labels);
        if (map == nullptr || !map->is_object()) continue;
        map->erase("controller-uid");
        map->erase("batch.kubernetes.io/controller-uid");
        erase_if_empty(job, labels);
    }
}

void strip_pod(Json& pod) {
    Json* spec = edit_at(pod, "/spec");
    if (spec == nullptr || !spec->is_object()) return;
    for (const char* field :
         {"nodeName", "priority", "preemptionPolicy", "overhead", "ephemeralContainers"})
        spec->erase(field);
    erase_items(*spec, "volumes", is_injected_volume);
    strip_mounts(*spec);
}

void strip_aggregated_role(Json& role) {
    if (role.is_object() && role.contains("aggregationRule")) role.erase("rules");
}

void strip_service_account(Json& account) {
    std::string name = object_name(account);
    auto is_token = [&](const Json& reference) {
        std::string secret = base::text_at(reference, "/name");
        return secret.starts_with(name + "-token-") || secret.starts_with(name + "-dockercfg-");
    };
    erase_items(account, "secrets", is_token);
    erase_items(account, "imagePullSecrets", is_token);
}

void strip_namespace(Json& ns) {
    Json* spec = edit_at(ns, "/spec");
    if (spec == nullptr) return;
    erase_items(*spec, "finalizers", [](const Json& name) { return name == "kubernetes"; });
    erase_if_empty(ns, "/spec");
}

void strip_definition(Json& definition) {
    if (definition.is_object()) definition.erase("status");
}

void strip_allocated(Json& object) {
    std::string group = object_group(object);
    std::string kind = kind_of(object);
    if (group.empty()) {
        if (kind == "Service") strip_service(object);
        if (kind == "Pod") strip_pod(object);
        if (kind == "ServiceAccount") strip_service_account(object);
        if (kind == "Namespace") strip_namespace(object);
        if (kind == "PersistentVolumeClaim") strip_claim_binding(object);
        if (kind == "PersistentVolume") prebind_volume(object);
    }
    if (group == "batch" && kind == "Job") strip_job(object);
    if (group == "rbac.authorization.k8s.io" && kind == "ClusterRole")
        strip_aggregated_role(object);
    if (group == "apiextensions.k8s.io") strip_definition(object);
}

void keep_live_allocations(Json& wanted, const Json& live) {
    for (const char* field : {"uid", "resourceVersion", "creationTimestamp", "generation"})
        copy_if_missing(live, wanted, "/metadata", field);
    keep_live_annotations(wanted, live);
    keep_live_finalizers(wanted, live);
    copy_if_missing(live, wanted, "", "status");
    if (is(wanted, "", "Namespace") && !wanted.contains("spec")) wanted["spec"] = Json::object();
    keep_allocated_fields(wanted, live);
    if (is(wanted, "", "Service")) keep_node_ports(wanted, live);
    if (is(wanted, "", "PersistentVolume")) keep_claim(wanted, live);
    if (is(wanted, "", "Pod")) keep_injected_volumes(wanted, live);
    if (is(wanted, "batch", "Job")) keep_job_selector(wanted, live);
    if (is(wanted, "rbac.authorization.k8s.io", "ClusterRole") &&
        wanted.contains("aggregationRule"))
        copy_if_missing(live, wanted, "", "rules");
}

bool merge_service_account(Json& live, const Json& wanted) {
    if (!live.is_object() || !wanted.is_object()) return false;
    bool changed = add_missing_items(live, wanted, "imagePullSecrets");
    changed = add_missing_items(live, wanted, "secrets") || changed;
    changed = add_missing_entries(live, wanted, "/metadata/labels") || changed;
    changed = add_missing_entries(live, wanted, "/metadata/annotations") || changed;
    return changed;
}

}  // namespace holdfast::engine::rules
