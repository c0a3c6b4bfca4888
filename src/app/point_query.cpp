#include "app/point_query.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/text.h"
#include "engine/capture.h"
#include "engine/object_row.h"
#include "kube/kind_selector.h"
#include "kube/resource_type.h"

namespace holdfast::app {

void add_point_query(CLI::App& command, PointQuery& query) {
    command
        .add_option("POINT", query.name,
                    "A point's id, the beginning of one, or 'latest' (of the addressed cluster)")
        ->required();
    command.add_option("--cluster", query.cluster,
                       "The cluster that 'latest' is of: its context or the beginning of its UID");
    add_vault_options(command, query.vault);
    add_cluster_options(command, query.access);
}

Result<ListedPoint> find_point_in(Application& application, const OpenVault& vault,
                                  const PointQuery& query, const std::string& name) {
    auto uid = [&]() -> Result<std::string> {
        OpenCluster cluster = TRY(open_cluster(application, query.access));
        return engine::cluster_identity(*cluster, application.stop_token());
    };
    const AddressedCluster addressed{.uid = uid,
                                     .chosen = is_chosen(query.access),
                                     .may_be_another = query.may_be_another,
                                     .tell = tell};
    return find_point(TRY(list_points(*vault)), name, query.cluster, addressed);
}

Result<OpenPoint> open_point(Application& application, const PointQuery& query) {
    OpenPoint point;
    point.vault = TRY(open_vault(application, query.vault.vault, query.vault.key));
    point.listed = TRY(find_point_in(application, point.vault, query, query.name));
    point.source = TRY(engine::PointSource::open(*point.vault, point.listed.point.id));
    return point;
}

namespace {

/// Reads an object's labels as the raw JSON that a Selection takes.
std::string labels_of(std::string_view body) {
    Json json = base::parse_json(body).value_or(Json());
    const Json* labels = base::find_json(json, "/metadata/labels");
    return labels == nullptr ? "" : base::dump_json(*labels);
}

bool selects(const engine::Selection& selection, const engine::ObjectKey& key) {
    if (!selection.includes_type(key.group, key.kind)) return false;
    if (!key.ns.empty()) return selection.includes_namespace(key.ns);
    if (selection.spec().cluster_scoped == engine::ClusterScoped::All) return true;
    return !selection.without_cluster_objects() && !selection.narrows_namespaces();
}

}  // namespace

Result<void> each_selected(const OpenPoint& point, const engine::SelectionSpec& spec,
                           const std::function<Result<void>(const engine::PointObject&)>& visit) {
    engine::Selection selection =
        TRY(engine::Selection::create(spec, point.source->manifest().discovery()));
    return point.source->each_row("", [&](const engine::PointObject& object) -> Result<void> {
        if (!selects(selection, object.key)) return {};
        if (selection.selects_labels()) {
            std::string body = TRY(point.source->get(engine::encode_key(object.key)));
            if (!selection.includes_labels(labels_of(body))) return {};
        }
        return visit(object);
    });
}

namespace {

/// What to say about an object that is not there: what was probably meant, or where it is.
Result<engine::ObjectKey> explain_missing(const OpenPoint& point,
                                          const std::vector<kube::ResourceType>& types,
                                          const std::string& ns, const std::string& name) {
    std::vector<std::string> names;
    std::vector<std::string> places;
    for (const kube::ResourceType& type : types) {
        TRY(point.source->each_row(engine::encode_key_prefix(type.group, type.kind),
                                   [&](const engine::PointObject& object) -> Result<void> {
                                       if (object.key.name == name) places.push_back(object.key.ns);
                                       if (object.key.ns == ns) names.push_back(object.key.name);
                                       return {};
                                   }));
    }
    std::string where = ns.empty() ? "" : fmt::format(" in namespace {}", ns);
    if (!places.empty())
        return fail(ErrorCode::NotFound,
                    "the point has no {} '{}'{}; it has one in namespace {} (say -n)",
                    types.front().qualified_kind(), name, where, base::join(places, ", "));
    std::string_view meant = base::nearest(name, names);
    return fail(ErrorCode::NotFound, "the point has no {} '{}'{}{}", types.front().qualified_kind(),
                name, where, meant.empty() ? "" : fmt::format(". Did you mean '{}'?", meant));
}

}  // namespace

Result<engine::ObjectKey> find_object(const OpenPoint& point, const std::string& kind,
                                      const std::string& ns, const std::string& name) {
    std::vector<kube::ResourceType> types =
        TRY(kube::resolve_kind(kind, point.source->manifest().discovery()));
    std::vector<engine::ObjectKey> found;
    for (const kube::ResourceType& type : types) {
        engine::ObjectKey key{.group = type.group,
                              .kind = type.kind,
                              .ns = type.namespaced ? (ns.empty() ? "default" : ns) : "",
                              .name = name};
        if (TRY(point.source->find(key))) found.push_back(std::move(key));
    }
    if (found.size() == 1) return found.front();
    if (found.empty()) return explain_missing(point, types, ns, name);
    std::vector<std::string> kinds;
    for (const engine::ObjectKey& key : found) kinds.push_back(key.qualified_kind());
    return fail(ErrorCode::InvalidArgument, "several kinds have a '{}': name one of {}", name,
                base::join(kinds, ", "));
}

}  // namespace holdfast::app
