#include <fmt/core.h>

#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/worker_pool.h"
#include "engine/diff.h"
#include "engine/fingerprint128.h"
#include "engine/mappings.h"
#include "engine/object_row.h"
#include "engine/object_source.h"
#include "engine/plan.h"
#include "engine/preparation.h"
#include "engine/progress_meter.h"
#include "engine/restore.h"
#include "engine/restore_options.h"
#include "engine/rules/allocated.h"
#include "engine/rules/answers.h"
#include "engine/rules/namespaces.h"
#include "engine/rules/owners.h"
#include "kube/client.h"
#include "kube/object_view.h"
#include "kube/resource_type.h"
#include "kube/status_error.h"

namespace holdfast::engine {

namespace {

/// Beyond this many namespaces a kind is listed as a whole rather than namespace by namespace.
constexpr std::size_t kMaxNamespaceLists = 4;

/// How often an object may vanish when it is read and be there when it is to be created.
constexpr unsigned kMaxTurns = 3;
/// A request to create is corrected once for each of three reasons.
constexpr unsigned kMaxAsks = 4;

/// Of every object that is there: whether it equals another needs no more than this.
using Existing = std::map<std::string, std::optional<Fingerprint128>, std::less<>>;
/// Of owners only.
using Uids = std::map<std::string, std::string>;

std::string place_of(std::string_view ns, std::string_view name) {
    std::string place(ns);
    place.push_back('\0');
    return place.append(name);
}

class Previewer {
public:
    Previewer(const RestoreEnvironment& environment, const RestorePlan::Impl& plan,
              const PreviewOptions& options, const std::function<void(const PreviewObject&)>& visit)
        : environment_(environment),
          plan_(plan),
          options_(options),
          visit_(visit),
          preparation_(environment.client, plan, Purpose::Preview),
          meter_(environment.progress, environment.clock, "previewing") {}

    Result<void> run(std::stop_token stop) {
        for (const PlanKind& kind : plan_.kinds) meter_.expect(kind.entries.size());
        TRY(list_namespaces(stop));
        for (const PlanKind& kind : plan_.kinds) {
            Existing existing = TRY(list_existing(kind, stop));
            TRY(preview_kind(kind, existing, stop));
        }
        meter_.flush();
        return {};
    }

private:
    Result<void> list_namespaces(std::stop_token stop) {
        const auto* type = plan_.target.find("", "Namespace");
        if (type == nullptr) return {};
        namespaces_known_ =
            TRY(each_live(*type, "", stop, [&](const kube::ObjectView& live) -> Result<void> {
                namespaces_.emplace(live.name);
                return {};
            }));
        return {};
    }

    /// Who may not list namespaces may all the same see what is in them.
    bool may_be_there(const std::string& ns) const {
        return ns.empty() || !namespaces_known_ || namespaces_.contains(ns);
    }

    /// Whether the server let us see all of them.
    template <class Visit>
    Result<bool> each_live(const kube::ResourceType& type, const std::string& ns,
                           std::stop_token stop, Visit visit) {
        kube::ListOptions list{.ns = ns};
        do {
            auto page = environment_.client.list(type, list, stop);
            if (!page) {
                // Who may not list can still create: the server says what exists.
                if (is_fatal(page.error())) return std::unexpected(std::move(page).error());
                return false;
            }
            for (const kube::ObjectView& live : page->items) TRY(visit(live));
            list.continue_token = page->continue_token;
        } while (!list.continue_token.empty());
        return true;
    }

    /// What the target has of one kind, as far as the plan concerns it.
    Result<Existing> list_existing(const PlanKind& kind, std::stop_token stop) {
        Existing existing;
        if (!kind.served || !kind.served->can("list")) return existing;
        std::map<std::string, bool> places;  ///< and whether it is that of an owner
        std::set<std::string> namespaces;
        for (const PlanEntry& entry : kind.entries) {
            if (entry.skip != 0) continue;
            ObjectKey key = plan_.target_key(kind, entry);
            if (!may_be_there(key.ns)) continue;
            namespaces.insert(key.ns);
            places[place_of(key.ns, key.name)] |= entry.is_owner;
        }
        if (namespaces.size() > kMaxNamespaceLists) namespaces = {""};
        bool saw_all = true;
        Uids uids;
        for (const std::string& ns : namespaces) {
            saw_all &= TRY(each_live(*kind.served, ns, stop, [&](const kube::ObjectView& live) {
                const auto place = places.find(place_of(live.ns, live.name));
                if (place == places.end()) return Result<void>();
                if (place->second && live.deletion_timestamp.empty())
                    uids.emplace(place->first, live.uid);
                return remember(live, kind, place->first, existing);
            }));
        }
        if (saw_all) remember_owners(kind, uids);
        return existing;
    }

    /// Saves asking for each owner of what comes later.
    void remember_owners(const PlanKind& kind, const Uids& uids) {
        for (const PlanEntry& entry : kind.entries) {
            if (!entry.is_owner || entry.skip != 0) continue;
            const ObjectKey key = plan_.target_key(kind, entry);
            const auto uid = uids.find(place_of(key.ns, key.name));
            preparation_.remember_owner(
                key, uid == uids.end() ? std::nullopt : std::optional(uid->second));
        }
    }

    static Result<void> remember(const kube::ObjectView& live, const PlanKind& kind,
                                 const std::string& place, Existing& existing) {
        if (!live.deletion_timestamp.empty()) {
            existing.emplace(place, std::nullopt);
            return {};
        }
        Json object = TRY(base::parse_json(live.raw), "the server's {}", kind.captured.kind);
        // Items of a list do not say what they are.
        object["apiVersion"] = kind.served->api_version();
        object["kind"] = kind.served->kind;
        existing.emplace(place, fingerprint128(form_in_target(object)));
        return {};
    }

    Result<void> preview_kind(const PlanKind& kind, const Existing& existing,
                              std::stop_token stop) {
        const std::string prefix = kind.prefix();
        std::size_t e = 0;
        base::WorkerPool pool(environment_.requests_in_flight,
                              2 * environment_.requests_in_flight + 1);
        auto take = [&](const SourceObject& object) -> Result<void> {
            if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "stopped");
            std::string_view place = object.key.substr(prefix.size());
            while (e < kind.entries.size() && kind.entries[e].place < place) ++e;
            if (e == kind.entries.size() || kind.entries[e].place != place) return {};
            const PlanEntry& entry = kind.entries[e];
            if (entry.skip != 0) {
                show({.object = plan_.target_key(kind, entry),
                      .verdict = PreviewVerdict::Skip,
                      .reason = std::string(plan_.reason(entry))});
                return {};
            }
            return pool.submit([this, &kind, &entry, &existing, body = std::string(object.body),
                                stop] { return preview_one(kind, entry, existing, body, stop); });
        };
        auto planned = [&](std::string_view key) {
            return kind.find(key.substr(prefix.size())) != nullptr;
        };
        for (const std::string& part : kind.scan_prefixes())
            TRY(environment_.source.each(part, planned, take));
        return pool.finish();
    }

    Result<void> preview_one(const PlanKind& kind, const PlanEntry& entry, const Existing& existing,
                             const std::string& body, std::stop_token stop) {
        PreviewObject shown{.object = plan_.target_key(kind, entry)};
        auto prepared = preparation_.prepare(kind, entry, body, stop);
        if (!prepared) {
            if (is_fatal(prepared.error())) return std::unexpected(std::move(prepared).error());
            shown.verdict = PreviewVerdict::Cannot;
            shown.reason = prepared.error().message;
            show(shown);
            return {};
        }
        shown.object = prepared->key;
        shown.notes = prepared->notes;
        auto found = existing.find(place_of(prepared->key.ns, prepared->key.name));
        bool there = found != existing.end();
        if (there && !prepared->owners_later &&
            found->second == fingerprint128(form_in_target(*prepared->object))) {
            shown.verdict = PreviewVerdict::Unchanged;
            show(shown);
            return {};
        }
        for (unsigned turn = 0; turn < kMaxTurns; ++turn, there = !there) {
            if (!TRY(there ? compare(kind, entry, *prepared, shown, stop)
                           : ask(kind, *prepared, shown, stop)))
                continue;
            if (!there && prepared->volume_empty) shown.notes.emplace_back("volume new and EMPTY");
            show(shown);
            return {};
        }
        shown.verdict = PreviewVerdict::Cannot;
        shown.reason = "the object appears and vanishes again and again";
        show(shown);
        return {};
    }

    /// Something that this restore brings before the object can be: its kind, its namespace.
    std::string awaited(const PlanKind& kind, const Prepared& prepared) const {
        if (!kind.served) return prepared.type.qualified_kind();
        return may_be_there(prepared.key.ns) ? "" : coming_namespace(prepared.key.ns);
    }

    /// The namespace in words, when this restore creates it; or empty.
    std::string coming_namespace(const std::string& ns) const {
        const PlanKind* namespaces = plan_.find_kind("", "Namespace");
        if (namespaces == nullptr) return "";
        for (const PlanEntry& entry : namespaces->entries)
            if (entry.skip == 0 && plan_.target_key(*namespaces, entry).name == ns)
                return "namespace " + ns;
        return "";
    }

    static void leave_unchecked(std::string what, PreviewObject& shown) {
        shown.verdict = PreviewVerdict::CreateUnchecked;
        shown.reason = std::move(what) + " is created by this restore";
    }

    /// Lets the server go through the motions of creating the object, corrected as the restore
    /// corrects it. False: it exists.
    Result<bool> ask(const PlanKind& kind, const Prepared& prepared, PreviewObject& shown,
                     std::stop_token stop) {
        if (std::string what = awaited(kind, prepared); !what.empty()) {
            leave_unchecked(std::move(what), shown);
            return true;
        }
        kube::Request request{.method = kube::Method::Post};
        request.path = prepared.type.collection_path(prepared.key.ns);
        request.query = {{"dryRun", "All"}, {"fieldValidation", "Strict"}};
        Json object = *prepared.object;
        std::vector<std::string> notes;
        kube::Response response;
        for (unsigned asked = 0; asked < kMaxAsks; ++asked) {
            request.body = base::dump_json(object);
            response = TRY(environment_.client.send(request, stop));
            if (response.ok() || !correct(response, request, object, notes)) break;
        }
        if (!response.ok() && TRY(exists_after_all(response, prepared, shown, stop))) return false;
        shown.notes.insert(shown.notes.end(), notes.begin(), notes.end());
        if (!response.ok()) return true;
        shown.verdict = PreviewVerdict::Create;
        for (const std::string& warning : response.warnings())
            shown.notes.push_back("the server warns: " + warning);
        return true;
    }

    /// What a restore does about a refusal before it tries again; false when it does nothing.
    static bool correct(const kube::Response& response, kube::Request& request, Json& object,
                        std::vector<std::string>& notes) {
        kube::StatusError status = kube::status_error(response);
        if (auto unknown = rules::strict_decoding_error(status.code, status.message);
            !unknown.empty()) {
            // The restore is not strict: without those fields the object can be created.
            notes.push_back("the server will drop what it does not take: " + std::string(unknown));
            request.query.back().second = "Ignore";
            return true;
        }
        switch (classify(status)) {
            case rules::Refusal::NodePortTaken:
                rules::strip_node_ports(object);
                notes.emplace_back(
                    "another Service has a node port of it, so the target will choose its node "
                    "ports anew");
                return true;
            case rules::Refusal::OwnerNotAllowed:
                rules::drop_block_owner_deletion(object);
                notes.emplace_back("blockOwnerDeletion will be dropped: it needs more rights");
                return true;
            default:
                return false;
        }
    }

    /// Reads a refusal; false when it is the answer.
    Result<bool> exists_after_all(const kube::Response& response, const Prepared& prepared,
                                  PreviewObject& shown, std::stop_token stop) const {
        const kube::StatusError status = kube::status_error(response);
        shown.reason = status.message;
        shown.verdict = PreviewVerdict::Cannot;
        switch (classify(status)) {
            case rules::Refusal::Exists:
                return true;
            case rules::Refusal::DryRunUnsupported:
            case rules::Refusal::NotYet:
                shown.verdict = PreviewVerdict::CreateUnchecked;
                return false;
            case rules::Refusal::NamespaceMissing:
                if (std::string what = coming_namespace(prepared.key.ns); !what.empty())
                    leave_unchecked(std::move(what), shown);
                return false;
            case rules::Refusal::Forbidden:
                // Who may neither list nor create it may all the same read it.
                return is_there(environment_.client, prepared.type, prepared.key.ns,
                                prepared.key.name, stop);
            default:
                return false;
        }
    }

    /// Reads the object as it is. False: it is not there.
    Result<bool> compare(const PlanKind& kind, const PlanEntry& entry, const Prepared& prepared,
                         PreviewObject& shown, std::stop_token stop) {
        auto live =
            read_live(environment_.client, prepared.type, prepared.key.ns, prepared.key.name, stop);
        if (!live && is_fatal(live.error())) return std::unexpected(std::move(live).error());
        shown.reason.clear();
        if (!live) {
            shown.verdict = PreviewVerdict::Cannot;
            shown.reason = "it exists and cannot be read: " + live.error().message;
            return true;
        }
        if (!*live) return false;
        if (rules::is_being_deleted(**live)) {
            shown.verdict = PreviewVerdict::Cannot;
            shown.reason = rules::why_deleting(**live);
            return true;
        }
        // It may have been listed at another version than that of the point.
        if (!prepared.owners_later && form_in_target(**live) == form_in_target(*prepared.object)) {
            shown.verdict = PreviewVerdict::Unchanged;
            return true;
        }
        shown.verdict = PreviewVerdict::Differs;
        if (prepared.owners_later)
            shown.notes.emplace_back("an owner of it is created by this restore");
        DiffOptions options{.owner_uids = true, .show_secrets = options_.show_secrets};
        for (const Difference& difference : differences(**live, *prepared.object, options))
            shown.diff.push_back(display(difference));
        bool merged = kind.captured.kind == "ServiceAccount" && prepared.key.name == "default";
        shown.reason = why_left_to_original(prepared.renames, **live);
        shown.would_change = shown.reason.empty() && !entry.needed_only &&
                             (kind.existing != ExistingPolicy::Skip || merged);
        return true;
    }

    void show(const PreviewObject& object) {
        meter_.add(1, object.object.kind);
        std::lock_guard lock(visiting_);
        visit_(object);
    }

    const RestoreEnvironment& environment_;
    const RestorePlan::Impl& plan_;
    const PreviewOptions& options_;
    const std::function<void(const PreviewObject&)>& visit_;
    Preparation preparation_;
    ProgressMeter meter_;
    std::set<std::string, std::less<>> namespaces_;
    bool namespaces_known_ = false;  ///< Whether those are all that there are.
    std::mutex visiting_;            ///< the visitor is promised one call at a time
};

}  // namespace

std::string_view name_of(PreviewVerdict verdict) {
    switch (verdict) {
        case PreviewVerdict::Create:
            return "create";
        case PreviewVerdict::CreateUnchecked:
            return "create (unchecked)";
        case PreviewVerdict::Unchanged:
            return "unchanged";
        case PreviewVerdict::Differs:
            return "differs";
        case PreviewVerdict::Skip:
            return "skip";
        case PreviewVerdict::Cannot:
            return "cannot";
    }
    return "";
}

Result<void> preview_restore(const RestoreEnvironment& environment, const RestorePlan& plan,
                             const PreviewOptions& options,
                             const std::function<void(const PreviewObject&)>& visit,
                             std::stop_token stop) {
    return Previewer(environment, plan.impl(), options, visit).run(stop);
}

}  // namespace holdfast::engine
