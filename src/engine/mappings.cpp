#include "engine/mappings.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "engine/rules/edit.h"
#include "engine/rules/namespaces.h"

namespace holdfast::engine {

namespace {

constexpr std::size_t kMaxNotes = 20;
constexpr std::size_t kMaxDepth = 200;
constexpr std::string_view kNameLabel = "kubernetes.io/metadata.name";

const std::string* lookup(const NameMap& map, const Json& text) {
    if (!text.is_string()) return nullptr;
    auto found = map.find(text.get_ref<const std::string&>());
    return found == map.end() ? nullptr : &found->second;
}

void rename_at(const NameMap& map, Json& object, std::string_view pointer) {
    Json* text = rules::edit_at(object, pointer);
    if (text == nullptr) return;
    if (const std::string* renamed = lookup(map, *text)) *text = *renamed;
}

void rename_items(const NameMap& map, Json& object, std::string_view pointer) {
    Json* items = rules::edit_at(object, pointer);
    if (items == nullptr || !items->is_array()) return;
    for (Json& item : *items)
        if (const std::string* renamed = lookup(map, item)) item = *renamed;
}

template <class Visit>
void each_item(Json& object, std::string_view pointer, Visit visit) {
    Json* items = rules::edit_at(object, pointer);
    if (items == nullptr || !items->is_array()) return;
    for (Json& item : *items) visit(item);
}

/// Users and groups of service accounts carry the namespace inside their names.
void rename_account(const NameMap& map, Json& name) {
    static constexpr std::array<std::string_view, 2> kPrefixes = {"system:serviceaccount:",
                                                                  "system:serviceaccounts:"};
    if (!name.is_string()) return;
    const std::string text = name.get<std::string>();
    for (std::string_view prefix : kPrefixes) {
        if (!text.starts_with(prefix)) continue;
        std::string rest = text.substr(prefix.size());
        std::size_t colon = std::min(rest.find(':'), rest.size());
        auto found = map.find(rest.substr(0, colon));
        if (found != map.end()) name = std::string(prefix) + found->second + rest.substr(colon);
    }
}

void rename_subjects(const NameMap& map, Json& binding) {
    each_item(binding, "/subjects", [&](Json& subject) {
        rename_at(map, subject, "/namespace");
        if (Json* name = rules::edit_at(subject, "/name"))
            if (base::text_at(subject, "/kind") != "ServiceAccount") rename_account(map, *name);
    });
}

/// A selector of namespaces by their name label.
void rename_selected(const NameMap& map, Json& selector) {
    Json* labels = rules::edit_at(selector, "/matchLabels");
    if (labels != nullptr && labels->is_object())
        if (auto name = labels->find(kNameLabel); name != labels->end())
            if (const std::string* renamed = lookup(map, *name)) *name = *renamed;
    each_item(selector, "/matchExpressions", [&](Json& expression) {
        if (base::text_at(expression, "/key") == kNameLabel)
            rename_items(map, expression, "/values");
    });
}

/// Members that name namespaces wherever they occur in objects of known groups.
void rename_known_members(const NameMap& map, Json& at, std::size_t depth) {
    if (depth > kMaxDepth) return;
    if (at.is_array())
        for (Json& item : at) rename_known_members(map, item, depth + 1);
    if (!at.is_object()) return;
    for (auto& entry : at.items()) {
        const std::string& key = entry.key();
        Json& value = entry.value();
        if (key == "namespaceSelector" && value.is_object()) {
            rename_selected(map, value);
            rename_items(map, value, "/matchNames");
        }
        bool reference = key == "service" || key == "claimRef" || key == "volumeSnapshotRef" ||
                         key == "dataSourceRef" || key == "paramRef" || key.ends_with("Ref") ||
                         key.ends_with("Reference");
        if (reference && value.is_object()) rename_at(map, value, "/namespace");
        if (key == "parentRefs" || key == "backendRefs" || key == "certificateRefs" ||
            key == "from" || key == "targetRefs")
            each_item(at, "/" + key, [&](Json& item) { rename_at(map, item, "/namespace"); });
        if (key == "podAffinityTerm" && value.is_object()) rename_items(map, value, "/namespaces");
        if (key == "requiredDuringSchedulingIgnoredDuringExecution")
            each_item(at, "/" + key, [&](Json& term) { rename_items(map, term, "/namespaces"); });
        rename_known_members(map, value, depth + 1);
    }
}

/// "ns/name" in annotations by which other projects point into a namespace.
void rename_annotations(const NameMap& map, Json& object) {
    static constexpr std::array<const char*, 3> kPointers = {
        "cert-manager.io/inject-ca-from", "cert-manager.io/inject-ca-from-secret",
        "reflector.v1.k8s.emberstack.com/reflects"};
    for (const char* name : kPointers) {
        std::string value = rules::annotation(object, name);
        std::size_t slash = value.find('/');
        if (slash == value.npos) continue;
        auto found = map.find(value.substr(0, slash));
        if (found != map.end())
            object["metadata"]["annotations"][name] = found->second + value.substr(slash);
    }
}

bool has_known_namespace_fields(const Json& object) {
    static constexpr std::array<std::string_view, 12> kGroups = {
        "",
        "apps",
        "batch",
        "networking.k8s.io",
        "gateway.networking.k8s.io",
        "snapshot.storage.k8s.io",
        "admissionregistration.k8s.io",
        "apiregistration.k8s.io",
        "apiextensions.k8s.io",
        "monitoring.coreos.com",
        "cert-manager.io",
        "external-secrets.io",
    };
    return std::ranges::find(kGroups, rules::object_group(object)) != kGroups.end();
}

/// Finds what still names an old namespace: members called so, and host names inside it.
class Leftovers {
public:
    explicit Leftovers(const NameMap& map) : map_(map) {}

    void search(const std::string& path, const Json& at, std::size_t depth = 0) {
        if (depth > kMaxDepth || notes_.size() >= kMaxNotes) return;
        if (at.is_string()) return look_at(path, at.get_ref<const std::string&>());
        if (at.is_array())
            for (std::size_t i = 0; i < at.size(); ++i)
                search(fmt::format("{}[{}]", path, i), at[i], depth + 1);
        if (!at.is_object()) return;
        for (const auto& entry : at.items())
            search(path.empty() ? entry.key() : path + "." + entry.key(), entry.value(), depth + 1);
    }
    std::vector<std::string> take() { return std::move(notes_); }

private:
    void look_at(const std::string& path, const std::string& text) {
        for (const auto& [old_name, new_name] : map_) {
            bool named =
                text == old_name && (path.ends_with("amespace") || path.ends_with("amespaces") ||
                                     path.find("amespaces[") != path.npos);
            std::string host = "." + old_name;
            std::size_t at = text.find(host);
            bool host_name = at != text.npos && at > 0 && is_host_end(text, at + host.size());
            if (named || host_name)
                notes_.push_back(fmt::format("{} still names namespace {}", path, old_name));
        }
    }
    /// "db.shop.svc" and "db.shop:5432" are host names; "x.shopping" is not.
    static bool is_host_end(const std::string& text, std::size_t end) {
        std::string_view rest = std::string_view(text).substr(end);
        return rest.starts_with(".svc") || rest.starts_with(":");
    }

    const NameMap& map_;
    std::vector<std::string> notes_;
};

bool is_namespace(const Json& object) {
    return rules::kind_of(object) == "Namespace" && rules::object_group(object).empty();
}

void rename_namespaces(const NameMap& map, Json& object) {
    if (is_namespace(object)) {
        if (auto found = map.find(rules::object_name(object)); found != map.end())
            rules::rename_namespace(object, found->second);
        return;
    }
    rename_at(map, object, "/metadata/namespace");
    rename_annotations(map, object);
    if (rules::object_group(object) == "rbac.authorization.k8s.io") rename_subjects(map, object);
    if (has_known_namespace_fields(object)) rename_known_members(map, object, 0);
}

std::vector<std::string> map_namespaces(const NameMap& map, Json& object) {
    rename_namespaces(map, object);
    if (is_namespace(object)) return {};
    Leftovers leftovers(map);
    for (const auto& entry : object.items())
        if (entry.key() != "metadata" && entry.key() != "status")
            leftovers.search(entry.key(), entry.value());
    return leftovers.take();
}

void map_quota_keys(const NameMap& classes, Json& quota) {
    Json* hard = rules::edit_at(quota, "/spec/hard");
    if (hard == nullptr || !hard->is_object()) return;
    constexpr std::string_view kMark = ".storageclass.storage.k8s.io/";
    Json renamed = Json::object();
    for (const auto& entry : hard->items()) {
        std::string key = entry.key();
        std::size_t mark = key.find(kMark);
        if (mark != key.npos)
            if (auto found = classes.find(key.substr(0, mark)); found != classes.end())
                key = found->second + key.substr(mark);
        renamed[key] = entry.value();
    }
    *hard = std::move(renamed);
}

void map_claim_class(const NameMap& classes, Json& claim) {
    rename_at(classes, claim, "/spec/storageClassName");
    constexpr const char* kOld = "volume.beta.kubernetes.io/storage-class";
    std::string old_form = rules::annotation(claim, kOld);
    if (auto found = classes.find(old_form); found != classes.end())
        claim["metadata"]["annotations"][kOld] = found->second;
}

void map_storage_classes(const NameMap& classes, Json& object) {
    std::string kind = rules::kind_of(object);
    std::string group = rules::object_group(object);
    if (group.empty() && (kind == "PersistentVolumeClaim" || kind == "PersistentVolume"))
        map_claim_class(classes, object);
    if (group.empty() && kind == "ResourceQuota") map_quota_keys(classes, object);
    if (group == "apps" && kind == "StatefulSet")
        each_item(object, "/spec/volumeClaimTemplates",
                  [&](Json& claim) { map_claim_class(classes, claim); });
    if (const char* pods = rules::pod_template_pointer(group, kind))
        each_item(object, std::string(pods) + "/spec/volumes", [&](Json& volume) {
            rename_at(classes, volume, "/ephemeral/volumeClaimTemplate/spec/storageClassName");
        });
}

/// Whether `old_image` stands for `image`: all of it, or up to where a part of it ends.
bool image_matches(std::string_view image, std::string_view old_image) {
    if (!image.starts_with(old_image)) return false;
    if (image.size() == old_image.size()) return true;
    constexpr std::string_view kEnds = "/:@";
    return kEnds.contains(old_image.back()) || kEnds.contains(image[old_image.size()]);
}

void map_image(const NameMap& images, Json& image) {
    if (!image.is_string()) return;
    const std::string text = image.get<std::string>();
    const NameMap::value_type* best = nullptr;
    for (const auto& entry : images)
        if (image_matches(text, entry.first) &&
            (best == nullptr || entry.first.size() > best->first.size()))
            best = &entry;
    if (best != nullptr) image = best->second + text.substr(best->first.size());
}

void map_images(const NameMap& images, Json& object) {
    const char* pods =
        rules::pod_template_pointer(rules::object_group(object), rules::kind_of(object));
    if (pods == nullptr) return;
    std::string spec = std::string(pods) + "/spec";
    auto map_at = [&](Json& holder, const char* pointer) {
        if (Json* image = rules::edit_at(holder, pointer)) map_image(images, *image);
    };
    for (const char* list : {"/containers", "/initContainers", "/ephemeralContainers"})
        each_item(object, spec + list, [&](Json& container) { map_at(container, "/image"); });
    each_item(object, spec + "/volumes", [&](Json& volume) { map_at(volume, "/image/reference"); });
}

bool is_dns_label(std::string_view name) {
    auto ok = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return !name.empty() && name.size() <= 63 && std::ranges::all_of(name, ok) &&
           name.front() != '-' && name.back() != '-';
}

}  // namespace

Result<void> check_mappings(const Mappings& mappings) {
    std::set<std::string> targets;
    for (const auto& [old_name, new_name] : mappings.namespaces) {
        if (!is_dns_label(old_name) || !is_dns_label(new_name))
            return fail(ErrorCode::InvalidArgument,
                        "the namespace mapping {}={} does not have two namespace names", old_name,
                        new_name);
        if (!targets.insert(new_name).second)
            return fail(ErrorCode::InvalidArgument, "two namespaces would become {}", new_name);
    }
    for (const NameMap* map : {&mappings.storage_classes, &mappings.images})
        for (const auto& [old_name, new_name] : *map)
            if (old_name.empty() || new_name.empty())
                return fail(ErrorCode::InvalidArgument, "the mapping {}={} lacks a name", old_name,
                            new_name);
    return {};
}

std::string_view mapped_namespace(const Mappings& mappings, std::string_view ns) {
    auto found = mappings.namespaces.find(std::string(ns));
    return found == mappings.namespaces.end() ? ns : std::string_view(found->second);
}

std::vector<std::string> apply_mappings(const Mappings& mappings, Json& object) {
    std::vector<std::string> notes;
    if (!object.is_object()) return notes;
    if (!mappings.namespaces.empty()) notes = map_namespaces(mappings.namespaces, object);
    if (!mappings.storage_classes.empty()) map_storage_classes(mappings.storage_classes, object);
    if (!mappings.images.empty()) map_images(mappings.images, object);
    return notes;
}

NameMap renames_in(const NameMap& renames, const Json& object) {
    auto changes = [&](const NameMap& some) {
        Json renamed = object;
        rename_namespaces(some, renamed);
        return renamed != object;
    };
    NameMap found;
    if (renames.empty() || !object.is_object() || !changes(renames)) return found;
    for (const auto& rename : renames)
        if (changes({rename})) found.insert(rename);
    return found;
}

std::string why_left_to_original(const NameMap& renames, const Json& live) {
    std::vector<std::string> originals, copies;
    for (const auto& [original, copy] : renames_in(renames, live)) {
        originals.push_back(original);
        copies.push_back(copy);
    }
    if (originals.empty()) return "";
    return fmt::format("exists and serves namespace {}; a copy for {} must be made by hand",
                       base::join(originals, ", "), base::join(copies, ", "));
}

}  // namespace holdfast::engine
