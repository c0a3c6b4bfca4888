#include "engine/rules/edit.h"

#include <array>
#include <nlohmann/json.hpp>

namespace holdfast::engine::rules {

namespace {

std::string map_entry(const Json& object, const char* map, std::string_view name) {
    const Json* entries = base::find_json(object, map);
    if (entries == nullptr || !entries->is_object()) return "";
    auto found = entries->find(std::string(name));
    return found != entries->end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

Json* edit_at(Json& json, std::string_view pointer) {
    return const_cast<Json*>(base::find_json(json, pointer));
}

bool erase_at(Json& json, std::string_view pointer) {
    std::size_t slash = pointer.rfind('/');
    if (slash == pointer.npos) return false;
    Json* parent = edit_at(json, pointer.substr(0, slash));
    if (parent == nullptr || !parent->is_object()) return false;
    return parent->erase(std::string(pointer.substr(slash + 1))) > 0;
}

void erase_if_empty(Json& json, std::string_view pointer) {
    const Json* found = base::find_json(json, pointer);
    if (found == nullptr) return;
    bool blank = found->is_string() ? found->get_ref<const std::string&>().empty()
                                    : found->is_structured() && found->empty();
    if (blank) erase_at(json, pointer);
}

std::string annotation(const Json& object, std::string_view name) {
    return map_entry(object, "/metadata/annotations", name);
}

std::string label(const Json& object, std::string_view name) {
    return map_entry(object, "/metadata/labels", name);
}

void erase_annotations(Json& object, std::span<const std::string_view> names) {
    Json* annotations = edit_at(object, "/metadata/annotations");
    if (annotations == nullptr || !annotations->is_object()) return;
    for (std::string_view name : names) annotations->erase(std::string(name));
    erase_if_empty(object, "/metadata/annotations");
}

std::string_view group_of(std::string_view api_version) {
    std::size_t slash = api_version.find('/');
    return slash == api_version.npos ? std::string_view{} : api_version.substr(0, slash);
}

std::string_view version_of(std::string_view api_version) {
    std::size_t slash = api_version.find('/');
    return slash == api_version.npos ? api_version : api_version.substr(slash + 1);
}

std::string kind_of(const Json& object) {
    return base::text_at(object, "/kind");
}

std::string object_group(const Json& object) {
    return std::string(group_of(base::text_at(object, "/apiVersion")));
}

std::string object_namespace(const Json& object) {
    return base::text_at(object, "/metadata/namespace");
}

std::string object_name(const Json& object) {
    return base::text_at(object, "/metadata/name");
}

const char* pod_template_pointer(std::string_view group, std::string_view kind) {
    struct Entry {
        std::string_view group, kind;
        const char* pointer;
    };
    static constexpr std::array<Entry, 9> kEntries = {{
        {.group = "", .kind = "Pod", .pointer = ""},
        {.group = "", .kind = "PodTemplate", .pointer = "/template"},
        {.group = "", .kind = "ReplicationController", .pointer = "/spec/template"},
        {.group = "apps", .kind = "Deployment", .pointer = "/spec/template"},
        {.group = "apps", .kind = "ReplicaSet", .pointer = "/spec/template"},
        {.group = "apps", .kind = "StatefulSet", .pointer = "/spec/template"},
        {.group = "apps", .kind = "DaemonSet", .pointer = "/spec/template"},
        {.group = "batch", .kind = "Job", .pointer = "/spec/template"},
        {.group = "batch", .kind = "CronJob", .pointer = "/spec/jobTemplate/spec/template"},
    }};
    for (const Entry& entry : kEntries)
        if (entry.group == group && entry.kind == kind) return entry.pointer;
    return nullptr;
}

}  // namespace holdfast::engine::rules
