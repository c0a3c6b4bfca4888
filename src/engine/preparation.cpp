#include "engine/preparation.h"

#include <fmt/core.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/guarded.h"
#include "engine/mappings.h"
#include "engine/object_row.h"
#include "engine/order.h"
#include "engine/restore.h"
#include "engine/rules/definitions.h"
#include "engine/rules/edit.h"
#include "engine/rules/metadata.h"
#include "engine/rules/restored_form.h"
#include "engine/rules/volumes.h"
#include "kube/resource_type.h"
#include "kube/status_error.h"

namespace holdfast::engine {

namespace {

/// Owners that were looked up in the target; beyond this many they are asked for again.
constexpr std::size_t kMaxKnownOwners = 100'000;

std::vector<std::string> served_versions(const kube::ResourceType& type) {
    std::vector<std::string> versions = {type.version};
    versions.insert(versions.end(), type.other_versions.begin(), type.other_versions.end());
    return versions;
}

}  // namespace

struct Preparation::State {
    base::Guarded<std::map<std::string, std::optional<std::string>>> owners;
    base::Guarded<std::map<std::string, bool>> renames_only;
    base::Guarded<std::optional<kube::Discovery>> discovery;
};

rules::Refusal classify(const kube::StatusError& status) {
    return rules::classify_refusal(status.code, status.reason, status.message,
                                   status.has_cause("NamespaceTerminating"));
}

bool is_fatal(const Error& error) {
    return error.code == ErrorCode::Unavailable || error.code == ErrorCode::Timeout ||
           error.code == ErrorCode::Cancelled;
}

Result<std::optional<Json>> read_live(kube::Client& client, const kube::ResourceType& type,
                                      std::string_view ns, std::string_view name,
                                      std::stop_token stop) {
    kube::Request request{.method = kube::Method::Get, .path = type.object_path(ns, name)};
    kube::Response response = TRY(client.send(request, stop));
    if (response.status == 404) return std::optional<Json>();
    if (!response.ok()) return std::unexpected(kube::to_error(kube::status_error(response)));
    return std::optional<Json>(TRY(base::parse_json(response.body), "the server's {}", type.kind));
}

Result<bool> is_there(kube::Client& client, const kube::ResourceType& type, std::string_view ns,
                      std::string_view name, std::stop_token stop) {
    auto live = read_live(client, type, ns, name, stop);
    if (!live && is_fatal(live.error())) return std::unexpected(std::move(live).error());
    return live && live->has_value();
}

Preparation::Preparation(kube::Client& client, const RestorePlan::Impl& plan, Purpose purpose)
    : client_(client), plan_(plan), purpose_(purpose), state_(std::make_shared<State>()) {}

void Preparation::remember_owner(const ObjectKey& target_key, std::optional<std::string> uid) {
    state_->owners.update([&](auto& owners) {
        if (owners.size() < kMaxKnownOwners) owners[encode_key(target_key)] = std::move(uid);
    });
}

void Preparation::rediscovered(kube::Discovery discovery) {
    state_->discovery.update([&](auto& kept) { kept = std::move(discovery); });
}

std::optional<kube::ResourceType> Preparation::served(const PlanKind& kind) const {
    auto newer = state_->discovery.update([&](auto& kept) -> std::optional<kube::ResourceType> {
        if (!kept) return std::nullopt;
        const auto* type = kept->find(kind.captured.group, kind.captured.kind);
        return type == nullptr ? std::nullopt : std::optional(*type);
    });
    return newer ? newer : kind.served;
}

Result<std::optional<std::string>> Preparation::owner_uid(const ObjectKey& target_key,
                                                          std::stop_token stop) {
    std::string key = encode_key(target_key);
    std::optional<std::string> uid;
    bool known = state_->owners.update([&](auto& owners) {
        auto found = owners.find(key);
        if (found != owners.end()) uid = found->second;
        return found != owners.end();
    });
    if (known) return uid;
    PlanKind asked;
    asked.captured.group = target_key.group;
    asked.captured.kind = target_key.kind;
    if (const auto* type = plan_.target.find(target_key.group, target_key.kind))
        asked.served = *type;
    auto type = served(asked);
    if (type && (type->namespaced || target_key.ns.empty())) {
        auto live = TRY(read_live(client_, *type, target_key.ns, target_key.name, stop));
        if (live && base::find_json(*live, "/metadata/deletionTimestamp") == nullptr)
            uid = base::text_at(*live, "/metadata/uid");
    }
    state_->owners.update([&](auto& owners) {
        if (owners.size() < kMaxKnownOwners) owners[key] = uid;
    });
    return uid;
}

/// Whether the claim, as it is called in the target, gets the volume that it names; frees that.
Result<bool> Preparation::volume_is_there(const PlanEntry& claim, std::string_view volume,
                                          std::stop_token stop) {
    const auto* type = plan_.target.find("", "PersistentVolume");
    if (type == nullptr) return plan_.restores_volume(volume, claim);
    auto live = read_live(client_, *type, "", volume, stop);
    if (!live && is_fatal(live.error())) return std::unexpected(std::move(live).error());
    // Also a planned one may be there: the volume of a deleted claim is, equal, and Released.
    if (!live || !*live) return plan_.restores_volume(volume, claim);
    std::string ns(mapped_namespace(plan_.options.mappings, claim.ns()));
    if (!rules::can_bind(**live, ns, claim.name())) return is_bound(**live, ns, claim.name(), stop);
    if (purpose_ == Purpose::Preview || !rules::has_had_claim(**live)) return true;
    kube::Request request{.method = kube::Method::Patch,
                          .path = type->object_path("", volume),
                          .body = base::dump_json(rules::rebinding_patch()),
                          .content_type = std::string(kube::kMergePatch)};
    return TRY(client_.send(request, stop)).ok();
}

/// Whether the volume has that very claim, which is there then.
Result<bool> Preparation::is_bound(const Json& volume, std::string_view ns, std::string_view name,
                                   std::stop_token stop) {
    const auto* type = plan_.target.find("", "PersistentVolumeClaim");
    if (type == nullptr || !rules::is_reserved_for(volume, ns, name)) return false;
    auto claim = read_live(client_, *type, ns, name, stop);
    if (!claim && is_fatal(claim.error())) return std::unexpected(std::move(claim).error());
    return claim && *claim &&
           base::text_at(**claim, "/metadata/uid") == base::text_at(volume, "/spec/claimRef/uid");
}

/// Whether the versions of a kind differ by name only, as its live definition says.
Result<bool> Preparation::renames_only(const kube::ResourceType& type, std::stop_token stop) {
    if (is_builtin_group(type.group)) return false;
    std::string name = type.plural + "." + type.group;
    auto known = state_->renames_only.update([&](auto& kept) -> std::optional<bool> {
        auto found = kept.find(name);
        return found == kept.end() ? std::nullopt : std::optional(found->second);
    });
    if (known) return *known;
    bool answer = false;
    if (const auto* crd = plan_.target.find("apiextensions.k8s.io", "CustomResourceDefinition")) {
        auto live = read_live(client_, *crd, "", name, stop);
        if (!live && is_fatal(live.error())) return std::unexpected(std::move(live).error());
        answer = live && *live && rules::converts_by_renaming(**live);
    }
    state_->renames_only.update([&](auto& kept) { kept[name] = answer; });
    return answer;
}

Result<void> Preparation::choose_version(const PlanKind& kind, Prepared& prepared,
                                         std::stop_token stop) {
    auto type = served(kind);
    if (!type) {
        if (purpose_ == Purpose::Preview && !kind.definition.empty()) {
            prepared.type = kind.captured;
            return {};
        }
        return fail(ErrorCode::Unsupported, "the target does not serve {}",
                    kind.captured.qualified_kind());
    }
    std::string captured(rules::version_of(base::text_at(*prepared.object, "/apiVersion")));
    std::vector<std::string> versions = served_versions(*type);
    auto chosen = rules::choose_version(captured, versions, false);
    if (!chosen && TRY(renames_only(*type, stop)))
        chosen = rules::choose_version(captured, versions, true);
    if (!chosen) return std::unexpected(std::move(chosen).error());
    prepared.type = *chosen == type->version ? *type : type->at_version(*chosen);
    (*prepared.object)["apiVersion"] = prepared.type.api_version();
    if (*chosen != captured)
        prepared.notes.push_back(
            fmt::format("written at version {} instead of {}", *chosen, captured));
    return {};
}

/// Owners outside namespaces keep their name; the others live beside their dependents.
Result<rules::OwnerAnswer> Preparation::answer_owner(const PlanKind& kind, const PlanEntry& entry,
                                                     const rules::OwnerReference& owner,
                                                     bool nothing_later, std::stop_token stop) {
    using OwnerState = rules::OwnerAnswer::State;
    const PlanKind* planned = plan_.find_kind(owner.group(), owner.kind);
    const kube::ResourceType* type =
        planned != nullptr ? &planned->captured : plan_.target.find(owner.group(), owner.kind);
    if (type == nullptr || !rules::owner_scope_is_valid(entry.ns(), type->namespaced))
        return rules::OwnerAnswer{};
    ObjectKey key{.group = owner.group(),
                  .kind = owner.kind,
                  .ns = std::string(type->namespaced ? entry.ns() : std::string_view{}),
                  .name = owner.name};
    const PlanEntry* known = planned == nullptr ? nullptr : plan_.find(key);
    bool comes = known != nullptr && known->skip == 0;
    bool later = comes && (planned->wave > kind.wave ||
                           (planned->wave == kind.wave && known->depth >= entry.depth));
    if (later && !nothing_later && purpose_ == Purpose::Restore)
        return rules::OwnerAnswer{.state = OwnerState::Later, .uid = ""};
    key.ns = mapped_namespace(plan_.options.mappings, key.ns);
    auto uid = TRY(owner_uid(key, stop));
    if (uid) return rules::OwnerAnswer{.state = OwnerState::Found, .uid = std::move(*uid)};
    bool will_come = comes && (purpose_ == Purpose::Preview || nothing_later);
    return rules::OwnerAnswer{.state = will_come ? OwnerState::Later : OwnerState::Missing,
                              .uid = ""};
}

Result<PresentOwners> Preparation::present_owners(const PlanKind& kind, const PlanEntry& entry,
                                                  std::string_view body, std::stop_token stop) {
    Json object = TRY(base::parse_json(body), "the point's object");
    std::optional<Error> fatal;
    auto resolve = [&](const rules::OwnerReference& owner) -> rules::OwnerAnswer {
        auto answer = answer_owner(kind, entry, owner, true, stop);
        if (answer) return *answer;
        if (is_fatal(answer.error()) && !fatal) fatal = std::move(answer).error();
        return {};
    };
    PresentOwners present{.references = std::make_shared<Json>(Json::array())};
    present.awaited = rules::rewrite_owners(object, resolve).later;
    if (fatal) return std::unexpected(std::move(*fatal));
    if (const Json* owners = base::find_json(object, "/metadata/ownerReferences"))
        *present.references = *owners;
    return present;
}

/// Applies the rules; what they ask about goes to the target.
Result<void> Preparation::apply_rules(const PlanKind& kind, const PlanEntry& entry,
                                      Prepared& prepared, std::stop_token stop) {
    std::optional<Error> fatal;
    auto keep_if_fatal = [&](Error error) {
        if (is_fatal(error) && !fatal) fatal = std::move(error);
    };
    rules::Surroundings surroundings{
        .has_controller =
            [&](std::string_view finalizer) {
                return rules::finalizer_belongs_to(finalizer, plan_.controller_groups);
            },
        .owner = [&](const rules::OwnerReference& owner) -> rules::OwnerAnswer {
            auto answer = answer_owner(kind, entry, owner, false, stop);
            if (answer) return *answer;
            keep_if_fatal(std::move(answer).error());
            return {};
        },
        .has_volume =
            [&](std::string_view volume) {
                auto there = volume_is_there(entry, volume, stop);
                if (!there) keep_if_fatal(there.error());
                return there && *there;
            },
        .keep_status = kind.keep_status,
        .drop_last_applied = plan_.options.drop_last_applied,
        .drop_node_ports = plan_.options.drop_node_ports};
    rules::FormNotes form = rules::make_restored_form(*prepared.object, surroundings);
    if (fatal) return std::unexpected(std::move(*fatal));
    for (std::string& note : form.notes) prepared.notes.push_back(std::move(note));
    prepared.owners_later = form.owners_later;
    prepared.volume_empty = form.volume_empty;
    return {};
}

Result<Prepared> Preparation::prepare(const PlanKind& kind, const PlanEntry& entry,
                                      std::string_view body, std::stop_token stop) {
    Prepared prepared;
    prepared.object = std::make_shared<Json>(TRY(base::parse_json(body), "the point's object"));
    if (!prepared.object->is_object())
        return fail(ErrorCode::Corrupted, "the point's object is no JSON object");
    if (entry.name_only)
        prepared.notes.emplace_back(
            "lost from the point but for its name: it comes without its labels and annotations");
    TRY(choose_version(kind, prepared, stop));
    TRY(apply_rules(kind, entry, prepared, stop));
    if (!prepared.type.namespaced)
        prepared.renames = renames_in(plan_.options.mappings.namespaces, *prepared.object);
    if (!plan_.options.mappings.empty())
        for (std::string& note : apply_mappings(plan_.options.mappings, *prepared.object))
            prepared.notes.push_back(std::move(note));
    if (!plan_.transforms.empty())
        TRY(plan_.transforms.apply({.group = kind.captured.group,
                                    .plural = prepared.type.plural,
                                    .original_namespace = entry.ns(),
                                    .name = entry.name()},
                                   *prepared.object));
    if (kind.keep_status && prepared.type.has_status)
        if (auto status = prepared.object->find("status"); status != prepared.object->end()) {
            prepared.status = std::make_shared<Json>(std::move(*status));
            prepared.object->erase(status);
        }
    prepared.key = ObjectKey{.group = prepared.type.group,
                             .kind = prepared.type.kind,
                             .ns = "",
                             .name = rules::object_name(*prepared.object)};
    if (prepared.type.namespaced) prepared.key.ns = rules::object_namespace(*prepared.object);
    if (prepared.key.name.empty())
        return fail(ErrorCode::InvalidArgument, "the object has no name");
    return prepared;
}

}  // namespace holdfast::engine
