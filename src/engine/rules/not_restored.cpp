#include "engine/rules/not_restored.h"

#include <algorithm>
#include <array>

#include "engine/rules/edit.h"
#include "kube/object_view.h"

namespace holdfast::engine::rules {

namespace {

struct KindName {
    std::string_view group, kind;
};

template <std::size_t N>
bool is_one_of(const std::array<KindName, N>& kinds, const ObjectPeek& object) {
    std::string_view group = group_of(object.api_version);
    return std::ranges::any_of(kinds, [&](const KindName& known) {
        return known.group == group && known.kind == object.kind;
    });
}

std::string_view value(const kube::Labels& map, std::string_view key) {
    auto found = map.find(key);
    return found == map.end() ? std::string_view{} : std::string_view(found->second);
}

bool is_core(const ObjectPeek& object, std::string_view kind) {
    return object.kind == kind && group_of(object.api_version).empty();
}

bool is_of(const ObjectPeek& object, std::string_view group, std::string_view kind) {
    return object.kind == kind && group_of(object.api_version) == group;
}

}  // namespace

std::string_view bound_to_the_cluster(const ObjectPeek& object) {
    static constexpr std::array<KindName, 15> kKinds = {{
        {.group = "", .kind = "Node"},
        {.group = "", .kind = "Event"},
        {.group = "", .kind = "ComponentStatus"},
        {.group = "events.k8s.io", .kind = "Event"},
        {.group = "coordination.k8s.io", .kind = "Lease"},
        {.group = "coordination.k8s.io", .kind = "LeaseCandidate"},
        {.group = "storage.k8s.io", .kind = "CSINode"},
        {.group = "storage.k8s.io", .kind = "VolumeAttachment"},
        {.group = "storage.k8s.io", .kind = "CSIStorageCapacity"},
        {.group = "resource.k8s.io", .kind = "ResourceSlice"},
        {.group = "metrics.k8s.io", .kind = "PodMetrics"},
        {.group = "metrics.k8s.io", .kind = "NodeMetrics"},
        {.group = "internal.apiserver.k8s.io", .kind = "StorageVersion"},
        {.group = "migration.k8s.io", .kind = "StorageState"},
        {.group = "networking.k8s.io", .kind = "IPAddress"},
    }};
    return is_one_of(kKinds, object) ? "belongs to the nodes and moments of one cluster" : "";
}

std::string_view virtual_kind(const ObjectPeek& object) {
    static constexpr std::array<KindName, 11> kKinds = {{
        {.group = "", .kind = "Binding"},
        {.group = "policy", .kind = "Eviction"},
        {.group = "authentication.k8s.io", .kind = "TokenReview"},
        {.group = "authentication.k8s.io", .kind = "TokenRequest"},
        {.group = "authentication.k8s.io", .kind = "SelfSubjectReview"},
        {.group = "authorization.k8s.io", .kind = "SubjectAccessReview"},
        {.group = "authorization.k8s.io", .kind = "SelfSubjectAccessReview"},
        {.group = "authorization.k8s.io", .kind = "SelfSubjectRulesReview"},
        {.group = "authorization.k8s.io", .kind = "LocalSubjectAccessReview"},
        {.group = "imagepolicy.k8s.io", .kind = "ImageReview"},
        {.group = "autoscaling", .kind = "Scale"},
    }};
    return is_one_of(kKinds, object) ? "is a request, not a stored object" : "";
}

std::string_view derived_endpoints(const ObjectPeek& object) {
    constexpr std::string_view kReason = "is derived from its Service by a controller";
    if (is_of(object, "discovery.k8s.io", "EndpointSlice")) {
        std::string_view manager = value(object.labels, "endpointslice.kubernetes.io/managed-by");
        bool derived = manager == "endpointslice-controller.k8s.io" ||
                       manager == "endpointslicemirroring-controller.k8s.io";
        return derived ? kReason : "";
    }
    if (!is_core(object, "Endpoints")) return "";
    // The endpoints controller marks what it writes with one of these; a person writes neither.
    bool derived =
        value(object.labels, "endpoints.kubernetes.io/managed-by") == "endpoint-controller" ||
        object.annotations.contains("endpoints.kubernetes.io/last-change-trigger-time");
    return derived ? kReason : "";
}

std::string_view mirror_pod(const ObjectPeek& object) {
    bool mirror =
        is_core(object, "Pod") && object.annotations.contains("kubernetes.io/config.mirror");
    return mirror ? "is made by a node from a file" : "";
}

std::string_view token_secret(const ObjectPeek& object) {
    if (!is_core(object, "Secret")) return "";
    if (object.type == "kubernetes.io/service-account-token")
        return "is a service account token, bound to a UID that is gone";
    if (object.type == "bootstrap.kubernetes.io/token")
        return "is a token to join nodes to one cluster";
    return "";
}

std::string_view published_certificate(const ObjectPeek& object) {
    bool published = is_core(object, "ConfigMap") && (object.name == "kube-root-ca.crt" ||
                                                      object.name == "openshift-service-ca.crt");
    return published ? "is written by a controller into every namespace" : "";
}

std::string_view built_in_policy(const ObjectPeek& object) {
    constexpr std::string_view kReason = "is kept up to date by the API server itself";
    std::string_view group = group_of(object.api_version);
    if (group == "rbac.authorization.k8s.io") {
        bool built_in = value(object.labels, "kubernetes.io/bootstrapping") == "rbac-defaults" ||
                        object.name.starts_with("system:");
        return built_in ? kReason : "";
    }
    if (is_of(object, "scheduling.k8s.io", "PriorityClass"))
        return object.name.starts_with("system-") ? kReason : "";
    if (group == "flowcontrol.apiserver.k8s.io")
        return value(object.annotations, "apf.kubernetes.io/autoupdate-spec") == "true" ? kReason
                                                                                        : "";
    if (is_of(object, "networking.k8s.io", "ServiceCIDR"))
        return object.name == "kubernetes" ? kReason : "";
    return "";
}

std::string_view local_api_service(const ObjectPeek& object) {
    bool local = is_of(object, "apiregistration.k8s.io", "APIService") && !object.has_backend;
    return local ? "is registered by the API server itself" : "";
}

std::string_view past_request(const ObjectPeek& object) {
    static constexpr std::array<KindName, 3> kKinds = {{
        {.group = "certificates.k8s.io", .kind = "CertificateSigningRequest"},
        {.group = "storagemigration.k8s.io", .kind = "StorageVersionMigration"},
        {.group = "migration.k8s.io", .kind = "StorageVersionMigration"},
    }};
    return is_one_of(kKinds, object) ? "is a request that has been dealt with" : "";
}

std::string_view own_service(const ObjectPeek& object) {
    bool core_object = is_core(object, "Service") || is_core(object, "Endpoints");
    bool kubernetes = object.ns == "default" && object.name == "kubernetes" &&
                      (core_object || is_of(object, "discovery.k8s.io", "EndpointSlice"));
    bool dns = object.ns == "kube-system" && object.name == "kube-dns" && core_object;
    return kubernetes || dns ? "is made by every cluster for itself" : "";
}

std::string_view managed_addon(const ObjectPeek& object) {
    return object.labels.contains("addonmanager.kubernetes.io/mode")
               ? "is managed by the cluster's add-on manager"
               : "";
}

std::string_view virtual_machine_instance(const ObjectPeek& object) {
    static constexpr std::array<KindName, 2> kKinds = {{
        {.group = "kubevirt.io", .kind = "VirtualMachineInstance"},
        {.group = "kubevirt.io", .kind = "VirtualMachineInstanceMigration"},
    }};
    bool launcher =
        is_core(object, "Pod") && value(object.labels, "kubevirt.io") == "virt-launcher";
    // A DataVolume would import or clone its data anew, over what its claim holds.
    bool data_volume = is_of(object, "cdi.kubevirt.io", "DataVolume");
    return launcher || data_volume || is_one_of(kKinds, object)
               ? "is made anew by the virtual machine's controller"
               : "";
}

std::string_view backup_product_record(const ObjectPeek& object) {
    static constexpr std::array<std::string_view, 3> kGroups = {"velero.io", "holdfast.io",
                                                                "gkebackup.gke.io"};
    // Locations and schedules are settings worth restoring; the others are jobs done or to do.
    static constexpr std::array<std::string_view, 3> kSettings = {
        "BackupStorageLocation", "VolumeSnapshotLocation", "Schedule"};
    if (std::ranges::find(kGroups, group_of(object.api_version)) == kGroups.end()) return "";
    if (std::ranges::find(kSettings, object.kind) != kSettings.end()) return "";
    return "is a backup product's job, which would run again";
}

std::string_view finished_work(const ObjectPeek& object) {
    return object.finished ? "has run to its end and must not run again" : "";
}

bool is_system_namespace(std::string_view ns) {
    return ns == "kube-system" || ns == "kube-public" || ns == "kube-node-lease";
}

std::string_view why_not_restored(const ObjectPeek& object) {
    static constexpr auto kRules = {
        bound_to_the_cluster,  virtual_kind,          derived_endpoints, mirror_pod,
        token_secret,          published_certificate, built_in_policy,   local_api_service,
        past_request,          own_service,           managed_addon,     virtual_machine_instance,
        backup_product_record, finished_work,
    };
    for (auto rule : kRules)
        if (std::string_view reason = rule(object); !reason.empty()) return reason;
    return "";
}

}  // namespace holdfast::engine::rules
