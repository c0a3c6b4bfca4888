#include "engine/rules/namespaces.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/text.h"
#include "engine/rules/edit.h"

namespace holdfast::engine::rules {

void rename_namespace(Json& ns, std::string_view new_name) {
    Json* metadata = edit_at(ns, "/metadata");
    if (metadata == nullptr || !metadata->is_object()) return;
    (*metadata)["name"] = new_name;
    Json* labels = edit_at(ns, "/metadata/labels");
    if (labels == nullptr || !labels->is_object()) return;
    labels->erase("kubernetes.io/metadata.name");
    erase_if_empty(ns, "/metadata/labels");
}

std::string why_terminating(const Json& live) {
    static constexpr std::array<std::string_view, 5> kBlocking = {
        "NamespaceDeletionDiscoveryFailure", "NamespaceDeletionGroupVersionParsingFailure",
        "NamespaceDeletionContentFailure", "NamespaceContentRemaining",
        "NamespaceFinalizersRemaining"};
    if (base::text_at(live, "/status/phase") != "Terminating") return "";
    std::string why = fmt::format("namespace {} is being deleted", object_name(live));
    const Json* conditions = base::find_json(live, "/status/conditions");
    if (conditions == nullptr || !conditions->is_array()) return why;
    for (const Json& condition : *conditions) {
        bool blocks =
            base::text_at(condition, "/status") == "True" &&
            std::ranges::find(kBlocking, base::text_at(condition, "/type")) != kBlocking.end();
        if (blocks) why += fmt::format("; {}", base::text_at(condition, "/message"));
    }
    return why;
}

bool is_being_deleted(const Json& live) {
    return base::find_json(live, "/metadata/deletionTimestamp") != nullptr;
}

std::string why_deleting(const Json& live) {
    std::string why = why_terminating(live);
    if (!why.empty()) return why;
    std::vector<std::string> finalizers;
    if (const Json* list = base::find_json(live, "/metadata/finalizers"))
        for (const Json& name : *list)
            if (name.is_string()) finalizers.push_back(name.get<std::string>());
    if (finalizers.empty()) return "the existing object is being deleted";
    return fmt::format("the existing object is being deleted and waits for {}",
                       base::join(finalizers, ", "));
}

}  // namespace holdfast::engine::rules
