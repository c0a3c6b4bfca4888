#include "kube/resource_type.h"

#include <fmt/core.h>

#include <algorithm>

#include "net/url.h"

namespace holdfast::kube {

std::string ResourceType::api_version() const {
    return group.empty() ? version : group + "/" + version;
}

std::string ResourceType::qualified_kind() const {
    return group.empty() ? kind : kind + "." + group;
}

std::string ResourceType::api_path() const {
    return group.empty() ? "/api/" + version : "/apis/" + group + "/" + version;
}

std::string ResourceType::collection_path(std::string_view ns) const {
    if (ns.empty() || !namespaced) return fmt::format("{}/{}", api_path(), plural);
    return fmt::format("{}/namespaces/{}/{}", api_path(), net::percent_encode(ns), plural);
}

std::string ResourceType::object_path(std::string_view ns, std::string_view name) const {
    return fmt::format("{}/{}", collection_path(ns), net::percent_encode(name));
}

bool ResourceType::can(std::string_view verb) const {
    return std::ranges::find(verbs, verb) != verbs.end();
}

ResourceType ResourceType::at_version(std::string_view other) const {
    ResourceType type = *this;
    if (other == version) return type;
    std::erase(type.other_versions, other);
    type.other_versions.insert(type.other_versions.begin(), version);
    type.version = other;
    return type;
}

const ResourceType* Discovery::find(std::string_view group, std::string_view kind) const {
    for (const ResourceType& type : types) {
        if (type.group == group && type.kind == kind) return &type;
    }
    return nullptr;
}

}  // namespace holdfast::kube
