#include "engine/point_diff.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <unordered_set>

#include "base/bytes.h"
#include "base/json.h"
#include "engine/capture_scope.h"
#include "engine/manifest.h"
#include "engine/object_row.h"
#include "kube/object_view.h"
#include "kube/resource_type.h"
#include "repo/run.h"

namespace holdfast::engine {

namespace {

bool selects_key(const Selection& selection, const ObjectKey& key) {
    if (!selection.includes_type(key.group, key.kind)) return false;
    if (!key.ns.empty()) return selection.includes_namespace(key.ns);
    if (selection.spec().cluster_scoped == ClusterScoped::All) return true;
    return !selection.without_cluster_objects() && !selection.narrows_namespaces();
}

bool selects_body(const Selection& selection, const Json& object) {
    if (!selection.selects_labels()) return true;
    const Json* labels = base::find_json(object, "/metadata/labels");
    return selection.includes_labels(labels == nullptr ? "" : base::dump_json(*labels));
}

Result<Json> read_object(PointSource& point, const std::string& key) {
    std::string body = TRY(point.get(key));
    return TRY(base::parse_json(body), "an object of the point");
}

/// One side's object that has no counterpart.
Result<void> tell_alone(PointSource& point, const repo::Row& row, Change change,
                        const Selection& selection, const ChangeVisitor& visit) {
    ObjectKey key = TRY(decode_key(row.key));
    if (!selects_key(selection, key)) return {};
    if (selection.selects_labels() && !selects_body(selection, TRY(read_object(point, row.key))))
        return {};
    return visit({.key = std::move(key), .change = change, .differences = {}});
}

Result<void> tell_changed(const ObjectKey& key, const Json& before, const Json& after,
                          const Selection& selection, const DiffOptions& options,
                          const ChangeVisitor& visit) {
    if (!selects_body(selection, before) && !selects_body(selection, after)) return {};
    auto found = differences(before, after, options);
    if (found.empty()) return {};
    return visit({.key = key, .change = Change::Changed, .differences = std::move(found)});
}

/// What one side of a comparison does not know: kinds that could not be read, and objects that
/// could not be kept.
class Unknown {
public:
    explicit Unknown(const ClusterManifest& manifest) {
        for (const TypeRecord& record : manifest.types) {
            const kube::ResourceType& type = record.type;
            known_.emplace(type.group, type.kind);
            if (!record.captured()) kinds_[{type.group, type.kind}] = record.failure;
            for (const LeftOut& object : record.left_out)
                objects_[{type.group, type.kind, object.ns, object.name}] = object.reason;
        }
        add_groups(manifest.failures);
    }
    explicit Unknown(const kube::Discovery& live) {
        for (const kube::ResourceType& type : live.types) known_.emplace(type.group, type.kind);
        add_groups(live.failures);
    }

    bool contains(const ObjectKey& key) const {
        Kind kind(key.group, key.kind);
        return kinds_.contains(kind) || objects_.contains(key) ||
               (groups_.contains(key.group) && !known_.contains(kind));
    }

    void tell(const Selection& selection, std::string_view side, NotCompared& notes) const {
        for (const auto& [kind, reason] : kinds_) {
            if (!selection.includes_type(kind.first, kind.second)) continue;
            ObjectKey any{.group = kind.first, .kind = kind.second, .ns = "", .name = ""};
            notes.push_back(fmt::format("{} is not compared: {} lacks it: {}", any.qualified_kind(),
                                        side, reason));
        }
        for (const auto& [group, reason] : groups_)
            if (selection.spec().kinds.empty())
                notes.push_back(
                    fmt::format("not every kind of group '{}' is compared: {} lacks "
                                "some: {}",
                                group, side, reason));
        for (const auto& [key, reason] : objects_)
            if (selects_key(selection, key))
                notes.push_back(
                    fmt::format("{} is not compared: {} lacks it: {}", key.text(), side, reason));
    }

private:
    using Kind = std::pair<std::string, std::string>;  // group and kind

    void add_groups(const std::vector<kube::DiscoveryFailure>& failures) {
        for (const kube::DiscoveryFailure& failure : failures) {
            std::size_t slash = failure.group_version.find('/');
            bool core = slash == std::string::npos;
            groups_[core ? "" : failure.group_version.substr(0, slash)] = failure.reason;
        }
    }

    std::set<Kind> known_;
    std::map<Kind, std::string> kinds_;
    std::map<std::string, std::string> groups_;
    std::map<ObjectKey, std::string> objects_;
};

/// Passes over what one of the sides does not know.
ChangeVisitor only_known(const Unknown& before, const Unknown& after, const ChangeVisitor& visit) {
    return [&](const ObjectChange& change) -> Result<void> {
        if (before.contains(change.key) || after.contains(change.key)) return {};
        return visit(change);
    };
}

/// Compares the live objects of one kind with the point's.
class LiveKind {
public:
    LiveKind(PointSource& point, kube::Client& client, const kube::ResourceType& type,
             const Selection& selection, const DiffOptions& options, const ChangeVisitor& visit)
        : point_(point),
          client_(client),
          type_(type),
          selection_(selection),
          options_(options),
          visit_(visit) {}

    Result<void> run(std::stop_token stop) {
        kube::ListOptions list;
        do {
            kube::ListPage page = TRY(client_.list(type_, list, stop), "listing {}", type_.plural);
            for (const kube::ObjectView& object : page.items) TRY(compare(object));
            list.continue_token = page.continue_token;
        } while (!list.continue_token.empty());
        auto tell_missing = [this](const PointObject& object) -> Result<void> {
            std::string key = encode_key(object.key);
            if (seen_.contains(key)) return {};
            return tell_alone(point_, {.key = key, .chunk = object.chunk, .attributes = {}},
                              Change::Removed, selection_, visit_);
        };
        return point_.each_row(encode_key_prefix(type_.group, type_.kind), tell_missing);
    }

private:
    Result<void> compare(const kube::ObjectView& object) {
        ObjectKey key{.group = type_.group,
                      .kind = type_.kind,
                      .ns = std::string(object.ns),
                      .name = std::string(object.name)};
        if (!selects_key(selection_, key)) return {};
        std::string bytes = encode_key(key);
        seen_.insert(bytes);
        auto body = point_.get(bytes);
        if (!body && body.error().code != ErrorCode::NotFound)
            return std::unexpected(std::move(body).error());
        if (!body && !selection_.includes_labels(object.labels)) return {};
        if (!body) return visit_({.key = std::move(key), .change = Change::Added});
        Bytes live = kube::captured_form(object, type_.api_version(), type_.kind);
        if (base::as_text(live) == *body) return {};
        Json before = TRY(base::parse_json(*body), "{} in the point", key.text());
        Json after = TRY(base::parse_json(base::as_text(live)), "{}", key.text());
        return tell_changed(key, before, after, selection_, options_, visit_);
    }

    PointSource& point_;
    kube::Client& client_;
    const kube::ResourceType& type_;
    const Selection& selection_;
    const DiffOptions& options_;
    const ChangeVisitor& visit_;
    std::unordered_set<std::string> seen_;
};

}  // namespace

std::string_view name_of(Change change) {
    switch (change) {
        case Change::Added:
            return "added";
        case Change::Removed:
            return "removed";
        case Change::Changed:
            return "changed";
    }
    return "changed";
}

Result<NotCompared> diff_points(PointSource& before, PointSource& after, const Selection& selection,
                                const DiffOptions& options, const ChangeVisitor& visitor,
                                std::stop_token stop) {
    const Unknown unknown_before(before.manifest());
    const Unknown unknown_after(after.manifest());
    const ChangeVisitor visit = only_known(unknown_before, unknown_after, visitor);
    repo::RowCursor old_rows = TRY(before.rows().cursor());
    repo::RowCursor new_rows = TRY(after.rows().cursor());
    const repo::Row* old_row = TRY(old_rows.next());
    const repo::Row* new_row = TRY(new_rows.next());
    while (old_row != nullptr || new_row != nullptr) {
        if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "stopped");
        bool only_old = new_row == nullptr || (old_row != nullptr && old_row->key < new_row->key);
        bool only_new = old_row == nullptr || (new_row != nullptr && new_row->key < old_row->key);
        if (only_old) {
            TRY(tell_alone(before, *old_row, Change::Removed, selection, visit));
        } else if (only_new) {
            TRY(tell_alone(after, *new_row, Change::Added, selection, visit));
        } else if (old_row->chunk != new_row->chunk) {
            ObjectKey key = TRY(decode_key(old_row->key));
            if (selects_key(selection, key)) {
                Json old_object = TRY(read_object(before, old_row->key));
                Json new_object = TRY(read_object(after, new_row->key));
                TRY(tell_changed(key, old_object, new_object, selection, options, visit));
            }
        }
        if (!only_new) old_row = TRY(old_rows.next());
        if (!only_old) new_row = TRY(new_rows.next());
    }
    NotCompared notes;
    unknown_before.tell(selection, "the earlier point", notes);
    unknown_after.tell(selection, "the later point", notes);
    return notes;
}

Result<NotCompared> diff_live(PointSource& before, kube::Client& client, const Selection& selection,
                              const DiffOptions& options, const ChangeVisitor& visitor,
                              std::stop_token stop) {
    kube::Discovery discovery = TRY(client.discover(stop), "learning what the cluster serves");
    const Unknown unknown_before(before.manifest());
    const Unknown unknown_live(discovery);
    const ChangeVisitor visit = only_known(unknown_before, unknown_live, visitor);
    auto missing_in_point = [&](const kube::ResourceType& type) {
        return unknown_before.contains(
            {.group = type.group, .kind = type.kind, .ns = "", .name = ""});
    };
    for (const kube::ResourceType& type : discovery.types) {
        if (!is_state(type) || missing_in_point(type)) continue;
        if (!selection.includes_type(type.group, type.kind)) continue;
        TRY(LiveKind(before, client, type, selection, options, visit).run(stop));
    }
    // Kinds that the cluster no longer serves.
    for (const TypeRecord& record : before.manifest().types) {
        if (discovery.find(record.type.group, record.type.kind) != nullptr) continue;
        auto tell_gone = [&](const PointObject& object) {
            return tell_alone(before, {.key = encode_key(object.key), .chunk = object.chunk},
                              Change::Removed, selection, visit);
        };
        TRY(before.each_row(encode_key_prefix(record.type.group, record.type.kind), tell_gone));
    }
    NotCompared notes;
    unknown_before.tell(selection, "the point", notes);
    unknown_live.tell(selection, "the cluster", notes);
    return notes;
}

}  // namespace holdfast::engine
