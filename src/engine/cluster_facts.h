#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "engine/manifest.h"
#include "kube/object_view.h"
#include "kube/resource_type.h"

namespace holdfast::engine {

/// What a point says about its cluster besides the objects: the volumes whose data it lacks and
/// the fingerprint. Gathered while objects stream past; any method from any thread.
class ClusterFacts {
public:
    /// A point lists no more images and claims than this.
    static constexpr std::size_t kMaxNames = 10'000;

    void observe(const kube::ResourceType& type, const kube::ObjectView& object);

    /// Bound claims, in order of namespace and name.
    std::vector<VolumeWithoutData> volumes() const;

    /// A JSON object: "nodes" (architecture, operating system, instance type, kubelet version with
    /// counts), "storageClasses", "csiDrivers", "crds" with their versions, "images" as workloads
    /// name them, "imageDigests" of the containers that have run.
    std::string fingerprint(const kube::ServerVersion& version) const;

    /// Whether the fingerprint wants objects of this kind even when they are not selected.
    static bool wants(const kube::ResourceType& type);

private:
    using Names = std::set<std::string, std::less<>>;
    struct Facts {
        std::map<std::string, VolumeWithoutData> claims;
        std::map<std::string, std::size_t> nodes;            ///< description in JSON: count
        std::map<std::string, std::string> storage_classes;  ///< name: provisioner
        std::set<std::string> csi_drivers;
        std::map<std::string, std::string> crds;  ///< name: versions in JSON
        Names images;
        Names image_digests;
    };

    void observe_images(std::string_view raw);

    mutable base::Guarded<Facts> facts_;
};

}  // namespace holdfast::engine
