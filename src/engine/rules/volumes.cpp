#include "engine/rules/volumes.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/rules/edit.h"

namespace holdfast::engine::rules {

void strip_claim_binding(Json& claim) {
    static constexpr std::array<std::string_view, 5> kBinding = {
        "pv.kubernetes.io/bind-completed",          "pv.kubernetes.io/bound-by-controller",
        "volume.kubernetes.io/selected-node",       "volume.beta.kubernetes.io/storage-provisioner",
        "volume.kubernetes.io/storage-provisioner",
    };
    erase_annotations(claim, kBinding);
}

bool release_claim(Json& claim) {
    bool bound = !base::text_at(claim, "/spec/volumeName").empty();
    erase_at(claim, "/spec/volumeName");
    erase_at(claim, "/spec/dataSource");
    erase_at(claim, "/spec/dataSourceRef");
    return bound;
}

void prebind_volume(Json& volume) {
    static constexpr std::array<std::string_view, 1> kBinding = {
        "pv.kubernetes.io/bound-by-controller"};
    erase_annotations(volume, kBinding);
    erase_at(volume, "/spec/claimRef/uid");
    erase_at(volume, "/spec/claimRef/resourceVersion");
}

std::string_view why_volume_not_restored(const ObjectPeek& volume) {
    bool dynamic = volume.annotations.contains("pv.kubernetes.io/provisioned-by");
    return dynamic ? "was provisioned for its claim, and its data is not in the point" : "";
}

bool can_bind(const Json& live_volume, std::string_view ns, std::string_view name) {
    if (base::find_json(live_volume, "/metadata/deletionTimestamp") != nullptr) return false;
    if (base::find_json(live_volume, "/spec/claimRef") != nullptr &&
        !is_reserved_for(live_volume, ns, name))
        return false;
    std::string phase = base::text_at(live_volume, "/status/phase");
    if (phase == "Released")
        return base::text_at(live_volume, "/spec/persistentVolumeReclaimPolicy") == "Retain";
    // Pending: just created, and not yet seen by its controller.
    return phase == "Available" ||
           ((phase.empty() || phase == "Pending") && !has_had_claim(live_volume));
}

bool is_reserved_for(const Json& volume, std::string_view ns, std::string_view name) {
    return base::text_at(volume, "/spec/claimRef/namespace") == ns &&
           base::text_at(volume, "/spec/claimRef/name") == name;
}

bool has_had_claim(const Json& volume) {
    return !base::text_at(volume, "/spec/claimRef/uid").empty();
}

Json rebinding_patch() {
    return {{"spec", {{"claimRef", {{"uid", nullptr}, {"resourceVersion", nullptr}}}}}};
}

}  // namespace holdfast::engine::rules
