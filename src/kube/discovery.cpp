#include "kube/discovery.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

namespace holdfast::kube {
namespace {

constexpr std::size_t kMaxTypes = 100'000;

std::vector<std::string> texts_at(const Json& json, std::string_view pointer) {
    std::vector<std::string> texts;
    const Json* array = base::find_json(json, pointer);
    if (array == nullptr || !array->is_array()) return texts;
    for (const Json& item : *array) {
        if (item.is_string()) texts.push_back(item.get<std::string>());
    }
    return texts;
}

/// The array at `pointer`; an empty one when it is missing.
const Json& array_at(const Json& json, std::string_view pointer) {
    static const Json kEmpty = Json::array();
    const Json* found = base::find_json(json, pointer);
    return found != nullptr && found->is_array() ? *found : kEmpty;
}

ResourceType aggregated_type(const Json& resource, const GroupVersion& owner) {
    ResourceType type;
    type.group = owner.group;
    type.version = owner.version;
    type.kind = base::text_at(resource, "/responseKind/kind");
    type.plural = base::text_at(resource, "/resource");
    type.singular = base::text_at(resource, "/singularResource");
    type.namespaced = base::text_at(resource, "/scope") == "Namespaced";
    type.short_names = texts_at(resource, "/shortNames");
    type.categories = texts_at(resource, "/categories");
    type.verbs = texts_at(resource, "/verbs");
    for (const Json& subresource : array_at(resource, "/subresources")) {
        if (base::text_at(subresource, "/subresource") == "status") type.has_status = true;
    }
    return type;
}

std::string text_of(const GroupVersion& version) {
    return version.group.empty() ? version.version : version.group + "/" + version.version;
}

/// The name of the APIService of a group version.
std::string service_name(const GroupVersion& version) {
    return version.version + "." + version.group;
}

void add_type(ResourceType type, std::vector<ResourceType>& types,
              std::map<std::pair<std::string, std::string>, std::size_t>& places) {
    const auto [place, added] =
        places.try_emplace(std::pair(type.group, type.plural), types.size());
    if (added) {
        types.push_back(std::move(type));
        return;
    }
    ResourceType& known = types[place->second];
    if (known.version == type.version) return;
    known.other_versions.push_back(type.version);
    known.has_status = known.has_status || type.has_status;
}

}  // namespace

Result<std::vector<GroupVersion>> parse_aggregated_discovery(const Json& document) {
    if (base::text_at(document, "/kind") != "APIGroupDiscoveryList") {
        return fail(ErrorCode::InvalidArgument,
                    "the server answered with no APIGroupDiscoveryList");
    }
    std::vector<GroupVersion> versions;
    std::size_t count = 0;
    for (const Json& group : array_at(document, "/items")) {
        for (const Json& entry : array_at(group, "/versions")) {
            GroupVersion version;
            version.group = base::text_at(group, "/metadata/name");
            version.version = base::text_at(entry, "/version");
            if (base::text_at(entry, "/freshness") == "Stale") {
                version.failure = "the server that serves it does not answer";
            }
            for (const Json& resource : array_at(entry, "/resources")) {
                ResourceType type = aggregated_type(resource, version);
                if (type.kind.empty() || type.plural.empty()) continue;
                if (++count > kMaxTypes) {
                    return fail(ErrorCode::LimitExceeded, "the server serves more than {} kinds",
                                kMaxTypes);
                }
                version.types.push_back(std::move(type));
            }
            versions.push_back(std::move(version));
        }
    }
    return versions;
}

Result<std::vector<GroupVersion>> legacy_group_versions(const Json& core, const Json& groups) {
    if (base::text_at(core, "/kind") != "APIVersions" ||
        base::text_at(groups, "/kind") != "APIGroupList") {
        return fail(ErrorCode::InvalidArgument, "the server answers discovery in no known form");
    }
    constexpr std::size_t kMaxVersions = 10'000;
    std::vector<GroupVersion> versions;
    for (const std::string& version : texts_at(core, "/versions")) {
        versions.push_back({.group = "", .version = version, .types = {}, .failure = ""});
    }
    for (const Json& group : array_at(groups, "/groups")) {
        const std::string name = base::text_at(group, "/name");
        const std::string preferred = base::text_at(group, "/preferredVersion/version");
        const std::size_t first = versions.size();
        for (const Json& entry : array_at(group, "/versions")) {
            const std::string version = base::text_at(entry, "/version");
            const bool ahead = version == preferred;
            const auto place =
                ahead ? versions.begin() + static_cast<std::ptrdiff_t>(first) : versions.end();
            versions.insert(place, {.group = name, .version = version, .types = {}, .failure = ""});
        }
        if (versions.size() > kMaxVersions) {
            return fail(ErrorCode::LimitExceeded, "the server serves more than {} group versions",
                        kMaxVersions);
        }
    }
    return versions;
}

Result<GroupVersion> parse_resource_list(const Json& document, std::string_view group,
                                         std::string_view version) {
    if (base::text_at(document, "/kind") != "APIResourceList") {
        return fail(ErrorCode::InvalidArgument, "the server answered with no APIResourceList");
    }
    GroupVersion found;
    found.group = group;
    found.version = version;
    for (const Json& resource : array_at(document, "/resources")) {
        const std::string name = base::text_at(resource, "/name");
        if (const std::size_t slash = name.find('/'); slash != std::string::npos) {
            const std::string parent = name.substr(0, slash);
            const bool status = name.substr(slash + 1) == "status";
            for (ResourceType& type : found.types) {
                if (status && type.plural == parent) type.has_status = true;
            }
            continue;
        }
        if (found.types.size() >= kMaxTypes) {
            return fail(ErrorCode::LimitExceeded, "the server serves more than {} kinds",
                        kMaxTypes);
        }
        ResourceType type;
        type.group = group;
        type.version = version;
        type.kind = base::text_at(resource, "/kind");
        type.plural = name;
        type.singular = base::text_at(resource, "/singularName");
        type.namespaced = base::bool_at(resource, "/namespaced");
        type.short_names = texts_at(resource, "/shortNames");
        type.categories = texts_at(resource, "/categories");
        type.verbs = texts_at(resource, "/verbs");
        if (!type.kind.empty() && !type.plural.empty()) found.types.push_back(std::move(type));
    }
    return found;
}

ApiServices parse_api_services(const Json& list) {
    ApiServices services;
    for (const Json& item : array_at(list, "/items")) {
        const Json* service = base::find_json(item, "/spec/service");
        ServedElsewhere served;
        served.aggregated = service != nullptr && service->is_object();
        for (const Json& condition : array_at(item, "/status/conditions")) {
            if (base::text_at(condition, "/type") != "Available") continue;
            if (base::text_at(condition, "/status") == "True") continue;
            served.unavailable =
                fmt::format("{}: {}", base::text_at(condition, "/reason", "not available"),
                            base::text_at(condition, "/message"));
        }
        services.emplace(base::text_at(item, "/metadata/name"), std::move(served));
    }
    return services;
}

Discovery merge_discovery(std::vector<GroupVersion> versions, const ApiServices& services,
                          ServerVersion server) {
    Discovery discovery;
    discovery.version = std::move(server);
    std::map<std::pair<std::string, std::string>, std::size_t> places;
    for (GroupVersion& version : versions) {
        const auto service = services.find(service_name(version));
        const bool aggregated = service != services.end() && service->second.aggregated;
        // Where the aggregator knows that a server is away its words say more than "stale".
        if (aggregated && !service->second.unavailable.empty()) {
            version.failure = service->second.unavailable;
        }
        if (!version.failure.empty()) {
            discovery.failures.push_back({text_of(version), version.failure});
            continue;
        }
        for (ResourceType& type : version.types) {
            type.aggregated = aggregated;
            add_type(std::move(type), discovery.types, places);
        }
    }
    // An APIService whose group version discovery leaves out altogether.
    for (const auto& [name, service] : services) {
        if (!service.aggregated || service.unavailable.empty()) continue;
        const std::size_t dot = name.find('.');
        const std::string group_version =
            dot == std::string::npos ? name : name.substr(dot + 1) + "/" + name.substr(0, dot);
        const bool named = std::ranges::any_of(discovery.failures, [&](const auto& known) {
            return known.group_version == group_version;
        });
        if (!named) discovery.failures.push_back({group_version, service.unavailable});
    }
    std::ranges::sort(discovery.types, {}, [](const ResourceType& type) {
        return std::tie(type.group, type.kind, type.plural);
    });
    std::ranges::sort(discovery.failures, {}, &DiscoveryFailure::group_version);
    return discovery;
}

}  // namespace holdfast::kube
