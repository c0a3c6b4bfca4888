#include "engine/object_writer.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "engine/diff.h"
#include "engine/mappings.h"
#include "engine/order.h"
#include "engine/restore_options.h"
#include "engine/rules/allocated.h"
#include "engine/rules/answers.h"
#include "engine/rules/namespaces.h"
#include "engine/rules/owners.h"
#include "kube/resource_type.h"
#include "kube/status_error.h"

namespace holdfast::engine {

namespace {

/// How often one object is tried anew because something changed under our hands.
constexpr unsigned kMaxTries = 6;
constexpr unsigned kMaxWarnings = 5;
constexpr int kUnsupportedMediaType = 415;
constexpr base::Millis kGonePoll(200);
constexpr unsigned kMaxGonePolls = 150;

void refuse(Written& written, std::string reason) {
    written.outcome = Outcome::Failed;
    written.reason = std::move(reason);
}

void note_warnings(const kube::Response& response, Written& written) {
    std::vector<std::string> warnings = response.warnings();
    for (std::size_t i = 0; i < std::min<std::size_t>(warnings.size(), kMaxWarnings); ++i)
        written.notes.push_back("the server warns: " + warnings[i]);
}

/// Kinds whose deletion would take data or other objects along are never deleted.
bool may_recreate(const kube::ResourceType& type) {
    static constexpr std::array<std::string_view, 3> kCore = {"Namespace", "PersistentVolume",
                                                              "PersistentVolumeClaim"};
    if (type.group.empty()) return std::ranges::find(kCore, type.kind) == kCore.end();
    return type.kind != "CustomResourceDefinition" && type.kind != "VolumeSnapshotContent";
}

/// Workloads make their children anew; everything else leaves its dependents in place. What the
/// restore brings itself is untied before.
std::string_view propagation(const kube::ResourceType& type) {
    bool makes_children_anew =
        (type.group == "apps" && type.kind != "StatefulSet") || type.group == "batch";
    return makes_children_anew ? "Background" : "Orphan";
}

/// Both lists in one, each owner once.
Json joined_owners(Json all, const Json& more) {
    for (const Json& owner : more) {
        bool known = std::ranges::any_of(all, [&](const Json& other) {
            return base::text_at(other, "/uid") == base::text_at(owner, "/uid");
        });
        if (!known) all.push_back(owner);
    }
    return all;
}

/// Why an object that exists and differs is not touched; empty when it is to be replaced.
std::string why_left_alone(const Prepared& prepared, const Json& live,
                           const WriteOptions& options) {
    std::string why = why_left_to_original(prepared.renames, live);
    bool untouched = options.existing == ExistingPolicy::Skip || options.needed_only;
    return why.empty() && untouched ? "exists and differs" : why;
}

}  // namespace

Result<kube::Response> ObjectWriter::send(Act act, const Prepared& prepared,
                                          const std::string& body, std::stop_token stop) const {
    kube::Request request{.method = act.method};
    request.path = act.method == kube::Method::Post
                       ? prepared.type.collection_path(prepared.key.ns)
                       : prepared.type.object_path(prepared.key.ns, prepared.key.name);
    request.body = body;
    if (!act.patch_type.empty()) request.content_type = act.patch_type;
    if (act.method != kube::Method::Delete)
        request.query = {{"fieldManager", manager_}, {"fieldValidation", "Warn"}};
    return client_.send(request, stop);
}

Result<kube::Response> ObjectWriter::send_owned(Act act, const Prepared& prepared, Json& object,
                                                std::vector<std::string>& notes,
                                                std::stop_token stop) const {
    auto response = TRY(send(act, prepared, base::dump_json(object), stop));
    if (response.ok() || classify(kube::status_error(response)) != rules::Refusal::OwnerNotAllowed)
        return response;
    constexpr std::string_view kNote = "blockOwnerDeletion was dropped: it needs more rights";
    if (std::ranges::find(notes, kNote) == notes.end()) notes.emplace_back(kNote);
    rules::drop_block_owner_deletion(object);
    return send(act, prepared, base::dump_json(object), stop);
}

Result<Written> ObjectWriter::write(Prepared& prepared, const WriteOptions& options,
                                    std::stop_token stop) const {
    Written written;
    for (unsigned attempt = 0; attempt < kMaxTries; ++attempt) {
        auto response = TRY(send_owned(kPost, prepared, *prepared.object, written.notes, stop));
        if (!response.ok()) {
            if (TRY(handle_refusal(response, prepared, options, written, stop)) == Next::Again)
                continue;
            return written;
        }
        bool again = options.earlier == Intent::Recreate || written.outcome == Outcome::Recreated;
        written.outcome = again ? Outcome::Recreated : Outcome::Created;
        written.volume_empty = prepared.volume_empty;
        if (options.want_uid)
            if (auto created = base::parse_json(response.body))
                written.uid = base::text_at(*created, "/metadata/uid");
        note_warnings(response, written);
        TRY(write_status(prepared, written, stop));
        return written;
    }
    refuse(written, "the object appeared and vanished again and again");
    return written;
}

Result<ObjectWriter::Next> ObjectWriter::handle_refusal(const kube::Response& response,
                                                        Prepared& prepared,
                                                        const WriteOptions& options,
                                                        Written& written,
                                                        std::stop_token stop) const {
    kube::StatusError status = kube::status_error(response);
    bool was_deleted = written.outcome == Outcome::Recreated;
    auto fail_for_good = [&](std::string words) {
        refuse(written,
               was_deleted ? "it was deleted to be created anew, which the server refused: " + words
                           : std::move(words));
        return Next::Done;
    };
    switch (classify(status)) {
        case rules::Refusal::Exists:
            return reconcile(prepared, options, written, stop);
        case rules::Refusal::NodePortTaken:
            // Ports are handed out before names are looked at: it may be there and have them.
            if (TRY(is_there(prepared, stop))) return reconcile(prepared, options, written, stop);
            return choose_node_ports_anew(prepared, written);
        case rules::Refusal::NotYet:
            written.not_yet = true;
            return fail_for_good(status.message);
        case rules::Refusal::Terminating: {
            written.namespace_closed = true;
            kube::ResourceType ns{
                .group = "", .version = "v1", .kind = "Namespace", .plural = "namespaces"};
            auto live = read_live(client_, ns, "", prepared.key.ns, stop);
            if (!live && is_fatal(live.error())) return std::unexpected(std::move(live).error());
            std::string why = live && *live ? rules::why_terminating(**live) : "";
            return fail_for_good(why.empty() ? status.message : why);
        }
        case rules::Refusal::Forbidden:
            // The owner of a namespace may not create it, but has it.
            if (TRY(is_there(prepared, stop))) return reconcile(prepared, options, written, stop);
            return fail_for_good(status.message);
        case rules::Refusal::NamespaceMissing:
            written.namespace_closed = true;
            return fail_for_good(status.message);
        default:
            return fail_for_good(status.message);
    }
}

Result<bool> ObjectWriter::is_there(const Prepared& prepared, std::stop_token stop) const {
    return engine::is_there(client_, prepared.type, prepared.key.ns, prepared.key.name, stop);
}

ObjectWriter::Next ObjectWriter::choose_node_ports_anew(Prepared& prepared, Written& written) {
    rules::strip_node_ports(*prepared.object);
    written.notes.emplace_back(
        "another Service has a node port of it, so the target chose its node ports anew");
    return Next::Again;
}

Result<ObjectWriter::Next> ObjectWriter::reconcile(Prepared& prepared, const WriteOptions& options,
                                                   Written& written, std::stop_token stop) const {
    auto read = read_live(client_, prepared.type, prepared.key.ns, prepared.key.name, stop);
    if (!read) {
        if (is_fatal(read.error())) return std::unexpected(std::move(read).error());
        refuse(written, "it exists and cannot be read: " + read.error().message);
        return Next::Done;
    }
    if (!*read) return Next::Again;
    Json live = std::move(**read);
    if (options.want_uid) written.uid = base::text_at(live, "/metadata/uid");
    if (rules::is_being_deleted(live)) {
        refuse(written, rules::why_deleting(live));
        written.namespace_closed = prepared.key.kind == "Namespace" && prepared.key.group.empty();
        return Next::Done;
    }
    bool replaced = options.earlier == Intent::Update;
    if (!replaced && rules::was_written_by(live, manager_)) {
        written.outcome =
            options.earlier == Intent::Recreate ? Outcome::Recreated : Outcome::Created;
        written.volume_empty = prepared.volume_empty;
        TRY(write_status(prepared, written, stop));
        return Next::Done;
    }
    if (TRY(is_in_target(prepared, live, options))) {
        written.outcome = replaced ? Outcome::Updated : Outcome::Unchanged;
        return Next::Done;
    }
    bool generated_account = prepared.key.group.empty() && prepared.key.kind == "ServiceAccount" &&
                             prepared.key.name == "default";
    if (generated_account && options.existing == ExistingPolicy::Skip)
        return merge_account(prepared, std::move(live), written, stop);
    if (std::string why = why_left_alone(prepared, live, options); !why.empty()) {
        written.outcome = Outcome::Skipped;
        written.reason = std::move(why);
        return Next::Done;
    }
    TRY(options.announce(Intent::Update));
    return replace(prepared, std::move(live), options, written, stop);
}

/// Whether the target has the object as it would be made. Owners that came later when it was
/// prepared may be there all the same; one that is still to come makes the object another one.
Result<bool> ObjectWriter::is_in_target(Prepared& prepared, const Json& live,
                                        const WriteOptions& options) {
    if (prepared.owners_later) {
        PresentOwners owners = TRY(options.present_owners());
        Json& metadata = (*prepared.object)["metadata"];
        metadata.erase("ownerReferences");
        if (!owners.references->empty())
            metadata["ownerReferences"] = std::move(*owners.references);
        if (owners.awaited) return false;
    }
    return form_in_target(*prepared.object) == form_in_target(live);
}

Result<ObjectWriter::Next> ObjectWriter::merge_account(const Prepared& prepared, Json live,
                                                       Written& written,
                                                       std::stop_token stop) const {
    if (!rules::merge_service_account(live, *prepared.object)) {
        written.outcome = Outcome::Unchanged;
        return Next::Done;
    }
    live["metadata"].erase("managedFields");
    auto response = TRY(send(kPut, prepared, base::dump_json(live), stop));
    if (response.ok()) {
        written.outcome = Outcome::Updated;
        written.notes.emplace_back("merged into the account that the cluster made by itself");
        return Next::Done;
    }
    kube::StatusError status = kube::status_error(response);
    if (classify(status) == rules::Refusal::Conflict || status.code == 404) return Next::Again;
    refuse(written, status.message);
    return Next::Done;
}

Result<ObjectWriter::Next> ObjectWriter::replace(Prepared& prepared, Json live,
                                                 const WriteOptions& options, Written& written,
                                                 std::stop_token stop) const {
    Json wanted = *prepared.object;
    rules::keep_live_allocations(wanted, live);
    auto response = TRY(send_owned(kPut, prepared, wanted, written.notes, stop));
    if (response.ok()) {
        written.outcome = Outcome::Updated;
        note_warnings(response, written);
        TRY(write_status(prepared, written, stop));
        return Next::Done;
    }
    kube::StatusError status = kube::status_error(response);
    switch (classify(status)) {
        case rules::Refusal::Conflict:
            return Next::Again;
        case rules::Refusal::Immutable:
            if (options.existing != ExistingPolicy::Recreate || !may_recreate(prepared.type)) break;
            return recreate(prepared, live, options, written, stop);
        case rules::Refusal::NodePortTaken:
            return choose_node_ports_anew(prepared, written);
        case rules::Refusal::NotYet:
            written.not_yet = true;
            break;
        default:
            if (status.code == 404) return Next::Again;
            break;
    }
    refuse(written, status.message);
    return Next::Done;
}

Result<ObjectWriter::Next> ObjectWriter::recreate(Prepared& prepared, const Json& live,
                                                  const WriteOptions& options, Written& written,
                                                  std::stop_token stop) const {
    TRY(options.announce(Intent::Recreate));
    const std::string uid = base::text_at(live, "/metadata/uid");
    if (auto untied = options.untie_dependents(uid); !untied) {
        if (is_fatal(untied.error())) return std::unexpected(std::move(untied).error());
        refuse(written, "it was not deleted to be created anew: " + untied.error().message);
        return Next::Done;
    }
    Json how = {{"apiVersion", "v1"},
                {"kind", "DeleteOptions"},
                {"propagationPolicy", propagation(prepared.type)},
                {"preconditions", {{"uid", uid}}}};
    auto response = TRY(send(kDelete, prepared, base::dump_json(how), stop));
    if (!response.ok() && response.status != 404) {
        kube::StatusError status = kube::status_error(response);
        if (classify(status) == rules::Refusal::Conflict) return Next::Again;
        refuse(written, "it could not be deleted: " + status.message);
        return Next::Done;
    }
    if (!TRY(wait_until_gone(prepared, stop))) {
        refuse(written, "it was deleted to be created anew, but finalizers keep it");
        return Next::Done;
    }
    written.outcome = Outcome::Recreated;
    return Next::Again;
}

Result<bool> ObjectWriter::wait_until_gone(const Prepared& prepared, std::stop_token stop) const {
    for (unsigned poll = 0; poll < kMaxGonePolls; ++poll) {
        auto live = read_live(client_, prepared.type, prepared.key.ns, prepared.key.name, stop);
        if (!live && is_fatal(live.error())) return std::unexpected(std::move(live).error());
        if (live && !*live) return true;
        if (!clock_.sleep(kGonePoll, stop)) return fail(ErrorCode::Cancelled, "stopped");
    }
    return false;
}

Result<void> ObjectWriter::write_status(const Prepared& prepared, Written& written,
                                        std::stop_token stop) const {
    if (prepared.status == nullptr) return {};
    kube::Request request{.method = kube::Method::Patch};
    request.path = prepared.type.object_path(prepared.key.ns, prepared.key.name) + "/status";
    request.query = {{"fieldManager", manager_}};
    request.content_type = kube::kMergePatch;
    request.body = base::dump_json(Json{{"status", *prepared.status}});
    auto response = TRY(client_.send(request, stop));
    if (!response.ok())
        written.notes.push_back("its status could not be written: " +
                                kube::status_error(response).message);
    return {};
}

Result<std::vector<std::string>> ObjectWriter::add_owners(const Prepared& prepared,
                                                          const Json& owners,
                                                          std::stop_token stop) const {
    std::vector<std::string> notes;
    if (TRY(merge_owners(prepared, owners, notes, stop))) return notes;
    auto join = [&](const Json& present) { return joined_owners(present, owners); };
    TRY(change_owners(prepared, join, notes, stop));
    return notes;
}

Result<bool> ObjectWriter::merge_owners(const Prepared& prepared, const Json& owners,
                                        std::vector<std::string>& notes,
                                        std::stop_token stop) const {
    if (!is_builtin_group(prepared.type.group)) return false;
    Json patch = {{"metadata", {{"ownerReferences", owners}}}};
    auto response = TRY(send_owned(kMergeByKey, prepared, patch, notes, stop));
    if (response.ok()) return true;
    // Kinds of aggregated APIs in such groups.
    if (response.status == kUnsupportedMediaType) return false;
    return std::unexpected(kube::to_error(kube::status_error(response)));
}

Result<bool> ObjectWriter::remove_owner(const Prepared& prepared, const std::string& uid,
                                        std::stop_token stop) const {
    auto without = [&](const Json& present) {
        Json others = Json::array();
        for (const Json& owner : present)
            if (base::text_at(owner, "/uid") != uid) others.push_back(owner);
        return others;
    };
    std::vector<std::string> notes;
    auto removed = change_owners(prepared, without, notes, stop);
    if (!removed && removed.error().code == ErrorCode::NotFound) return false;
    return removed;
}

Result<bool> ObjectWriter::change_owners(const Prepared& prepared,
                                         const std::function<Json(const Json& present)>& change,
                                         std::vector<std::string>& notes,
                                         std::stop_token stop) const {
    for (unsigned attempt = 0; attempt < kMaxTries; ++attempt) {
        auto live =
            TRY(read_live(client_, prepared.type, prepared.key.ns, prepared.key.name, stop));
        if (!live) return fail(ErrorCode::NotFound, "the object is gone");
        const Json* references = base::find_json(*live, "/metadata/ownerReferences");
        Json present =
            references != nullptr && references->is_array() ? *references : Json(Json::array());
        Json changed = change(present);
        if (changed == present) return false;
        Json patch = {{"metadata",
                       {{"resourceVersion", base::text_at(*live, "/metadata/resourceVersion")},
                        {"ownerReferences", std::move(changed)}}}};
        auto response = TRY(send_owned(kMerge, prepared, patch, notes, stop));
        if (response.ok()) return true;
        kube::StatusError status = kube::status_error(response);
        if (classify(status) != rules::Refusal::Conflict)
            return std::unexpected(kube::to_error(status));
    }
    return fail(ErrorCode::Conflict, "the object kept changing");
}

}  // namespace holdfast::engine
