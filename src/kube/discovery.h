#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "kube/resource_type.h"

namespace holdfast::kube {

/// All kinds of one served group version, or why they are unknown.
struct GroupVersion {
    std::string group;
    std::string version;
    std::vector<ResourceType> types;
    std::string failure;  ///< empty when `types` is complete
};

/// The group versions of an APIGroupDiscoveryList, in the server's order of preference. A group
/// version that the server marks as stale has a failure. InvalidArgument for another document.
Result<std::vector<GroupVersion>> parse_aggregated_discovery(const Json& document);

/// The group versions, still without kinds, of an APIVersions and an APIGroupList document, in the
/// server's order of preference: what servers without aggregated discovery answer.
Result<std::vector<GroupVersion>> legacy_group_versions(const Json& core, const Json& groups);

/// The kinds of an APIResourceList, as servers without aggregated discovery have them.
Result<GroupVersion> parse_resource_list(const Json& document, std::string_view group,
                                         std::string_view version);

/// What an APIService says about its group version.
struct ServedElsewhere {
    bool aggregated = false;
    std::string unavailable;  ///< the server's words; empty when it is available
};

/// By "version.group", the names of APIServices.
using ApiServices = std::map<std::string, ServedElsewhere, std::less<>>;
ApiServices parse_api_services(const Json& list);

/// Each kind once, at its preferred version, with the others beside it; failures by group version.
Discovery merge_discovery(std::vector<GroupVersion> versions, const ApiServices& services,
                          ServerVersion server);

}  // namespace holdfast::kube
