#include "engine/restore_options.h"

#include <nlohmann/json.hpp>
#include <string_view>

namespace holdfast::engine {

namespace {

/// Reads typed members of a JSON object and remembers the first that has another type.
class Members {
public:
    explicit Members(const Json& json) : json_(json) {}

    std::string text(const char* name) {
        const Json* found = member(name);
        if (found == nullptr) return "";
        if (found->is_string()) return found->get<std::string>();
        refuse(name);
        return "";
    }
    bool flag(const char* name) {
        const Json* found = member(name);
        if (found == nullptr) return false;
        if (found->is_boolean()) return found->get<bool>();
        refuse(name);
        return false;
    }
    std::vector<std::string> list(const char* name) {
        const Json* found = member(name);
        std::vector<std::string> items;
        if (found == nullptr) return items;
        if (!found->is_array()) refuse(name);
        for (const Json& item : *found) {
            if (item.is_string())
                items.push_back(item.get<std::string>());
            else
                refuse(name);
        }
        return items;
    }
    NameMap map(const char* name) {
        const Json* found = member(name);
        NameMap items;
        if (found == nullptr) return items;
        if (!found->is_object()) {
            refuse(name);
            return items;
        }
        for (const auto& [key, value] : found->items()) {
            if (value.is_string())
                items[key] = value.get<std::string>();
            else
                refuse(name);
        }
        return items;
    }
    const std::string& refused() const { return refused_; }

private:
    const Json* member(const char* name) const {
        auto found = json_.find(name);
        return found == json_.end() ? nullptr : &*found;
    }
    void refuse(const char* name) {
        if (refused_.empty()) refused_ = name;
    }

    const Json& json_;
    std::string refused_;
};

}  // namespace

std::string_view name_of(ExistingPolicy policy) {
    switch (policy) {
        case ExistingPolicy::Skip:
            return "skip";
        case ExistingPolicy::Update:
            return "update";
        case ExistingPolicy::Recreate:
            return "recreate";
    }
    return "";
}

Result<ExistingPolicy> parse_existing_policy(std::string_view text) {
    if (text == "skip") return ExistingPolicy::Skip;
    if (text == "update") return ExistingPolicy::Update;
    if (text == "recreate") return ExistingPolicy::Recreate;
    return fail(ErrorCode::InvalidArgument, "'{}' is none of skip, update, recreate", text);
}

Json to_json(const RestoreOptions& options) {
    Json by_kind = Json::object();
    for (const auto& [kind, policy] : options.existing_by_kind) by_kind[kind] = name_of(policy);
    return Json{{"selection", to_json(options.selection)},
                {"map_namespaces", options.mappings.namespaces},
                {"map_storage_classes", options.mappings.storage_classes},
                {"map_images", options.mappings.images},
                {"transforms", options.transforms},
                {"order", options.order},
                {"existing", name_of(options.existing)},
                {"existing_by_kind", by_kind},
                {"restore_status", options.restore_status},
                {"drop_last_applied", options.drop_last_applied},
                {"drop_node_ports", options.drop_node_ports}};
}

Result<RestoreOptions> restore_options_from_json(const Json& json) {
    if (!json.is_object())
        return fail(ErrorCode::InvalidArgument, "restore options that are no JSON object");
    Members members(json);
    RestoreOptions options;
    auto selection = json.find("selection");
    if (selection == json.end())
        return fail(ErrorCode::InvalidArgument, "restore options without a selection");
    options.selection = TRY(selection_spec_from_json(*selection));
    options.mappings.namespaces = members.map("map_namespaces");
    options.mappings.storage_classes = members.map("map_storage_classes");
    options.mappings.images = members.map("map_images");
    options.transforms = members.text("transforms");
    options.order = members.list("order");
    options.existing = TRY(parse_existing_policy(members.text("existing")));
    for (const auto& [kind, policy] : members.map("existing_by_kind"))
        options.existing_by_kind[kind] = TRY(parse_existing_policy(policy));
    options.restore_status = members.list("restore_status");
    options.drop_last_applied = members.flag("drop_last_applied");
    options.drop_node_ports = members.flag("drop_node_ports");
    if (!members.refused().empty())
        return fail(ErrorCode::InvalidArgument, "restore option {} has the wrong type",
                    members.refused());
    return options;
}

}  // namespace holdfast::engine
