#include "engine/needs.h"

#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/json.h"
#include "engine/raw_scan.h"

namespace holdfast::engine {

namespace {

/// A class kind and the member by which objects name one of its objects.
struct ClassReference {
    std::string_view group;
    std::string_view kind;
    std::string_view member;
};

constexpr std::array kClassReferences = {
    ClassReference{.group = "storage.k8s.io", .kind = "StorageClass", .member = "storageClassName"},
    ClassReference{.group = "storage.k8s.io",
                   .kind = "VolumeAttributesClass",
                   .member = "volumeAttributesClassName"},
    ClassReference{
        .group = "scheduling.k8s.io", .kind = "PriorityClass", .member = "priorityClassName"},
    ClassReference{.group = "node.k8s.io", .kind = "RuntimeClass", .member = "runtimeClassName"},
    ClassReference{
        .group = "networking.k8s.io", .kind = "IngressClass", .member = "ingressClassName"},
    ClassReference{
        .group = "gateway.networking.k8s.io", .kind = "GatewayClass", .member = "gatewayClassName"},
    ClassReference{.group = "snapshot.storage.k8s.io",
                   .kind = "VolumeSnapshotClass",
                   .member = "volumeSnapshotClassName"},
};

std::string class_name(std::string_view member, std::string_view name) {
    std::string key(member);
    key += '\0';
    key += name;
    return key;
}

bool is(const kube::ResourceType& type, std::string_view group, std::string_view kind) {
    return type.group == group && type.kind == kind;
}

constexpr std::string_view kRbac = "rbac.authorization.k8s.io";

/// Whether a binding's subject is an identity of that namespace.
bool names_account_of(const Json& subject, const std::set<std::string, std::less<>>& namespaces) {
    constexpr std::string_view kGroupPrefix = "system:serviceaccounts:";
    std::string kind = base::text_at(subject, "/kind");
    if (kind == "ServiceAccount") return namespaces.contains(base::text_at(subject, "/namespace"));
    std::string name = base::text_at(subject, "/name");
    return kind == "Group" && name.starts_with(kGroupPrefix) &&
           namespaces.contains(name.substr(kGroupPrefix.size()));
}

}  // namespace

void Needs::observe(const kube::ResourceType& type, const kube::ObjectView& object) {
    std::string role;
    std::string volume;
    if (is(type, kRbac, "RoleBinding") || is(type, "", "PersistentVolumeClaim")) {
        Json json = base::parse_json(object.raw).value_or(Json());
        if (base::text_at(json, "/roleRef/kind") == "ClusterRole")
            role = base::text_at(json, "/roleRef/name");
        if (type.group.empty()) volume = base::text_at(json, "/spec/volumeName");
    }
    std::set<std::string> classes;
    for (const ClassReference& reference : kClassReferences)
        each_string_member(object.raw, reference.member, [&](std::string_view name) {
            classes.insert(class_name(reference.member, name));
        });
    names_.update([&](Names& names) {
        names.namespaces.emplace(object.ns);
        names.crds.insert(type.plural + "." + type.group);
        if (!role.empty()) names.cluster_roles.insert(role);
        if (!volume.empty()) names.volumes.insert(volume);
        names.classes.merge(std::set<std::string, std::less<>>(classes.begin(), classes.end()));
    });
}

void Needs::observe_cluster_role_binding(const kube::ObjectView& object) {
    Json json = base::parse_json(object.raw).value_or(Json());
    const Json* subjects = base::find_json(json, "/subjects");
    if (subjects == nullptr || !subjects->is_array()) return;
    names_.update([&](Names& names) {
        for (const Json& subject : *subjects) {
            if (!names_account_of(subject, names.namespaces)) continue;
            names.cluster_role_bindings.emplace(object.name);
            names.cluster_roles.insert(base::text_at(json, "/roleRef/name"));
        }
    });
}

bool Needs::concerns(const kube::ResourceType& type) {
    for (const ClassReference& reference : kClassReferences)
        if (is(type, reference.group, reference.kind)) return true;
    return is(type, "", "Namespace") || is(type, "", "PersistentVolume") ||
           is(type, kRbac, "ClusterRole") || is(type, kRbac, "ClusterRoleBinding") ||
           is(type, "apiextensions.k8s.io", "CustomResourceDefinition");
}

bool Needs::contains(const kube::ResourceType& type, const kube::ObjectView& object) const {
    return names_.update([&](Names& names) {
        if (is(type, "", "Namespace")) return names.namespaces.contains(object.name);
        if (is(type, "", "PersistentVolume")) return names.volumes.contains(object.name);
        if (is(type, kRbac, "ClusterRole")) return names.cluster_roles.contains(object.name);
        if (is(type, kRbac, "ClusterRoleBinding"))
            return names.cluster_role_bindings.contains(object.name);
        if (is(type, "apiextensions.k8s.io", "CustomResourceDefinition"))
            return names.crds.contains(object.name);
        for (const ClassReference& reference : kClassReferences)
            if (is(type, reference.group, reference.kind))
                return names.classes.contains(class_name(reference.member, object.name));
        return false;
    });
}

}  // namespace holdfast::engine
