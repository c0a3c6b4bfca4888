#include "engine/plan.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <utility>

#include "engine/mappings.h"
#include "engine/object_row.h"

namespace holdfast::engine {

std::string_view PlanEntry::ns() const {
    return std::string_view(place).substr(0, place.find('\0'));
}

std::string_view PlanEntry::name() const {
    return std::string_view(place).substr(place.find('\0') + 1);
}

std::string PlanKind::prefix() const {
    return encode_key_prefix(captured.group, captured.kind);
}

std::vector<std::string> PlanKind::scan_prefixes() const {
    constexpr std::size_t kMaxNamespaces = 16;
    std::vector<std::string> prefixes;
    std::string_view last;
    for (const PlanEntry& entry : entries) {
        if (!prefixes.empty() && entry.ns() == last) continue;
        if (prefixes.size() == kMaxNamespaces) return {prefix()};
        last = entry.ns();
        prefixes.push_back(prefix() + std::string(last) + '\0');
    }
    return prefixes;
}

const PlanEntry* PlanKind::find(std::string_view place) const {
    auto found = std::ranges::lower_bound(
        entries, place, {}, [](const PlanEntry& entry) { return std::string_view(entry.place); });
    return found != entries.end() && found->place == place ? &*found : nullptr;
}

const PlanKind* RestorePlan::Impl::find_kind(std::string_view group, std::string_view kind) const {
    auto found = std::ranges::find_if(kinds, [&](const PlanKind& one) {
        return one.captured.group == group && one.captured.kind == kind;
    });
    return found == kinds.end() ? nullptr : &*found;
}

const PlanEntry* RestorePlan::Impl::find(const ObjectKey& key) const {
    const PlanKind* kind = find_kind(key.group, key.kind);
    if (kind == nullptr) return nullptr;
    std::string place = key.ns;
    place.push_back('\0');
    return kind->find(place + key.name);
}

bool RestorePlan::Impl::restores(const ObjectKey& key) const {
    const PlanEntry* entry = find(key);
    return entry != nullptr && entry->skip == 0;
}

bool RestorePlan::Impl::restores_volume(std::string_view volume, const PlanEntry& claim) const {
    if (!restores({.group = "", .kind = "PersistentVolume", .ns = "", .name = std::string(volume)}))
        return false;
    auto reserved = volume_claims.find(volume);
    return reserved == volume_claims.end() || reserved->second == claim.place;
}

std::span<const OwnerTie> RestorePlan::Impl::dependents(std::size_t kind, std::size_t entry) const {
    auto found =
        std::ranges::equal_range(ties, std::pair(kind, entry), {}, [](const OwnerTie& tie) {
            return std::pair<std::size_t, std::size_t>(tie.owner_kind, tie.owner);
        });
    return {found.begin(), found.end()};
}

std::string_view RestorePlan::Impl::reason(const PlanEntry& entry) const {
    return entry.skip == 0 ? std::string_view{} : std::string_view(reasons[entry.skip - 1u]);
}

ObjectKey RestorePlan::Impl::target_key(const PlanKind& kind, const PlanEntry& entry) const {
    return target_key({.group = kind.captured.group,
                       .kind = kind.captured.kind,
                       .ns = std::string(entry.ns()),
                       .name = std::string(entry.name())});
}

ObjectKey RestorePlan::Impl::target_key(const ObjectKey& key) const {
    bool is_namespace = key.kind == "Namespace" && key.group.empty();
    std::string_view name =
        is_namespace ? mapped_namespace(options.mappings, key.name) : std::string_view(key.name);
    return {.group = key.group,
            .kind = key.kind,
            .ns = std::string(mapped_namespace(options.mappings, key.ns)),
            .name = std::string(name)};
}

RestorePlan::RestorePlan(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RestorePlan::RestorePlan(RestorePlan&&) noexcept = default;
RestorePlan& RestorePlan::operator=(RestorePlan&&) noexcept = default;
RestorePlan::~RestorePlan() = default;

std::uint64_t RestorePlan::objects() const {
    std::uint64_t count = 0;
    for (const KindCount& kind : kinds()) count += kind.objects;
    return count;
}

std::uint64_t RestorePlan::skipped() const {
    std::uint64_t count = 0;
    for (const PlanKind& kind : impl_->kinds) count += kind.entries.size();
    return count - objects();
}

std::vector<KindCount> RestorePlan::kinds() const {
    std::vector<KindCount> counts;
    for (const PlanKind& kind : impl_->kinds) {
        auto sent = std::ranges::count_if(kind.entries,
                                          [](const PlanEntry& entry) { return entry.skip == 0; });
        if (sent > 0)
            counts.push_back({.group = kind.captured.group,
                              .kind = kind.captured.kind,
                              .objects = static_cast<std::uint64_t>(sent)});
    }
    return counts;
}

std::vector<std::string> RestorePlan::namespaces() const {
    std::set<std::string, std::less<>> names;
    for (const PlanKind& kind : impl_->kinds)
        for (const PlanEntry& entry : kind.entries)
            if (entry.skip == 0 && !entry.ns().empty())
                names.emplace(mapped_namespace(impl_->options.mappings, entry.ns()));
    return {names.begin(), names.end()};
}

}  // namespace holdfast::engine
