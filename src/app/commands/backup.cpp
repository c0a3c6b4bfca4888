#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "app/application.h"
#include "app/cluster_access.h"
#include "app/commands/commands.h"
#include "app/commands/options.h"
#include "app/point_name.h"
#include "app/progress_bar.h"
#include "app/terminal.h"
#include "app/vault_access.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "engine/capture.h"
#include "engine/manifest.h"
#include "engine/selection.h"
#include "kube/resource_type.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kListedVolumes = 10;

struct BackupOptions {
    VaultOptions vault;
    ClusterChoice cluster;
    engine::CaptureOptions capture;
    Output output = Output::Table;
};

Json report_json(const engine::CaptureReport& report, const std::string& vault) {
    const engine::ClusterManifest& manifest = report.manifest;
    Json failed = Json::array();
    for (const engine::TypeRecord& type : manifest.types)
        if (!type.captured())
            failed.push_back({{"kind", type.type.qualified_kind()}, {"reason", type.failure}});
    for (const engine::TypeRecord& type : manifest.types)
        for (const engine::LeftOut& object : type.left_out)
            failed.push_back({{"kind", type.type.qualified_kind()},
                              {"namespace", object.ns},
                              {"name", object.name},
                              {"reason", object.reason}});
    for (const kube::DiscoveryFailure& failure : manifest.failures)
        failed.push_back({{"group", failure.group_version}, {"reason", failure.reason}});
    for (const std::string& ns : manifest.missing_namespaces)
        failed.push_back({{"namespace", ns}, {"reason", "it does not exist"}});
    Json volumes = Json::array();
    for (const engine::VolumeWithoutData& volume : manifest.volumes)
        volumes.push_back({{"namespace", volume.ns},
                           {"claim", volume.claim},
                           {"volume", volume.volume},
                           {"storageClass", volume.storage_class}});
    return {{"point", report.point.text()},
            {"vault", vault},
            {"status", name_of(manifest.status())},
            {"cluster", manifest.cluster.uid},
            {"context", manifest.cluster.context},
            {"resourceVersion", manifest.resource_version},
            {"restarts", manifest.restarts},
            {"objects", manifest.objects()},
            {"bytes", manifest.bytes()},
            {"storedBytes", report.stored.stored_bytes},
            {"newObjects", report.stored.new_chunks},
            {"startedAt", base::to_rfc3339_millis(manifest.started_at)},
            {"finishedAt", base::to_rfc3339_millis(manifest.finished_at)},
            {"notCaptured", std::move(failed)},
            {"volumesWithoutData", std::move(volumes)},
            {"notes", report.notes}};
}

void tell_failures(const Application& application, const engine::ClusterManifest& manifest) {
    for (const engine::TypeRecord& type : manifest.types)
        if (!type.captured())
            print_line(fmt::format("  {} {}: {}",
                                   application.terminal.paint(Color::Red, "not captured:"),
                                   type.type.qualified_kind(), printable(type.failure)));
    for (const engine::TypeRecord& type : manifest.types)
        for (const engine::LeftOut& object : type.left_out)
            print_line(fmt::format(
                "  {} {} {}: {}", application.terminal.paint(Color::Red, "not captured:"),
                type.type.qualified_kind(), printable(object.text()), object.reason));
    for (const kube::DiscoveryFailure& failure : manifest.failures)
        print_line(fmt::format("  {} every kind of {}: {}",
                               application.terminal.paint(Color::Red, "not captured:"),
                               failure.group_version, printable(failure.reason)));
    for (const std::string& ns : manifest.missing_namespaces)
        print_line(fmt::format("  {} namespace {}: it does not exist",
                               application.terminal.paint(Color::Red, "not captured:"),
                               printable(ns)));
}

void tell_volumes(const engine::ClusterManifest& manifest) {
    if (manifest.volumes.empty()) return;
    print_line(fmt::format("  The data of {} is NOT in this point (volumes are not captured yet):",
                           base::counted(manifest.volumes.size(), "volume")));
    std::size_t shown = 0;
    for (const engine::VolumeWithoutData& volume : manifest.volumes) {
        if (++shown > kListedVolumes) {
            print_line(fmt::format("    and {} more; 'holdfast point show {}' lists them",
                                   manifest.volumes.size() - kListedVolumes, "POINT"));
            return;
        }
        print_line(fmt::format("    {}/{}", volume.ns, volume.claim));
    }
}

void tell_summary(const Application& application, const engine::CaptureReport& report,
                  const std::string& vault) {
    const engine::ClusterManifest& manifest = report.manifest;
    bool whole = manifest.status() == engine::PointStatus::Completed;
    double seconds =
        static_cast<double>((manifest.finished_at - manifest.started_at).count()) / 1e3;
    print_line(fmt::format("{} Point {} of {} in vault {}",
                           application.terminal.paint(whole ? Color::Green : Color::Yellow,
                                                      name_of(manifest.status())),
                           short_id(report.point), printable(manifest.cluster.context), vault));
    print_line(fmt::format("  {} of {} at resource version {}, {} in {:.1f} s",
                           base::counted(manifest.objects(), "object"),
                           base::counted(engine::summarize(manifest).kinds, "kind"),
                           manifest.resource_version, base::human_bytes(manifest.bytes()),
                           seconds));
    print_line(fmt::format("  {} new; {} added to the vault",
                           base::counted(report.stored.new_chunks, "chunk"),
                           base::human_bytes(report.stored.stored_bytes)));
    for (const std::string& note : report.notes) print_line(fmt::format("  note: {}", note));
    tell_failures(application, manifest);
    tell_volumes(manifest);
}

Result<ExitCode> run_backup(Application& application, BackupOptions& options) {
    if (auto checked = check_selectors(options.capture.selection); !checked)
        return usage_error(checked.error().message);
    if (auto checked = engine::check_length(options.capture.selection); !checked)
        return usage_error(checked.error().message);
    OpenCluster cluster = TRY(open_cluster(application, options.cluster));
    options.capture.context = cluster.context;
    // The cluster is asked before a first vault is made: a wrong kubeconfig must leave no trace.
    (void)TRY(engine::cluster_identity(*cluster, application.stop_token()));
    OpenVault vault =
        TRY(open_or_create_vault(application, options.vault.vault, options.vault.key));
    engine::CaptureReport report = TRY([&] {
        ProgressBar progress(application.terminal, application.clock);
        return engine::capture(*cluster, *vault, application.clock, options.capture, progress,
                               application.stop_token());
    }());
    if (report.manifest.objects() == 0)
        tell(fmt::format("note: the point holds no objects: nothing in the cluster matches {}",
                         printable(words_of(options.capture.selection))));
    if (options.output == Output::Name)
        print_line(report.point.text());
    else if (is_for_people(options.output))
        tell_summary(application, report, vault.record.name);
    else
        print_document(report_json(report, vault.record.name), options.output);
    return report.manifest.status() == engine::PointStatus::Completed ? ExitCode::Complete
                                                                      : ExitCode::Partial;
}

}  // namespace

void add_backup_command(CLI::App& program, Command& chosen) {
    auto options = std::make_shared<BackupOptions>();
    CLI::App& command =
        add_command(program, "backup", "Back up the state of a cluster into a vault",
                    "  holdfast backup\n"
                    "  holdfast backup -n shop -n 'team-*' --exclude-kind secrets\n"
                    "  holdfast backup --context production --vault offsite -o json\n");
    add_selection_options(command, options->capture.selection);
    command.add_flag("--managed-fields", options->capture.managed_fields,
                     "Keep metadata.managedFields too");
    add_vault_options(command, options->vault);
    add_cluster_options(command, options->cluster);
    add_output_option(command, options->output);
    command.callback([&chosen, options] {
        chosen = [options](Application& application) { return run_backup(application, *options); };
    });
}

}  // namespace holdfast::app
