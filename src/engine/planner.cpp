#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/mappings.h"
#include "engine/object_peek.h"
#include "engine/object_row.h"
#include "engine/object_source.h"
#include "engine/order.h"
#include "engine/plan.h"
#include "engine/progress_meter.h"
#include "engine/restore.h"
#include "engine/restore_options.h"
#include "engine/restore_scope.h"
#include "engine/rules/not_restored.h"
#include "engine/rules/owners.h"
#include "engine/rules/snapshots.h"
#include "engine/rules/volumes.h"
#include "engine/selection.h"
#include "engine/transforms.h"
#include "kube/client.h"
#include "kube/kind_selector.h"
#include "kube/label_selector.h"
#include "kube/resource_type.h"

namespace holdfast::engine {

namespace {

constexpr std::size_t kMaxReasons = 60000;
constexpr unsigned kMaxOwnerDepth = 32;

/// Whether a kind outside namespaces can be chosen by what the chosen namespaces need.
struct Candidate {
    std::size_t kind;
    std::string name;
    std::vector<NamedNeed> needs;
    std::vector<std::string> subject_namespaces;
};

struct Owned {
    std::size_t kind;
    std::string place;
    std::vector<rules::OwnerReference> owners;
};

/// The kinds of the target and, below them, those that only the point knows.
kube::Discovery merged(const kube::Discovery& target, const kube::Discovery& captured) {
    kube::Discovery all = target;
    for (const kube::ResourceType& type : captured.types)
        if (target.find(type.group, type.kind) == nullptr) all.types.push_back(type);
    std::ranges::sort(all.types, [](const auto& one, const auto& two) {
        return std::tie(one.group, one.kind) < std::tie(two.group, two.kind);
    });
    return all;
}

class Planner {
public:
    Planner(const RestoreEnvironment& environment, const RestoreOptions& options)
        : environment_(environment),
          meter_(environment.progress, environment.clock, "planning"),
          plan_(std::make_unique<RestorePlan::Impl>()) {
        plan_->options = options;
    }

    Result<RestorePlan> run(std::stop_token stop) {
        TRY(understand_options(stop));
        auto visit = [&](const SourceObject& object) -> Result<void> {
            if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "stopped while planning");
            return take(object);
        };
        auto wanted = [&](std::string_view key) {
            auto decoded = decode_key(key);
            // What is no key is an error of the visit's.
            return !decoded || may_be_restored(*selection_, *decoded);
        };
        for (const std::string& part : scan_prefixes())
            TRY(environment_.source.each(part, wanted, visit));
        bring_what_is_needed();
        finish_kinds();
        resolve_owners();
        meter_.flush();
        return RestorePlan(std::move(plan_));
    }

private:
    Result<void> understand_options(std::stop_token stop) {
        plan_->target = TRY(environment_.client.discover(stop), "asking the target for its kinds");
        TRY(check_mappings(plan_->options.mappings));
        plan_->transforms = TRY(Transforms::parse(plan_->options.transforms));
        order_ = TRY(RestoreOrder::create(plan_->options.order), "the restore order");
        plan_->guards = order_.guards();
        all_kinds_ = merged(plan_->target, environment_.captured);
        const SelectionSpec& spec = plan_->options.selection;
        selection_ = TRY(Selection::create(spec, all_kinds_));
        selector_ = TRY(kube::LabelSelector::parse(spec.selector));
        excluded_selector_ = TRY(kube::LabelSelector::parse(spec.excluded_selector));
        for (const auto& [text, policy] : plan_->options.existing_by_kind)
            for (const kube::ResourceType& type : TRY(kube::resolve_kind(text, all_kinds_)))
                existing_[{type.group, type.kind}] = policy;
        for (const std::string& text : plan_->options.restore_status)
            for (const kube::ResourceType& type : TRY(kube::resolve_kind(text, all_kinds_)))
                keep_status_.insert({type.group, type.kind});
        return {};
    }

    /// All of the point, or what can lie in the chosen namespaces when those are plain names.
    std::vector<std::string> scan_prefixes() const {
        auto namespaces = selection_->plain_namespaces();
        if (!namespaces || environment_.captured.types.empty()) return {""};
        std::vector<std::string> prefixes;
        for (const kube::ResourceType& type : environment_.captured.types) {
            std::string prefix = encode_key_prefix(type.group, type.kind);
            if (!type.namespaced)
                prefixes.push_back(prefix);
            else
                for (const std::string& ns : *namespaces) prefixes.push_back(prefix + ns + '\0');
        }
        return prefixes;
    }

    /// Decides on one object of the point, in the order of keys.
    Result<void> take(const SourceObject& object) {
        ObjectKey key = TRY(decode_key(object.key), "an object of the point");
        meter_.add(1, key.kind);
        ObjectPeek peek = TRY(peeker_.peek(object.body), "reading {}", key.text());
        bool chosen = is_chosen(key, peek);
        if (!chosen && !may_be_needed(*selection_, key)) return {};
        std::size_t kind = kind_of(key, peek);
        remember_definition(peek);
        if (!chosen) {
            candidates_.push_back({.kind = kind,
                                   .name = key.name,
                                   .needs = std::move(peek.needs),
                                   .subject_namespaces = std::move(peek.subject_namespaces)});
            keep_for_later(key, peek, object);
            return {};
        }
        add(kind, key, peek, object);
        note_needs(key, peek);
        return {};
    }

    bool is_chosen(const ObjectKey& key, const ObjectPeek& peek) const {
        if (!selection_->includes_type(key.group, key.kind)) return false;
        if (!labels_match(peek)) return false;
        if (!key.ns.empty()) return true;
        // A namespace that was not chosen has not come this far.
        if (key.kind == "Namespace" && key.group.empty() &&
            !plan_->options.selection.namespaces.empty())
            return true;
        return !selection_->without_cluster_objects() && !selection_->only_needed_cluster_objects();
    }

    bool labels_match(const ObjectPeek& peek) const {
        return selector_.matches(peek.labels) &&
               (excluded_selector_.empty() || !excluded_selector_.matches(peek.labels));
    }

    std::size_t kind_of(const ObjectKey& key, const ObjectPeek& peek) {
        if (!kinds_.empty() && kinds_.back().captured.group == key.group &&
            kinds_.back().captured.kind == key.kind)
            return kinds_.size() - 1;
        PlanKind kind;
        if (const auto* type = environment_.captured.find(key.group, key.kind)) {
            kind.captured = *type;
        } else {
            kind.captured.group = key.group;
            kind.captured.version = rules_version(peek);
            kind.captured.kind = key.kind;
            kind.captured.namespaced = !key.ns.empty();
        }
        if (const auto* type = plan_->target.find(key.group, key.kind)) kind.served = *type;
        const kube::ResourceType& known = kind.served ? *kind.served : kind.captured;
        kind.wave = order_.wave(known);
        auto policy = existing_.find({key.group, key.kind});
        kind.existing = policy == existing_.end() ? plan_->options.existing : policy->second;
        kind.keep_status = keep_status_.contains({key.group, key.kind});
        kinds_.push_back(std::move(kind));
        return kinds_.size() - 1;
    }

    static std::string rules_version(const ObjectPeek& peek) {
        std::size_t slash = peek.api_version.find('/');
        return slash == std::string::npos ? peek.api_version : peek.api_version.substr(slash + 1);
    }

    void remember_definition(const ObjectPeek& peek) {
        if (!peek.defined_kind.empty())
            definitions_[{peek.defined_group, peek.defined_kind}] = peek.name;
    }

    /// What is needed later is decided without its body; so its entry waits here.
    void keep_for_later(const ObjectKey& key, const ObjectPeek& peek, const SourceObject& object) {
        waiting_.push_back(make_entry(key, peek, object));
        waiting_.back().needed_only = true;
        waiting_owners_.push_back(peek.owners);
    }

    PlanEntry make_entry(const ObjectKey& key, const ObjectPeek& peek, const SourceObject& object) {
        PlanEntry entry;
        // What exists is better than what is left of it.
        entry.name_only = entry.needed_only = object.name_only;
        entry.place = key.ns;
        entry.place.push_back('\0');
        entry.place += key.name;
        std::string_view why = rules::why_not_restored(peek);
        if (why.empty() && key.group.empty() && key.kind == "PersistentVolume")
            why = rules::why_volume_not_restored(peek);
        if (why.empty()) why = rules::why_snapshot_not_restored(peek);
        if (object.deleting) why = "was being deleted when it was captured";
        bool named = !plan_->options.selection.namespaces.empty();
        bool is_namespace = key.group.empty() && key.kind == "Namespace";
        if (!named && rules::is_system_namespace(is_namespace ? key.name : key.ns))
            why = "belongs to a system namespace, which was not named";
        if (!why.empty()) entry.skip = reason_number(why);
        if (entry.skip == 0 && !peek.claim_place.empty())
            plan_->volume_claims.emplace(key.name, peek.claim_place);
        return entry;
    }

    void add(std::size_t kind, const ObjectKey& key, const ObjectPeek& peek,
             const SourceObject& object) {
        PlanEntry entry = make_entry(key, peek, object);
        if (!peek.owners.empty() && entry.skip == 0)
            owned_.push_back({.kind = kind, .place = entry.place, .owners = peek.owners});
        kinds_[kind].entries.push_back(std::move(entry));
    }

    void note_needs(const ObjectKey& key, const ObjectPeek& peek) {
        if (!key.ns.empty()) needed_.insert({"", "Namespace", key.ns});
        if (!key.ns.empty()) chosen_namespaces_.insert(key.ns);
        needed_kinds_.insert({key.group, key.kind});
        needed_.insert(peek.needs.begin(), peek.needs.end());
    }

    bool is_needed(const Candidate& candidate) const {
        const kube::ResourceType& type = kinds_[candidate.kind].captured;
        if (needed_.contains({type.group, type.kind, candidate.name})) return true;
        if (type.group == "apiextensions.k8s.io")
            return std::ranges::any_of(definitions_, [&](const auto& definition) {
                return definition.second == candidate.name &&
                       needed_kinds_.contains(definition.first);
            });
        return type.kind == "ClusterRoleBinding" && type.group == "rbac.authorization.k8s.io" &&
               std::ranges::any_of(candidate.subject_namespaces, [&](const std::string& ns) {
                   return chosen_namespaces_.contains(ns);
               });
    }

    /// What is needed may need more, such as the role of a binding; each round adds at least one.
    void bring_what_is_needed() {
        std::vector<bool> brought(candidates_.size(), false);
        for (bool more = true; more;) {
            more = false;
            for (std::size_t i = 0; i < candidates_.size(); ++i) {
                if (brought[i] || !is_needed(candidates_[i])) continue;
                brought[i] = more = true;
                needed_.insert(candidates_[i].needs.begin(), candidates_[i].needs.end());
                if (!waiting_owners_[i].empty() && waiting_[i].skip == 0)
                    owned_.push_back({.kind = candidates_[i].kind,
                                      .place = waiting_[i].place,
                                      .owners = std::move(waiting_owners_[i])});
                kinds_[candidates_[i].kind].entries.push_back(std::move(waiting_[i]));
            }
        }
        candidates_.clear();
        waiting_.clear();
        waiting_owners_.clear();
    }

    void finish_kinds() {
        std::set<std::string> groups;
        for (const kube::ResourceType& type : plan_->target.types) groups.insert(type.group);
        for (PlanKind& kind : kinds_) {
            std::ranges::sort(kind.entries, {}, &PlanEntry::place);
            kind.entries.shrink_to_fit();
            if (auto found = definitions_.find({kind.captured.group, kind.captured.kind});
                found != definitions_.end() && is_planned_definition(found->second)) {
                kind.definition = found->second;
                groups.insert(kind.captured.group);
            }
        }
        for (const std::string& group : groups)
            if (!is_builtin_group(group)) plan_->controller_groups.push_back(group);
    }

    bool is_planned_definition(const std::string& name) const {
        for (const PlanKind& kind : kinds_)
            if (kind.captured.group == "apiextensions.k8s.io")
                return std::ranges::any_of(kind.entries, [&](const PlanEntry& entry) {
                    return entry.skip == 0 && entry.name() == name;
                });
        return false;
    }

    struct Place {
        PlanKind* kind = nullptr;
        PlanEntry* entry = nullptr;
    };

    /// The owner as the plan has it: in the dependent's namespace, or outside any.
    Place find_owner(const rules::OwnerReference& owner, std::string_view ns) {
        for (PlanKind& kind : kinds_) {
            if (kind.captured.kind != owner.kind || kind.captured.group != owner.group()) continue;
            std::string place(kind.captured.namespaced ? ns : std::string_view{});
            place.push_back('\0');
            const PlanEntry* entry = kind.find(place + owner.name);
            return {.kind = &kind, .entry = const_cast<PlanEntry*>(entry)};
        }
        return {};
    }

    void resolve_owners() {
        skip_generated();
        for (unsigned round = 0; round <= kMaxOwnerDepth; ++round)
            if (!deepen(round == kMaxOwnerDepth)) break;
        for (PlanKind& kind : kinds_)
            for (const PlanEntry& entry : kind.entries)
                kind.depth = std::max(kind.depth, entry.depth);
        std::vector<std::string> numbered;
        for (const PlanKind& kind : kinds_) numbered.push_back(kind.prefix());
        std::erase_if(kinds_, [](const PlanKind& kind) { return kind.entries.empty(); });
        std::ranges::stable_sort(kinds_, {}, &PlanKind::wave);
        remember_ties(numbered);
        plan_->kinds = std::move(kinds_);
    }

    /// Notes who owns whom, by the final numbers; `numbered` are the kinds by those of `owned_`.
    void remember_ties(const std::vector<std::string>& numbered) {
        std::map<std::string, std::size_t> numbers;
        for (std::size_t k = 0; k < kinds_.size(); ++k) numbers[kinds_[k].prefix()] = k;
        for (const Owned& owned : owned_) {
            const std::size_t k = numbers.at(numbered[owned.kind]);
            const PlanEntry* entry = kinds_[k].find(owned.place);
            if (entry->skip != 0) continue;
            for (const rules::OwnerReference& reference : owned.owners) {
                Place owner = find_owner(reference, entry->ns());
                if (owner.entry == nullptr || owner.entry->skip != 0) continue;
                plan_->ties.push_back(
                    {.owner_kind = static_cast<std::uint32_t>(owner.kind - kinds_.data()),
                     .owner = static_cast<std::uint32_t>(owner.entry - owner.kind->entries.data()),
                     .kind = static_cast<std::uint32_t>(k),
                     .entry = static_cast<std::uint32_t>(entry - kinds_[k].entries.data())});
            }
        }
        std::ranges::sort(plan_->ties);
        const auto repeated = std::ranges::unique(plan_->ties);
        plan_->ties.erase(repeated.begin(), repeated.end());
        plan_->ties.shrink_to_fit();
    }

    /// The controller that makes such an object by itself; or null.
    const rules::OwnerReference* generator_of(const Owned& owned) const {
        const kube::ResourceType& child = kinds_[owned.kind].captured;
        auto found = std::ranges::find_if(owned.owners, [&](const rules::OwnerReference& owner) {
            return owner.controller &&
                   rules::is_generated_child(child.group, child.kind, owner.group(), owner.kind);
        });
        return found == owned.owners.end() ? nullptr : &*found;
    }

    /// Visits generated children that are still to be restored, with their controllers.
    template <class Visit>
    void each_generated(Visit visit) {
        for (const Owned& owned : owned_) {
            PlanKind& kind = kinds_[owned.kind];
            auto* entry = const_cast<PlanEntry*>(kind.find(owned.place));
            const rules::OwnerReference* controller = generator_of(owned);
            if (entry->skip == 0 && controller != nullptr) visit(kind, *entry, *controller);
        }
    }

    /// Children that a controller makes by itself stay behind when their owner is in the plan,
    /// even if that owner is generated itself.
    void skip_generated() {
        skip_orphans();
        each_generated([&](const PlanKind&, PlanEntry& entry, const rules::OwnerReference& owner) {
            if (find_owner(owner, entry.ns()).entry != nullptr)
                entry.skip =
                    reason_number(fmt::format("is made by its {}, which is restored", owner.kind));
        });
    }

    /// Without its controller, which is lost, a child would run on its own for ever. Its own
    /// children go with it; each round finds at least one.
    void skip_orphans() {
        std::map<ObjectKey, std::string> gone;
        for (const DamagedObject& lost : environment_.damaged)
            gone.emplace(lost.key, "which is lost from the point");
        for (bool more = !gone.empty(); more;) {
            more = false;
            each_generated([&](const PlanKind& kind, PlanEntry& entry,
                               const rules::OwnerReference& owner) {
                std::string ns(entry.ns());
                auto found = gone.find(
                    {.group = owner.group(), .kind = owner.kind, .ns = ns, .name = owner.name});
                if (found == gone.end()) return;
                more = true;
                entry.skip =
                    reason_number(fmt::format("is made by its {}, {}", owner.kind, found->second));
                gone.emplace(ObjectKey{.group = kind.captured.group,
                                       .kind = kind.captured.kind,
                                       .ns = ns,
                                       .name = std::string(entry.name())},
                             fmt::format("whose {} is lost from the point", owner.kind));
            });
        }
    }

    /// Puts dependents behind owners of the same wave; true while something still moves. The last
    /// round gives up on circles: their references are set afterwards.
    bool deepen(bool last) {
        bool moved = false;
        for (const Owned& owned : owned_) {
            PlanKind& kind = kinds_[owned.kind];
            auto* entry = const_cast<PlanEntry*>(kind.find(owned.place));
            if (entry->skip != 0) continue;
            for (const rules::OwnerReference& reference : owned.owners) {
                Place owner = find_owner(reference, entry->ns());
                if (owner.entry == nullptr || owner.entry->skip != 0) continue;
                owner.entry->is_owner = true;
                if (owner.kind->wave > kind.wave) entry->owner_later = true;
                if (owner.kind->wave != kind.wave || entry->depth > owner.entry->depth) continue;
                if (last) {
                    entry->owner_later = true;
                } else {
                    entry->depth = static_cast<std::uint8_t>(owner.entry->depth + 1);
                    moved = true;
                }
            }
        }
        return moved;
    }

    std::uint16_t reason_number(std::string_view why) {
        auto found = std::ranges::find(plan_->reasons, why);
        if (found == plan_->reasons.end()) {
            if (plan_->reasons.size() >= kMaxReasons) return kMaxReasons;
            found = plan_->reasons.insert(found, std::string(why));
        }
        return static_cast<std::uint16_t>(found - plan_->reasons.begin() + 1);
    }

    using GroupKind = std::pair<std::string, std::string>;

    const RestoreEnvironment& environment_;
    ProgressMeter meter_;
    std::unique_ptr<RestorePlan::Impl> plan_;
    RestoreOrder order_;
    kube::Discovery all_kinds_;
    std::optional<Selection> selection_;
    kube::LabelSelector selector_;
    kube::LabelSelector excluded_selector_;
    std::map<GroupKind, ExistingPolicy> existing_;
    std::set<GroupKind> keep_status_;
    ObjectPeeker peeker_;
    std::vector<PlanKind> kinds_;
    std::vector<Owned> owned_;
    std::map<GroupKind, std::string> definitions_;  ///< kind to the definition's name
    std::vector<Candidate> candidates_;
    std::vector<PlanEntry> waiting_;  ///< of the candidate with the same index
    std::vector<std::vector<rules::OwnerReference>> waiting_owners_;
    std::set<NamedNeed> needed_;
    std::set<GroupKind> needed_kinds_;
    std::set<std::string> chosen_namespaces_;
};

}  // namespace

Result<RestorePlan> plan_restore(const RestoreEnvironment& environment,
                                 const RestoreOptions& options, std::stop_token stop) {
    return Planner(environment, options).run(stop);
}

}  // namespace holdfast::engine
