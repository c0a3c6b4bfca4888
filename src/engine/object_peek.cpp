#include "engine/object_peek.h"

#include <simdjson.h>

#include <algorithm>
#include <array>

#include "engine/rules/edit.h"

namespace holdfast::engine {

struct ObjectPeeker::Parser {
    simdjson::dom::parser json;
};

namespace {

using Element = simdjson::dom::element;

/// Objects are at most a few megabytes: the API server accepts no larger ones.
constexpr std::size_t kMaxObjectBytes = 64u << 20;

std::string_view text_of(const Element& at, std::string_view pointer) {
    std::string_view text;
    if (at.at_pointer(pointer).get_string().get(text) != simdjson::SUCCESS) return {};
    return text;
}

template <class Visit>
void each_item(const Element& at, std::string_view pointer, Visit visit) {
    simdjson::dom::array items;
    if (at.at_pointer(pointer).get_array().get(items) != simdjson::SUCCESS) return;
    for (Element item : items) visit(item);
}

kube::Labels read_map(const Element& at, std::string_view pointer) {
    kube::Labels map;
    simdjson::dom::object entries;
    if (at.at_pointer(pointer).get_object().get(entries) != simdjson::SUCCESS) return map;
    for (auto [key, value] : entries) {
        std::string_view text;
        if (value.get_string().get(text) != simdjson::SUCCESS) continue;
        if (text.size() <= ObjectPeek::kMaxAnnotation) map.emplace(key, text);
    }
    return map;
}

void read_owners(const Element& object, ObjectPeek& peek) {
    each_item(object, "/metadata/ownerReferences", [&](const Element& owner) {
        bool controller = false;
        if (owner.at_pointer("/controller").get_bool().get(controller) != simdjson::SUCCESS)
            controller = false;
        peek.owners.push_back({.api_version = std::string(text_of(owner, "/apiVersion")),
                               .kind = std::string(text_of(owner, "/kind")),
                               .name = std::string(text_of(owner, "/name")),
                               .controller = controller});
    });
}

void need(ObjectPeek& peek, std::string_view group, std::string_view kind, std::string_view name) {
    ASSERT(can_be_needed(group, kind));
    if (!name.empty())
        peek.needs.push_back({std::string(group), std::string(kind), std::string(name)});
}

void need_of_pods(const Element& object, const std::string& spec, ObjectPeek& peek) {
    need(peek, "scheduling.k8s.io", "PriorityClass", text_of(object, spec + "/priorityClassName"));
    need(peek, "node.k8s.io", "RuntimeClass", text_of(object, spec + "/runtimeClassName"));
}

void need_of_claim(const Element& claim, ObjectPeek& peek) {
    need(peek, "storage.k8s.io", "StorageClass", text_of(claim, "/spec/storageClassName"));
    need(peek, "storage.k8s.io", "VolumeAttributesClass",
         text_of(claim, "/spec/volumeAttributesClassName"));
    need(peek, "", "PersistentVolume", text_of(claim, "/spec/volumeName"));
}

void read_claim_of_volume(const Element& volume, ObjectPeek& peek) {
    std::string_view name = text_of(volume, "/spec/claimRef/name");
    if (name.empty()) return;
    peek.claim_place = text_of(volume, "/spec/claimRef/namespace");
    peek.claim_place.push_back('\0');
    peek.claim_place += name;
}

/// A Job is over when it is complete or has failed; a Pod by its phase.
bool has_finished(const Element& object, const ObjectPeek& peek) {
    if (peek.kind == "Pod") {
        std::string_view phase = text_of(object, "/status/phase");
        return phase == "Succeeded" || phase == "Failed";
    }
    if (peek.kind != "Job") return false;
    bool finished = !text_of(object, "/status/completionTime").empty();
    each_item(object, "/status/conditions", [&](const Element& condition) {
        std::string_view type = text_of(condition, "/type");
        if ((type == "Complete" || type == "Failed") && text_of(condition, "/status") == "True")
            finished = true;
    });
    return finished;
}

void read_binding(const Element& object, ObjectPeek& peek) {
    if (text_of(object, "/roleRef/kind") == "ClusterRole")
        need(peek, "rbac.authorization.k8s.io", "ClusterRole", text_of(object, "/roleRef/name"));
    each_item(object, "/subjects", [&](const Element& subject) {
        if (text_of(subject, "/kind") == "ServiceAccount")
            peek.subject_namespaces.emplace_back(text_of(subject, "/namespace"));
    });
}

void read_definition(const Element& object, ObjectPeek& peek) {
    peek.defined_group = text_of(object, "/spec/group");
    peek.defined_kind = text_of(object, "/spec/names/kind");
    peek.defined_plural = text_of(object, "/spec/names/plural");
    each_item(object, "/spec/versions", [&](const Element& version) {
        bool served = false;
        if (version.at_pointer("/served").get_bool().get(served) == simdjson::SUCCESS && served)
            peek.defined_versions.emplace_back(text_of(version, "/name"));
    });
}

void read_snapshot(const Element& object, ObjectPeek& peek) {
    peek.deletion_policy = text_of(object, "/spec/deletionPolicy");
    peek.snapshot_handle = text_of(object, "/spec/source/snapshotHandle");
    if (peek.snapshot_handle.empty())
        peek.snapshot_handle = text_of(object, "/status/snapshotHandle");
    peek.snapshot_content = text_of(object, "/spec/source/volumeSnapshotContentName");
    if (peek.snapshot_content.empty())
        peek.snapshot_content = text_of(object, "/status/boundVolumeSnapshotContentName");
    need(peek, "snapshot.storage.k8s.io", "VolumeSnapshotClass",
         text_of(object, "/spec/volumeSnapshotClassName"));
    if (peek.kind == "VolumeSnapshot")
        need(peek, "snapshot.storage.k8s.io", "VolumeSnapshotContent", peek.snapshot_content);
}

void read_by_kind(const Element& object, ObjectPeek& peek) {
    std::string group = peek.group();
    if (const char* pods = rules::pod_template_pointer(group, peek.kind))
        need_of_pods(object, std::string(pods) + "/spec", peek);
    if (group.empty() && peek.kind == "Secret") peek.type = text_of(object, "/type");
    if (group.empty() && peek.kind == "PersistentVolumeClaim") need_of_claim(object, peek);
    if (group.empty() && peek.kind == "PersistentVolume") {
        peek.reclaim_policy = text_of(object, "/spec/persistentVolumeReclaimPolicy");
        read_claim_of_volume(object, peek);
        need(peek, "storage.k8s.io", "StorageClass", text_of(object, "/spec/storageClassName"));
    }
    if (group == "apps" && peek.kind == "StatefulSet")
        each_item(object, "/spec/volumeClaimTemplates",
                  [&](const Element& claim) { need_of_claim(claim, peek); });
    if (group == "networking.k8s.io" && peek.kind == "Ingress")
        need(peek, group, "IngressClass", text_of(object, "/spec/ingressClassName"));
    if (group == "gateway.networking.k8s.io" && peek.kind == "Gateway")
        need(peek, group, "GatewayClass", text_of(object, "/spec/gatewayClassName"));
    if (group == "rbac.authorization.k8s.io") read_binding(object, peek);
    if (group == "apiextensions.k8s.io") read_definition(object, peek);
    if (group == "snapshot.storage.k8s.io") read_snapshot(object, peek);
    if (group == "apiregistration.k8s.io")
        peek.has_backend = !text_of(object, "/spec/service/name").empty();
}

}  // namespace

bool can_be_needed(std::string_view group, std::string_view kind) {
    struct Kind {
        std::string_view group, kind;
    };
    static constexpr std::array<Kind, 11> kKinds = {{
        {.group = "", .kind = "PersistentVolume"},
        {.group = "gateway.networking.k8s.io", .kind = "GatewayClass"},
        {.group = "networking.k8s.io", .kind = "IngressClass"},
        {.group = "node.k8s.io", .kind = "RuntimeClass"},
        {.group = "rbac.authorization.k8s.io", .kind = "ClusterRole"},
        {.group = "rbac.authorization.k8s.io", .kind = "ClusterRoleBinding"},
        {.group = "scheduling.k8s.io", .kind = "PriorityClass"},
        {.group = "snapshot.storage.k8s.io", .kind = "VolumeSnapshotClass"},
        {.group = "snapshot.storage.k8s.io", .kind = "VolumeSnapshotContent"},
        {.group = "storage.k8s.io", .kind = "StorageClass"},
        {.group = "storage.k8s.io", .kind = "VolumeAttributesClass"},
    }};
    return std::ranges::any_of(
        kKinds, [&](const Kind& one) { return one.group == group && one.kind == kind; });
}

std::string ObjectPeek::group() const {
    return std::string(rules::group_of(api_version));
}

ObjectPeeker::ObjectPeeker() : parser_(std::make_unique<Parser>()) {}
ObjectPeeker::~ObjectPeeker() = default;

Result<ObjectPeek> ObjectPeeker::peek(std::string_view body) {
    if (body.size() > kMaxObjectBytes)
        return fail(ErrorCode::LimitExceeded, "an object of {} bytes", body.size());
    Element object;
    auto error = parser_->json.parse(body.data(), body.size(), true).get(object);
    if (error != simdjson::SUCCESS || !object.is_object())
        return fail(ErrorCode::Corrupted, "an object that is not JSON");
    ObjectPeek peek;
    peek.api_version = text_of(object, "/apiVersion");
    peek.kind = text_of(object, "/kind");
    peek.ns = text_of(object, "/metadata/namespace");
    peek.name = text_of(object, "/metadata/name");
    peek.labels = read_map(object, "/metadata/labels");
    peek.annotations = read_map(object, "/metadata/annotations");
    read_owners(object, peek);
    read_by_kind(object, peek);
    peek.finished = has_finished(object, peek);
    return peek;
}

}  // namespace holdfast::engine
