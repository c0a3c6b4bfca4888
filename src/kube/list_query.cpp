#include "kube/list_query.h"

namespace holdfast::kube {

std::vector<std::pair<std::string, std::string>> list_query(const ListOptions& options,
                                                            std::int64_t limit) {
    std::vector<std::pair<std::string, std::string>> query;
    if (limit > 0) query.emplace_back("limit", std::to_string(limit));
    if (!options.label_selector.empty())
        query.emplace_back("labelSelector", options.label_selector);
    if (!options.field_selector.empty())
        query.emplace_back("fieldSelector", options.field_selector);
    if (!options.continue_token.empty()) {
        query.emplace_back("continue", options.continue_token);
    } else if (!options.resource_version.empty()) {
        query.emplace_back("resourceVersion", options.resource_version);
        query.emplace_back("resourceVersionMatch", options.exact ? "Exact" : "NotOlderThan");
    }
    return query;
}

}  // namespace holdfast::kube
