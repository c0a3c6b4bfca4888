#include "engine/order.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "kube/yaml.h"

namespace holdfast::engine {

namespace {

constexpr std::size_t kMaxOwnKinds = 1000;

struct Step {
    std::string_view group, kind;
    Wave wave;
};

/// Waves leave gaps for nothing: they only compare.
enum StepWave : Wave {
    Definitions = kDefinitionWave,
    Namespaces = kNamespaceWave,
    Classes,
    FlowSchemas,
    SnapshotContents,
    Snapshots,
    Volumes,
    Claims,
    Secrets,
    ConfigMaps,
    ServiceAccounts,
    ClusterRoles,
    Roles,
    Bindings,
    Limits,
    CustomResources,
    Services,
    Endpoints,
    Pods,
    ReplicaSets,
    Workloads,
    AroundWorkloads,
    Others,
    Quotas,
    AdmissionPolicies,
    AdmissionBindings,
    Webhooks,
    ApiServices,
};

constexpr std::array kSteps = std::to_array<Step>({
    {.group = "apiextensions.k8s.io", .kind = "CustomResourceDefinition", .wave = Definitions},
    {.group = "", .kind = "Namespace", .wave = Namespaces},
    {.group = "scheduling.k8s.io", .kind = "PriorityClass", .wave = Classes},
    {.group = "node.k8s.io", .kind = "RuntimeClass", .wave = Classes},
    {.group = "storage.k8s.io", .kind = "StorageClass", .wave = Classes},
    {.group = "storage.k8s.io", .kind = "VolumeAttributesClass", .wave = Classes},
    {.group = "storage.k8s.io", .kind = "CSIDriver", .wave = Classes},
    {.group = "snapshot.storage.k8s.io", .kind = "VolumeSnapshotClass", .wave = Classes},
    {.group = "groupsnapshot.storage.k8s.io", .kind = "VolumeGroupSnapshotClass", .wave = Classes},
    {.group = "networking.k8s.io", .kind = "IngressClass", .wave = Classes},
    {.group = "networking.k8s.io", .kind = "ServiceCIDR", .wave = Classes},
    {.group = "gateway.networking.k8s.io", .kind = "GatewayClass", .wave = Classes},
    {.group = "resource.k8s.io", .kind = "DeviceClass", .wave = Classes},
    {.group = "flowcontrol.apiserver.k8s.io",
     .kind = "PriorityLevelConfiguration",
     .wave = Classes},
    {.group = "flowcontrol.apiserver.k8s.io", .kind = "FlowSchema", .wave = FlowSchemas},
    {.group = "snapshot.storage.k8s.io", .kind = "VolumeSnapshotContent", .wave = SnapshotContents},
    {.group = "snapshot.storage.k8s.io", .kind = "VolumeSnapshot", .wave = Snapshots},
    {.group = "", .kind = "PersistentVolume", .wave = Volumes},
    {.group = "", .kind = "PersistentVolumeClaim", .wave = Claims},
    {.group = "", .kind = "Secret", .wave = Secrets},
    {.group = "", .kind = "ConfigMap", .wave = ConfigMaps},
    {.group = "", .kind = "ServiceAccount", .wave = ServiceAccounts},
    {.group = "rbac.authorization.k8s.io", .kind = "ClusterRole", .wave = ClusterRoles},
    {.group = "rbac.authorization.k8s.io", .kind = "Role", .wave = Roles},
    {.group = "rbac.authorization.k8s.io", .kind = "ClusterRoleBinding", .wave = Bindings},
    {.group = "rbac.authorization.k8s.io", .kind = "RoleBinding", .wave = Bindings},
    {.group = "", .kind = "LimitRange", .wave = Limits},
    {.group = "networking.k8s.io", .kind = "NetworkPolicy", .wave = Limits},
    {.group = "", .kind = "Service", .wave = Services},
    {.group = "", .kind = "Endpoints", .wave = Endpoints},
    {.group = "discovery.k8s.io", .kind = "EndpointSlice", .wave = Endpoints},
    {.group = "", .kind = "Pod", .wave = Pods},
    {.group = "apps", .kind = "ReplicaSet", .wave = ReplicaSets},
    {.group = "", .kind = "ReplicationController", .wave = ReplicaSets},
    {.group = "apps", .kind = "ControllerRevision", .wave = ReplicaSets},
    {.group = "apps", .kind = "Deployment", .wave = Workloads},
    {.group = "apps", .kind = "StatefulSet", .wave = Workloads},
    {.group = "apps", .kind = "DaemonSet", .wave = Workloads},
    {.group = "batch", .kind = "Job", .wave = Workloads},
    {.group = "batch", .kind = "CronJob", .wave = Workloads},
    {.group = "autoscaling", .kind = "HorizontalPodAutoscaler", .wave = AroundWorkloads},
    {.group = "policy", .kind = "PodDisruptionBudget", .wave = AroundWorkloads},
    {.group = "networking.k8s.io", .kind = "Ingress", .wave = AroundWorkloads},
    {.group = "gateway.networking.k8s.io", .kind = "Gateway", .wave = AroundWorkloads},
    {.group = "", .kind = "ResourceQuota", .wave = Quotas},
    {.group = "admissionregistration.k8s.io",
     .kind = "ValidatingAdmissionPolicy",
     .wave = AdmissionPolicies},
    {.group = "admissionregistration.k8s.io",
     .kind = "MutatingAdmissionPolicy",
     .wave = AdmissionPolicies},
    {.group = "admissionregistration.k8s.io",
     .kind = "ValidatingAdmissionPolicyBinding",
     .wave = AdmissionBindings},
    {.group = "admissionregistration.k8s.io",
     .kind = "MutatingAdmissionPolicyBinding",
     .wave = AdmissionBindings},
    {.group = "admissionregistration.k8s.io",
     .kind = "ValidatingWebhookConfiguration",
     .wave = Webhooks},
    {.group = "admissionregistration.k8s.io",
     .kind = "MutatingWebhookConfiguration",
     .wave = Webhooks},
    {.group = "apiregistration.k8s.io", .kind = "APIService", .wave = ApiServices},
});

Result<std::vector<std::string>> texts_of(const Json& list) {
    std::vector<std::string> kinds;
    for (const Json& item : list) {
        if (!item.is_string())
            return fail(ErrorCode::InvalidArgument, "a restore order lists kinds as text");
        kinds.push_back(item.get<std::string>());
    }
    return kinds;
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> kinds;
    for (std::string_view line : base::split(text, '\n')) {
        std::string_view kind = base::trim(line.substr(0, line.find('#')));
        if (!kind.empty()) kinds.emplace_back(kind);
    }
    return kinds;
}

}  // namespace

bool is_builtin_group(std::string_view group) {
    static constexpr std::array<std::string_view, 5> kPlain = {"", "apps", "batch", "autoscaling",
                                                               "policy"};
    if (std::ranges::find(kPlain, group) != kPlain.end()) return true;
    // Projects under k8s.io bring definitions of their own.
    static constexpr std::array<std::string_view, 6> kDefined = {"snapshot.storage.k8s.io",
                                                                 "groupsnapshot.storage.k8s.io",
                                                                 "gateway.networking.k8s.io",
                                                                 "autoscaling.k8s.io",
                                                                 "metrics.k8s.io",
                                                                 "x-k8s.io"};
    bool defined = std::ranges::any_of(kDefined, [&](std::string_view known) {
        return group == known || group.ends_with(std::string(".") + std::string(known));
    });
    return !defined && group.ends_with(".k8s.io") && !group.contains("x-k8s.io");
}

Wave default_wave(std::string_view group, std::string_view kind) {
    for (const Step& step : kSteps)
        if (step.group == group && step.kind == kind) return step.wave;
    if (group == "gateway.networking.k8s.io") return AroundWorkloads;
    return is_builtin_group(group) ? Others : CustomResources;
}

Result<std::vector<std::string>> parse_restore_order(std::string_view text) {
    std::vector<std::string> kinds;
    auto parsed = kube::yaml_to_json(text, kube::YamlScalars::Text);
    if (parsed && parsed->is_array())
        kinds = TRY(texts_of(*parsed));
    else
        kinds = lines_of(text);
    TRY(RestoreOrder::create(kinds));
    return kinds;
}

Result<RestoreOrder> RestoreOrder::create(const std::vector<std::string>& kinds) {
    if (kinds.size() > kMaxOwnKinds)
        return fail(ErrorCode::InvalidArgument, "a restore order of more than {} kinds",
                    kMaxOwnKinds);
    RestoreOrder order;
    for (const std::string& text : kinds) {
        auto parts = base::split(base::trim(text), '/');
        bool empty_part = std::ranges::any_of(parts, [](auto part) { return part.empty(); });
        if (parts.size() > 3 || empty_part)
            return fail(ErrorCode::InvalidArgument,
                        "'{}' in the restore order is none of group/version/kind, version/kind "
                        "and kind",
                        text);
        Entry entry{.group = std::nullopt, .version = "", .kind = base::to_lower(parts.back())};
        if (parts.size() == 3) entry.group = std::string(parts[0]);
        if (parts.size() == 2) entry.group = "";
        if (parts.size() >= 2) entry.version = std::string(parts[parts.size() - 2]);
        order.own_.push_back(std::move(entry));
    }
    return order;
}

bool RestoreOrder::names(const Entry& entry, const kube::ResourceType& type) {
    if (entry.group && *entry.group != type.group) return false;
    bool version =
        entry.version.empty() || entry.version == type.version ||
        std::ranges::find(type.other_versions, entry.version) != type.other_versions.end();
    if (!version) return false;
    return entry.kind == base::to_lower(type.kind) || entry.kind == type.plural ||
           entry.kind == type.singular ||
           std::ranges::find(type.short_names, entry.kind) != type.short_names.end();
}

Wave RestoreOrder::wave(const kube::ResourceType& type) const {
    Wave wave = default_wave(type.group, type.kind);
    if (wave <= kNamespaceWave) return wave;
    for (std::size_t i = 0; i < own_.size(); ++i)
        if (names(own_[i], type)) return kNamespaceWave + 1 + static_cast<Wave>(i);
    return wave + static_cast<Wave>(own_.size());
}

Wave RestoreOrder::guards() const {
    return AdmissionPolicies + static_cast<Wave>(own_.size());
}

}  // namespace holdfast::engine
