#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/application.h"
#include "app/commands/commands.h"
#include "app/commands/options.h"
#include "app/document_list.h"
#include "app/point_name.h"
#include "app/point_query.h"
#include "app/prompt.h"
#include "app/table.h"
#include "app/terminal.h"
#include "app/unmatched.h"
#include "app/vault_access.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "engine/capture.h"
#include "engine/manifest.h"
#include "engine/object_row.h"
#include "engine/point_source.h"
#include "engine/restore_options.h"
#include "engine/selection.h"
#include "kube/resource_type.h"

namespace holdfast::app {

namespace {

Json summary_json(const ListedPoint& point) {
    const engine::ClusterSummary& summary = point.summary;
    return {{"point", point.point.id.text()},
            {"createdAt", base::to_rfc3339(point.point.created_at)},
            {"storedAt", base::to_rfc3339(point.point.stored_at)},
            {"cluster", summary.cluster.uid},
            {"context", summary.cluster.context},
            {"server", summary.cluster.server},
            {"kubernetesVersion", summary.cluster.kubernetes_version},
            {"status", name_of(summary.status)},
            {"objects", summary.objects},
            {"kinds", summary.kinds},
            {"bytes", summary.bytes},
            {"notCaptured", summary.failed_kinds},
            {"volumesWithoutData", summary.volumes_without_data},
            {"resourceVersion", summary.resource_version},
            {"selection", to_json(summary.selection)}};
}

// --- point list

struct ListOptions {
    VaultOptions vault;
    std::string cluster;
    Output output = Output::Table;
};

constexpr std::size_t kShownSelection = 30;

/// What the point was narrowed to; in narrow tables only the beginning.
std::string shown_selection(const engine::SelectionSpec& spec, bool wide) {
    std::string words = words_of(spec);
    if (!wide && words.size() > kShownSelection) words = words.substr(0, kShownSelection) + "...";
    return words;
}

std::string list_table(const std::vector<ListedPoint>& points, bool wide) {
    std::vector<std::string> headings = {"POINT",   "CREATED", "CLUSTER",  "STATUS",
                                         "OBJECTS", "SIZE",    "SELECTION"};
    if (wide)
        headings.insert(headings.end(),
                        {"KINDS", "VOLUMES-WITHOUT-DATA", "VERSION", "CLUSTER-UID"});
    Table table(headings);
    for (const ListedPoint& point : points) {
        const engine::ClusterSummary& summary = point.summary;
        std::vector<std::string> cells = {wide ? point.point.id.text() : short_id(point.point.id),
                                          base::to_rfc3339(point.point.created_at),
                                          summary.cluster.context,
                                          std::string(name_of(summary.status)),
                                          std::to_string(summary.objects),
                                          base::human_bytes(summary.bytes),
                                          shown_selection(summary.selection, wide)};
        if (wide)
            cells.insert(cells.end(), {std::to_string(summary.kinds),
                                       std::to_string(summary.volumes_without_data),
                                       summary.cluster.kubernetes_version, summary.cluster.uid});
        table.add(std::move(cells));
    }
    return table.text();
}

Result<ExitCode> run_list(Application& application, const ListOptions& options) {
    OpenVault vault = TRY(open_vault(application, options.vault.vault, options.vault.key));
    const std::vector<ListedPoint> all_points = TRY(list_points(*vault));
    std::vector<ListedPoint> points = all_points;
    if (!options.cluster.empty())
        std::erase_if(points, [&](const auto& p) { return !is_of_cluster(p, options.cluster); });
    if (all_points.empty())
        tell(fmt::format("No recovery points in vault {}.", vault.record.name));
    else if (points.empty())
        tell(
            fmt::format("No recovery point in vault {} is of cluster '{}'; there are points of {}.",
                        vault.record.name, options.cluster, clusters_of(all_points)));
    if (options.output == Output::Name) {
        for (const ListedPoint& point : points) print_line(point.point.id.text());
    } else if (!is_for_people(options.output)) {
        Json all = Json::array();
        for (const ListedPoint& point : points) all.push_back(summary_json(point));
        print_document(all, options.output);
    } else if (!points.empty()) {
        print(list_table(points, options.output == Output::Wide));
    }
    return ExitCode::Complete;
}

void add_list(CLI::App& point, Command& chosen) {
    auto options = std::make_shared<ListOptions>();
    CLI::App& command = add_command(point, "list", "List the recovery points of a vault",
                                    "  holdfast point list\n"
                                    "  holdfast point list --cluster production -o wide\n");
    command.add_option("--cluster", options->cluster,
                       "Only points of this cluster: its context or the beginning of its UID");
    add_vault_options(command, options->vault);
    add_output_option(command, options->output);
    command.callback([&chosen, options] {
        chosen = [options](Application& application) { return run_list(application, *options); };
    });
}

// --- point show

struct ShowOptions {
    PointQuery query;
    Output output = Output::Table;
};

void tell_facts(const OpenPoint& point) {
    const engine::ClusterManifest& manifest = point.source->manifest();
    print_line(fmt::format("Point               {}", point.listed.point.id.text()));
    print_line(fmt::format("Status              {}", name_of(manifest.status())));
    print_line(fmt::format("Created             {} (stored {})",
                           base::to_rfc3339(point.listed.point.created_at),
                           base::to_rfc3339(point.listed.point.stored_at)));
    print_line(fmt::format("Cluster             {} ({})", printable(manifest.cluster.context),
                           manifest.cluster.uid));
    print_line(fmt::format("Server              {}", printable(manifest.cluster.server)));
    print_line(fmt::format("Kubernetes          {}", manifest.cluster.kubernetes_version));
    print_line(
        fmt::format("Resource version    {}{}", manifest.resource_version,
                    manifest.restarts > 0
                        ? fmt::format(" (restarted {})", base::counted(manifest.restarts, "time"))
                        : ""));
    print_line(fmt::format("Objects             {} ({})", manifest.objects(),
                           base::human_bytes(manifest.bytes())));
    print_line(fmt::format("Selection           {}", printable(words_of(manifest.selection))));
}

void tell_kinds(const engine::ClusterManifest& manifest) {
    Table kinds({"KIND", "VERSION", "OBJECTS", "SIZE", "READ-AT"});
    for (const engine::TypeRecord& type : manifest.types) {
        if (type.captured() && type.objects > 0) {
            kinds.add(
                {type.type.qualified_kind(), type.type.version, std::to_string(type.objects),
                 base::human_bytes(type.bytes),
                 type.resource_version == manifest.resource_version
                     ? "point"
                     : type.resource_version + (type.type.aggregated ? " (aggregated)" : "")});
        }
    }
    print("\n" + kinds.text());
}

void tell_not_captured(const engine::ClusterManifest& manifest) {
    for (const engine::TypeRecord& type : manifest.types)
        if (!type.captured())
            print_line(fmt::format("\nNot captured: {}: {}", type.type.qualified_kind(),
                                   printable(type.failure)));
    for (const engine::TypeRecord& type : manifest.types)
        for (const engine::LeftOut& object : type.left_out)
            print_line(fmt::format("\nNot captured: {} {}: {}", type.type.qualified_kind(),
                                   printable(object.text()), object.reason));
    for (const kube::DiscoveryFailure& failure : manifest.failures)
        print_line(fmt::format("\nNot captured: every kind of {}: {}", failure.group_version,
                               printable(failure.reason)));
    for (const std::string& ns : manifest.missing_namespaces)
        print_line(fmt::format("\nNot captured: namespace {}: it does not exist", printable(ns)));
}

void tell_volumes(const engine::ClusterManifest& manifest) {
    if (manifest.volumes.empty()) return;
    Table volumes({"VOLUME WITHOUT DATA", "PERSISTENT VOLUME", "STORAGE CLASS"});
    for (const engine::VolumeWithoutData& volume : manifest.volumes)
        volumes.add({volume.ns + "/" + volume.claim, volume.volume, volume.storage_class});
    print("\n" + volumes.text());
}

void tell_point(const OpenPoint& point) {
    const engine::ClusterManifest& manifest = point.source->manifest();
    tell_facts(point);
    tell_kinds(manifest);
    tell_not_captured(manifest);
    tell_volumes(manifest);
}

Result<ExitCode> run_show(Application& application, const ShowOptions& options) {
    OpenPoint point = TRY(open_point(application, options.query));
    if (options.output == Output::Name) {
        print_line(point.listed.point.id.text());
    } else if (is_for_people(options.output)) {
        tell_point(point);
    } else {
        Json json = summary_json(point.listed);
        json["manifest"] = TRY(base::parse_json(point.source->point().content.manifest_json));
        print_document(json, options.output);
    }
    return ExitCode::Complete;
}

void add_show(CLI::App& point, Command& chosen) {
    auto options = std::make_shared<ShowOptions>();
    CLI::App& command = add_command(point, "show", "Show what a recovery point holds",
                                    "  holdfast point show latest\n"
                                    "  holdfast point show 4f1a -o yaml\n");
    add_point_query(command, options->query);
    add_output_option(command, options->output);
    command.callback([&chosen, options] {
        chosen = [options](Application& application) { return run_show(application, *options); };
    });
}

// --- point objects

struct ObjectsOptions {
    PointQuery query;
    engine::SelectionSpec selection;
    Output output = Output::Table;
};

Json object_json(const engine::PointObject& object) {
    return {
        {"group", object.key.group},
        {"version", object.facts.version},
        {"kind", object.key.kind},
        {"namespace", object.key.ns},
        {"name", object.key.name},
        {"uid", object.facts.uid},
        {"resourceVersion", object.facts.resource_version},
        {"generation", object.facts.generation},
        {"createdAt", base::to_rfc3339(base::Time(std::chrono::seconds(object.facts.created_at)))},
        {"bytes", object.facts.size_bytes},
        {"owned", object.facts.owned},
        {"deleting", object.facts.deleting}};
}

std::vector<std::string> object_cells(const engine::PointObject& object, bool wide) {
    std::vector<std::string> cells = {object.key.qualified_kind(), object.key.ns, object.key.name,
                                      base::human_bytes(object.facts.size_bytes)};
    if (wide)
        cells.insert(cells.end(),
                     {object.facts.version, object.facts.uid,
                      base::to_rfc3339(base::Time(std::chrono::seconds(object.facts.created_at))),
                      object.facts.owned ? "yes" : "no"});
    return cells;
}

Result<ExitCode> run_objects(Application& application, const ObjectsOptions& options) {
    if (auto checked = check_selectors(options.selection); !checked)
        return usage_error(checked.error().message);
    OpenPoint point = TRY(open_point(application, options.query));
    bool wide = options.output == Output::Wide;
    std::vector<std::string> headings = {"KIND", "NAMESPACE", "NAME", "SIZE"};
    if (wide) headings.insert(headings.end(), {"VERSION", "UID", "CREATED", "OWNED"});
    Table table(headings);
    DocumentList document(options.output);
    std::uint64_t count = 0;
    auto visit = [&](const engine::PointObject& object) -> Result<void> {
        ++count;
        if (options.output == Output::Name)
            print_line(object.key.text());
        else if (is_for_people(options.output))
            table.add(object_cells(object, wide));
        else
            document.add(object_json(object));
        return {};
    };
    TRY(each_selected(point, options.selection, visit));
    if (count == 0) tell("No object of the point matches.");
    engine::RestoreOptions named{.selection = options.selection};
    for (const std::string& sentence : TRY(unmatched_words(*point.source, named)))
        tell("note: " + printable(sentence));
    if (options.output == Output::Json || options.output == Output::Yaml)
        document.finish();
    else if (!table.empty())
        print(table.text());
    return ExitCode::Complete;
}

void add_objects(CLI::App& point, Command& chosen) {
    auto options = std::make_shared<ObjectsOptions>();
    CLI::App& command = add_command(point, "objects", "List the objects of a recovery point",
                                    "  holdfast point objects latest -n shop\n"
                                    "  holdfast point objects latest --kind secrets -o name\n");
    add_point_query(command, options->query);
    add_selection_options(command, options->selection);
    add_output_option(command, options->output);
    command.callback([&chosen, options] {
        chosen = [options](Application& application) { return run_objects(application, *options); };
    });
}

// --- point get

struct GetOptions {
    PointQuery query;
    std::string kind;
    std::string name;
    std::string ns;
    Output output = Output::Yaml;
};

Result<ExitCode> run_get(Application& application, const GetOptions& options) {
    OpenPoint point = TRY(open_point(application, options.query));
    engine::ObjectKey key = TRY(find_object(point, options.kind, options.ns, options.name));
    if (options.output == Output::Name) {
        print_line(key.text());
        return ExitCode::Complete;
    }
    std::string body = TRY(point.source->get(engine::encode_key(key)));
    Json object = TRY(base::parse_json(body), "{}", key.text());
    const auto row = TRY(point.source->find(key));
    if (row && !row->facts.managed_fields.empty())
        object["metadata"]["managedFields"] = TRY(base::parse_json(row->facts.managed_fields),
                                                  "the managed fields of {}", key.text());
    print_document(object, options.output == Output::Json ? Output::Json : Output::Yaml);
    return ExitCode::Complete;
}

void add_get(CLI::App& point, Command& chosen) {
    auto options = std::make_shared<GetOptions>();
    CLI::App& command =
        add_command(point, "get", "Print one object of a recovery point as YAML",
                    "  holdfast point get latest deployment web -n shop\n"
                    "  holdfast point get latest crd widgets.example.com -o json\n");
    add_point_query(command, options->query);
    command.add_option("KIND", options->kind, "The object's kind")->required();
    command.add_option("NAME", options->name, "The object's name")->required();
    command.add_option("-n,--namespace", options->ns, "The object's namespace");
    add_output_option(command, options->output);
    command.callback([&chosen, options] {
        chosen = [options](Application& application) { return run_get(application, *options); };
    });
}

// --- point delete

struct DeleteOptions {
    PointQuery query;
    bool yes = false;
};

Result<ExitCode> run_delete(Application& application, const DeleteOptions& options) {
    OpenPoint point = TRY(open_point(application, options.query));
    std::string what = fmt::format("point {} of {}, made {}", point.listed.point.id.text(),
                                   printable(point.listed.summary.cluster.context),
                                   base::to_rfc3339(point.listed.point.created_at));
    if (!options.yes && !TRY(confirm(application, fmt::format("Delete {}?", what),
                                     "say --yes to delete the point"))) {
        tell("Nothing was deleted.");
        return ExitCode::Failed;
    }
    TRY(point.vault->delete_point(point.listed.point.id, "holdfast point delete"));
    tell(fmt::format("Deleted {}. 'holdfast vault collect' frees its space.", what));
    return ExitCode::Complete;
}

void add_delete(CLI::App& point, Command& chosen) {
    auto options = std::make_shared<DeleteOptions>();
    CLI::App& command =
        add_command(point, "delete", "Delete a recovery point", "  holdfast point delete 4f1a02\n");
    add_point_query(command, options->query);
    command.add_flag("-y,--yes", options->yes, "Do not ask");
    command.callback([&chosen, options] {
        chosen = [options](Application& application) { return run_delete(application, *options); };
    });
}

}  // namespace

void add_point_commands(CLI::App& program, Command& chosen) {
    CLI::App& point = add_command(program, "point", "Look into recovery points",
                                  "  holdfast point list\n"
                                  "  holdfast point show latest\n"
                                  "  holdfast point get latest deployment web -n shop\n");
    point.require_subcommand(1);
    add_list(point, chosen);
    add_show(point, chosen);
    add_objects(point, chosen);
    add_get(point, chosen);
    add_point_diff_command(point, chosen);
    add_delete(point, chosen);
}

}  // namespace holdfast::app
