#include "engine/cluster_facts.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/json.h"
#include "engine/raw_scan.h"

namespace holdfast::engine {

namespace {

bool is(const kube::ResourceType& type, std::string_view group, std::string_view kind) {
    return type.group == group && type.kind == kind;
}

bool runs_containers(const kube::ResourceType& type) {
    return is(type, "", "Pod") || is(type, "", "ReplicationController") || type.group == "apps" ||
           type.group == "batch";
}

std::string node_description(const Json& node) {
    Json labels = Json::object();
    if (const Json* found = base::find_json(node, "/metadata/labels")) labels = *found;
    return base::dump_json(
        {{"architecture", base::text_at(node, "/status/nodeInfo/architecture")},
         {"operatingSystem", base::text_at(node, "/status/nodeInfo/operatingSystem")},
         {"kubelet", base::text_at(node, "/status/nodeInfo/kubeletVersion")},
         {"instanceType", base::text_at(labels, "/node.kubernetes.io~1instance-type")},
         {"cpu", base::text_at(node, "/status/capacity/cpu")},
         {"memory", base::text_at(node, "/status/capacity/memory")}});
}

std::string crd_versions(const Json& crd) {
    Json versions = Json::array();
    const Json* found = base::find_json(crd, "/spec/versions");
    if (found != nullptr && found->is_array())
        for (const Json& version : *found)
            versions.push_back({{"name", base::text_at(version, "/name")},
                                {"served", base::bool_at(version, "/served")},
                                {"storage", base::bool_at(version, "/storage")}});
    return base::dump_json(versions);
}

}  // namespace

bool ClusterFacts::wants(const kube::ResourceType& type) {
    return is(type, "", "Node") || is(type, "storage.k8s.io", "StorageClass") ||
           is(type, "storage.k8s.io", "CSIDriver") ||
           is(type, "apiextensions.k8s.io", "CustomResourceDefinition");
}

void ClusterFacts::observe(const kube::ResourceType& type, const kube::ObjectView& object) {
    if (runs_containers(type)) return observe_images(object.raw);
    bool claim = is(type, "", "PersistentVolumeClaim");
    if (!claim && !wants(type)) return;
    Json json = base::parse_json(object.raw).value_or(Json());
    std::string name(object.name);
    facts_.update([&](Facts& facts) {
        if (claim && base::text_at(json, "/status/phase") == "Bound" &&
            facts.claims.size() < kMaxNames) {
            facts.claims[std::string(object.ns) + '/' + name] = {
                .ns = std::string(object.ns),
                .claim = name,
                .volume = base::text_at(json, "/spec/volumeName"),
                .storage_class = base::text_at(json, "/spec/storageClassName")};
        } else if (is(type, "", "Node")) {
            ++facts.nodes[node_description(json)];
        } else if (type.kind == "StorageClass") {
            facts.storage_classes[name] = base::text_at(json, "/provisioner");
        } else if (type.kind == "CSIDriver") {
            facts.csi_drivers.insert(name);
        } else if (type.kind == "CustomResourceDefinition") {
            facts.crds[name] = crd_versions(json);
        }
    });
}

void ClusterFacts::observe_images(std::string_view raw) {
    auto remember = [&](const char* member, Names Facts::* names) {
        each_string_member(raw, member, [&](std::string_view name) {
            if (name.empty()) return;
            facts_.update([&](Facts& facts) {
                if ((facts.*names).size() < kMaxNames) (facts.*names).emplace(name);
            });
        });
    };
    remember("image", &Facts::images);
    remember("imageID", &Facts::image_digests);
}

std::vector<VolumeWithoutData> ClusterFacts::volumes() const {
    std::vector<VolumeWithoutData> volumes;
    facts_.update([&](Facts& facts) {
        for (const auto& [key, claim] : facts.claims) volumes.push_back(claim);
    });
    return volumes;
}

std::string ClusterFacts::fingerprint(const kube::ServerVersion& version) const {
    return facts_.update([&](Facts& facts) {
        Json nodes = Json::array();
        for (const auto& [description, count] : facts.nodes) {
            Json node = base::parse_json(description).value_or(Json::object());
            node["count"] = count;
            nodes.push_back(std::move(node));
        }
        Json crds = Json::object();
        for (const auto& [name, versions] : facts.crds)
            crds[name] = base::parse_json(versions).value_or(Json::array());
        return base::dump_json({{"kubernetesVersion", version.git_version},
                                {"platform", version.platform},
                                {"nodes", std::move(nodes)},
                                {"storageClasses", facts.storage_classes},
                                {"csiDrivers", facts.csi_drivers},
                                {"crds", std::move(crds)},
                                {"images", facts.images},
                                {"imageDigests", facts.image_digests}});
    });
}

}  // namespace holdfast::engine
