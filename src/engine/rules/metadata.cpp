#include "engine/rules/metadata.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "engine/rules/edit.h"

namespace holdfast::engine::rules {

namespace {

/// Domains with fewer labels than this, such as "io", say nothing about who owns a finalizer.
constexpr std::ptrdiff_t kLeastDomainDots = 1;

bool is_subdomain(std::string_view inner, std::string_view outer) {
    if (std::count(outer.begin(), outer.end(), '.') < kLeastDomainDots) return false;
    if (inner == outer) return true;
    return inner.size() > outer.size() && inner.ends_with(outer) &&
           inner[inner.size() - outer.size() - 1] == '.';
}

}  // namespace

void strip_server_metadata(Json& object) {
    Json* metadata = edit_at(object, "/metadata");
    if (metadata == nullptr || !metadata->is_object()) return;
    for (const char* field :
         {"uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
          "deletionGracePeriodSeconds", "selfLink", "managedFields"})
        metadata->erase(field);
}

void strip_status(Json& object) {
    if (object.is_object()) object.erase("status");
}

void strip_momentary_annotations(Json& object, bool drop_last_applied) {
    static constexpr std::array<std::string_view, 4> kMomentary = {
        "control-plane.alpha.kubernetes.io/leader",
        "endpoints.kubernetes.io/last-change-trigger-time",
        "node.alpha.kubernetes.io/ttl",
        "volumes.kubernetes.io/controller-managed-attach-detach",
    };
    static constexpr std::array<std::string_view, 1> kLastApplied = {
        "kubectl.kubernetes.io/last-applied-configuration"};
    erase_annotations(object, kMomentary);
    if (drop_last_applied) erase_annotations(object, kLastApplied);
}

bool is_builtin_finalizer(std::string_view finalizer) {
    static constexpr std::array<std::string_view, 4> kPlain = {
        "kubernetes", "foregroundDeletion", "orphan", "foregroundDeletionOrphan"};
    // External controllers that follow Kubernetes' own objects: they add theirs to what they see.
    static constexpr std::array<std::string_view, 3> kDomains = {"kubernetes.io", "k8s.io",
                                                                 "batch.kubernetes.io"};
    if (std::ranges::find(kPlain, finalizer) != kPlain.end()) return true;
    std::string_view domain = finalizer.substr(0, finalizer.find('/'));
    return std::ranges::any_of(kDomains,
                               [&](std::string_view outer) { return is_subdomain(domain, outer); });
}

bool finalizer_belongs_to(std::string_view finalizer, const std::vector<std::string>& groups) {
    std::string_view domain = finalizer.substr(0, finalizer.find('/'));
    return std::ranges::any_of(groups, [&](const std::string& group) {
        return is_subdomain(domain, group) || is_subdomain(group, domain);
    });
}

std::vector<std::string> strip_finalizers(
    Json& object, const std::function<bool(std::string_view)>& has_controller) {
    std::vector<std::string> dropped;
    Json* finalizers = edit_at(object, "/metadata/finalizers");
    if (finalizers == nullptr) return dropped;
    Json kept = Json::array();
    if (finalizers->is_array()) {
        for (const Json& finalizer : *finalizers) {
            if (!finalizer.is_string()) continue;
            const auto& name = finalizer.get_ref<const std::string&>();
            if (is_builtin_finalizer(name)) continue;
            if (has_controller(name))
                kept.push_back(name);
            else
                dropped.push_back(name);
        }
    }
    *finalizers = std::move(kept);
    erase_if_empty(object, "/metadata/finalizers");
    return dropped;
}

}  // namespace holdfast::engine::rules
