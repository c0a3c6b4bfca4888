#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/object_row.h"
#include "engine/order.h"
#include "engine/restore.h"
#include "engine/restore_options.h"
#include "engine/transforms.h"
#include "kube/resource_type.h"

namespace holdfast::engine {

/// One object of the plan. Small, for there may be hundreds of thousands.
struct PlanEntry {
    /// "<namespace>\0<name>" in the point: the key without what all of its kind share.
    std::string place;
    std::uint16_t skip = 0;    ///< Zero, or one more than the index of the reason.
    std::uint8_t depth = 0;    ///< Owners of the same wave have smaller ones.
    bool needed_only = false;  ///< Brought along; an existing one is left alone.
    bool is_owner = false;     ///< Others refer to it, so its UID is remembered.
    bool owner_later = false;  ///< At least one owner is sent in a later wave.
    bool name_only = false;    ///< The object itself is lost; see SourceObject.

    std::string_view ns() const;
    std::string_view name() const;
};

/// All objects of one kind.
struct PlanKind {
    kube::ResourceType captured;               ///< As the point names it.
    std::optional<kube::ResourceType> served;  ///< As the target serves it, if it does already.
    Wave wave = 0;
    ExistingPolicy existing = ExistingPolicy::Skip;
    bool keep_status = false;
    /// The name of the definition in this restore that makes the target serve it; or empty.
    std::string definition;
    std::uint8_t depth = 0;          ///< The largest of its entries.
    std::vector<PlanEntry> entries;  ///< Sorted by key.

    std::string prefix() const;
    /// Prefixes of keys, ascending, below which all entries lie: one per namespace where those are
    /// few, so that a small part of a large point is found without reading the rest.
    std::vector<std::string> scan_prefixes() const;
    const PlanEntry* find(std::string_view place) const;
};

/// An owner and a dependent that are both restored: indices of their kinds, and of their entries
/// in those.
struct OwnerTie {
    std::uint32_t owner_kind = 0;
    std::uint32_t owner = 0;
    std::uint32_t kind = 0;
    std::uint32_t entry = 0;

    auto operator<=>(const OwnerTie&) const = default;
};

class RestorePlan::Impl {
public:
    RestoreOptions options;
    Transforms transforms;
    kube::Discovery target;
    std::vector<PlanKind> kinds;  ///< Sorted by wave, then group and kind.
    std::vector<OwnerTie> ties;   ///< Sorted, each once.
    std::vector<std::string> reasons;
    /// API groups that the target serves or will: who may handle third-party finalizers.
    std::vector<std::string> controller_groups;
    /// The claims, as PlanEntry::place, that volumes of the plan are reserved for, by volume.
    std::map<std::string, std::string, std::less<>> volume_claims;
    Wave guards = 0;  ///< The first wave of what can refuse other objects.

    const PlanKind* find_kind(std::string_view group, std::string_view kind) const;
    /// The entry of an object, by what it is called in the point; nullptr when it is not planned.
    const PlanEntry* find(const ObjectKey& key) const;
    /// The same, unless the entry is skipped.
    bool restores(const ObjectKey& key) const;
    /// Whether a volume comes with this restore and can be bound to a claim of it.
    bool restores_volume(std::string_view volume, const PlanEntry& claim) const;
    /// The ties of what the object owns.
    std::span<const OwnerTie> dependents(std::size_t kind, std::size_t entry) const;
    std::string_view reason(const PlanEntry& entry) const;
    /// Where an object of the plan goes, unless a transform renames it.
    ObjectKey target_key(const PlanKind& kind, const PlanEntry& entry) const;
    ObjectKey target_key(const ObjectKey& key) const;
};

}  // namespace holdfast::engine
