#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "engine/selection.h"
#include "kube/resource_type.h"

namespace holdfast::engine {

/// Which cluster a point is of. The identity is the UID of Namespace kube-system.
struct ClusterIdentity {
    std::string uid;
    std::string context;  ///< of the kubeconfig that was used, for people
    std::string server;
    std::string kubernetes_version;

    bool operator==(const ClusterIdentity&) const = default;
};

/// An object of a captured kind that the point does not hold.
struct LeftOut {
    std::string ns;
    std::string name;
    std::string reason;

    std::string text() const { return ns.empty() ? name : ns + "/" + name; }
};

/// One kind of the cluster and how its capture went.
struct TypeRecord {
    kube::ResourceType type;
    std::uint64_t objects = 0;
    std::uint64_t bytes = 0;
    std::string resource_version;   ///< that its objects were read at
    std::string failure;            ///< the server's words; empty when captured
    std::vector<LeftOut> left_out;  ///< objects that cannot be kept; the kind has all others

    bool captured() const { return failure.empty(); }
    bool whole() const { return captured() && left_out.empty(); }
};

/// A bound claim whose data the point does not hold.
struct VolumeWithoutData {
    std::string ns;
    std::string claim;
    std::string volume;
    std::string storage_class;
};

enum class PointStatus { Completed, Partial };
std::string_view name_of(PointStatus status);

/// What a point says of itself: the part of the manifest that the engine writes and reads.
struct ClusterManifest {
    ClusterIdentity cluster;
    base::Time started_at;
    base::Time finished_at;
    std::string resource_version;  ///< the instant that all kinds of the cluster's storage share
    /// Kinds at another version than `resource_version`, because history was compacted away
    /// faster than it could be read, carry theirs in their TypeRecord.
    std::uint64_t restarts = 0;
    SelectionSpec selection;
    std::vector<TypeRecord> types;                 ///< sorted by group and kind
    std::vector<kube::DiscoveryFailure> failures;  ///< groups whose kinds could not be learned
    std::vector<std::string> missing_namespaces;   ///< chosen by name, but not in the cluster
    std::vector<VolumeWithoutData> volumes;
    std::string fingerprint;  ///< a JSON object of ClusterFacts::fingerprint()

    PointStatus status() const;
    std::uint64_t objects() const;
    std::uint64_t bytes() const;
    /// The kinds as a discovery, for selections and restores without a cluster.
    kube::Discovery discovery() const;
};

std::string encode_manifest(const ClusterManifest& manifest);
/// Corrupted when a member is missing or of the wrong type; unknown members are ignored.
Result<ClusterManifest> decode_manifest(std::string_view json);

}  // namespace holdfast::engine
