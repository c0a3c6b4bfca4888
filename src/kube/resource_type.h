#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::kube {

/// One kind of object that an API server serves, at its preferred version.
struct ResourceType {
    std::string group;  ///< empty for the core group
    std::string version;
    std::string kind;
    std::string plural;
    std::string singular;
    std::vector<std::string> short_names;
    std::vector<std::string> categories;
    std::vector<std::string> verbs;
    /// The further versions that serve the same kind, in the server's order of preference.
    std::vector<std::string> other_versions;
    bool namespaced = false;
    /// Whether another server answers for the group, behind an APIService with a service.
    bool aggregated = false;
    /// Whether `status` is a subresource, which creating and replacing then ignore.
    bool has_status = false;

    /// "v1" or "apps/v1".
    std::string api_version() const;
    /// "Deployment.apps"; just "Pod" in the core group.
    std::string qualified_kind() const;
    /// "/api/v1" or "/apis/apps/v1".
    std::string api_path() const;
    /// The path of all objects, or of those in `ns` unless that is empty.
    std::string collection_path(std::string_view ns) const;
    /// The path of one object; `ns` is empty for kinds outside namespaces.
    std::string object_path(std::string_view ns, std::string_view name) const;
    bool can(std::string_view verb) const;
    /// The same kind at another served version.
    ResourceType at_version(std::string_view other) const;
};

/// A group version whose kinds could not be learned, with the server's words.
struct DiscoveryFailure {
    std::string group_version;
    std::string reason;
};

struct ServerVersion {
    std::string git_version;  ///< such as "v1.34.4"
    std::string major;
    std::string minor;
    std::string platform;
};

/// What an API server serves: each kind once, sorted by group and kind.
struct Discovery {
    std::vector<ResourceType> types;
    std::vector<DiscoveryFailure> failures;
    ServerVersion version;

    /// The kind of that group, or nullptr.
    const ResourceType* find(std::string_view group, std::string_view kind) const;
};

}  // namespace holdfast::kube
