#include "engine/restore.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "app/application.h"
#include "app/cluster_access.h"
#include "app/commands/commands.h"
#include "app/commands/options.h"
#include "app/commands/restore_report.h"
#include "app/point_name.h"
#include "app/point_query.h"
#include "app/progress_bar.h"
#include "app/prompt.h"
#include "app/terminal.h"
#include "app/unmatched.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "engine/capture.h"
#include "engine/manifest.h"
#include "engine/mappings.h"
#include "engine/object_row.h"
#include "engine/object_source.h"
#include "engine/order.h"
#include "engine/point_source.h"
#include "engine/restore_options.h"
#include "engine/restore_scope.h"
#include "engine/selection.h"
#include "engine/target.h"
#include "kube/resource_type.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kMaxDocumentBytes = 1u << 20;

/// The words of the command line.
struct RestoreWords {
    PointQuery query;
    engine::RestoreOptions options;
    std::vector<std::string> map_namespace, map_storage_class, map_image, existing, order_files;
    std::string transform_file;
    std::string resume;
    std::vector<std::string> beside_resume;  ///< what was given that a resumed restore has already
    bool preview = false;
    bool show_secrets = false;
    bool to_other_cluster = false;
    bool restore_damaged = false;
    bool yes = false;
    Output output = Output::Table;
};

/// "update" for all kinds, "KIND=update" for one.
Result<void> parse_existing(const std::vector<std::string>& texts,
                            engine::RestoreOptions& options) {
    for (const std::string& text : texts) {
        std::size_t equals = text.find('=');
        if (equals == std::string::npos) {
            options.existing = TRY(engine::parse_existing_policy(text));
        } else {
            options.existing_by_kind[text.substr(0, equals)] =
                TRY(engine::parse_existing_policy(text.substr(equals + 1)));
        }
    }
    return {};
}

/// Everything that can be wrong with the command line itself.
Result<void> parse_words(RestoreWords& words) {
    engine::RestoreOptions& options = words.options;
    options.mappings.namespaces = TRY(parse_mappings(words.map_namespace, "--map-namespace"));
    options.mappings.storage_classes =
        TRY(parse_mappings(words.map_storage_class, "--map-storage-class"));
    options.mappings.images = TRY(parse_mappings(words.map_image, "--map-image"));
    TRY(engine::check_mappings(options.mappings));
    TRY(check_selectors(options.selection));
    TRY(parse_existing(words.existing, options), "--existing");
    if (!words.transform_file.empty())
        options.transforms = TRY(base::read_file(words.transform_file, kMaxDocumentBytes));
    for (const std::string& file : words.order_files) {
        std::string text = TRY(base::read_file(file, kMaxDocumentBytes));
        for (std::string& kind : TRY(engine::parse_restore_order(text), "{}", file))
            options.order.push_back(std::move(kind));
    }
    return {};
}

/// What a restore touches, once everything is open.
struct Target {
    OpenCluster cluster;
    std::string uid;
    bool same = false;   ///< the point is of this very cluster
    bool empty = false;  ///< only Kubernetes' own objects; looked at only when not the same
};

Result<Target> open_target(Application& application, const RestoreWords& words,
                           const engine::ClusterManifest& manifest) {
    Target target;
    target.cluster = TRY(open_cluster(application, words.query.access));
    std::stop_token stop = application.stop_token();
    target.uid = TRY(engine::cluster_identity(*target.cluster, stop));
    target.same = target.uid == manifest.cluster.uid;
    if (target.same) return target;
    kube::Discovery discovery = TRY(target.cluster.client->discover(stop));
    target.empty = TRY(engine::holds_only_system_objects(*target.cluster, discovery, stop));
    return target;
}

std::string describe(const Target& target, const OpenPoint& point, const engine::RestorePlan& plan,
                     const RestoreWords& words) {
    const engine::ClusterManifest& manifest = point.source->manifest();
    return fmt::format(
        "{} of point {} ({}, made {})\n"
        "  into context  {}\n"
        "  at server     {}\n"
        "  identity      {}{}\n"
        "  objects       {} to restore, {} selected but not restored\n"
        "  namespaces    {}\n",
        words.preview ? "Preview of a restore" : "Restore", short_id(point.listed.point.id),
        printable(manifest.cluster.context), base::to_rfc3339(point.listed.point.created_at),
        printable(target.cluster.context), target.cluster.client->server(), target.uid,
        target.same    ? " (the cluster of the point)"
        : target.empty ? " (another cluster, which holds only system objects)"
        : words.to_other_cluster
            ? " (ANOTHER cluster than the point's)"
            : " (ANOTHER cluster than the point's: restoring needs --to-other-cluster)",
        plan.objects(), plan.skipped(), base::join(plan.namespaces(), ", "));
}

/// Fails before the cluster is touched when the point cannot give everything back.
Result<std::vector<engine::DamagedObject>> check_damage(Application& application,
                                                        const RestoreWords& words,
                                                        OpenPoint& point) {
    ProgressBar progress(application.terminal, application.clock);
    engine::Selection selection = TRY(
        engine::Selection::create(words.options.selection, point.source->manifest().discovery()));
    // Labels are in the bodies themselves: objects are read whatever their labels are.
    auto wanted = [&](const engine::ObjectKey& key) {
        return engine::may_be_restored(selection, key);
    };
    auto damaged = TRY(
        point.source->find_damage(wanted, progress, application.clock, application.stop_token()));
    if (damaged.empty()) return damaged;
    std::string lines;
    for (std::size_t i = 0; i < damaged.size() && i < 10; ++i)
        lines += fmt::format("\n  {}: {}", damaged[i].key.text(), damaged[i].reason);
    if (!words.restore_damaged)
        return fail(ErrorCode::Corrupted,
                    "{} of the point cannot be read, so nothing was restored:{}\n'holdfast vault "
                    "verify --read-data' shows the damage; --restore-damaged restores what is left",
                    base::counted(damaged.size(), "object"), lines);
    tell(fmt::format("{} of the point cannot be read and will be missing:{}",
                     base::counted(damaged.size(), "object"), lines));
    point.source->on_damage(engine::Damaged::PassOver);
    return damaged;
}

Result<bool> agreed(const Application& application, const RestoreWords& words, const Target& target,
                    const std::string& description) {
    if (!target.same && !target.empty && !words.to_other_cluster)
        return fail(ErrorCode::InvalidArgument,
                    "{}the target is not the cluster that the point is of ({}); if that is what "
                    "you want, say --to-other-cluster",
                    description, "identities differ");
    tell(description);
    if (words.yes) return true;
    return confirm(application, "Go on?", "say --yes to restore without being asked");
}

Result<ExitCode> run_preview(Application& application, const RestoreWords& words,
                             const engine::RestoreEnvironment& environment,
                             const engine::RestorePlan& plan, ProgressBar& progress) {
    PreviewReport report(application.terminal, words.output);
    auto visit = [&](const engine::PreviewObject& object) {
        progress.hide();
        report.add(object);
    };
    TRY(engine::preview_restore(environment, plan, {.show_secrets = words.show_secrets}, visit,
                                application.stop_token()));
    progress.hide();
    return report.finish();
}

/// Says what was named and is not in the point; NotFound when that leaves nothing to restore.
Result<void> check_matches(const RestoreWords& words, const OpenPoint& point,
                           const engine::RestorePlan& plan) {
    auto sentences = TRY(unmatched_words(*point.source, words.options));
    if (plan.objects() + plan.skipped() > 0) {
        for (const std::string& sentence : sentences) tell("note: " + printable(sentence));
        return {};
    }
    return fail(ErrorCode::NotFound, "there is nothing to restore: {}",
                sentences.empty() ? fmt::format("no object of the point matches {}",
                                                printable(words_of(words.options.selection)))
                                  : printable(base::join(sentences, "; ")));
}

/// Opens what an earlier restore recorded, so that --resume needs only the id.
Result<engine::RestoreRecord> adopt_record(RestoreWords& words,
                                           const engine::RestoreRecords& records) {
    engine::RestoreRecord record = TRY(records.find(words.resume));
    words.query.name = record.identity.point;
    words.query.vault.vault = record.identity.vault;
    words.options = record.options;
    words.to_other_cluster = true;  // what was agreed to when it began
    return record;
}

/// What was agreed to is this one cluster, and the current context may have changed since.
Result<void> check_same_target(const engine::RestoreRecord& record, const Target& target) {
    const engine::RestoreIdentity& begun = record.identity;
    if (target.uid == begun.cluster_uid) return {};
    return fail(ErrorCode::InvalidArgument,
                "restore {} goes into cluster {} (context {}, server {}); this is {}: choose it "
                "with --context",
                record.id, begun.cluster_uid, printable(begun.context), begun.server, target.uid);
}

Result<ExitCode> run_planned(Application& application, const RestoreWords& words, OpenPoint& point,
                             const std::vector<engine::DamagedObject>& damaged,
                             const Target& target, std::string id) {
    engine::RestoreRecords records(application.home);
    ProgressBar progress(application.terminal, application.clock);
    engine::RestoreEnvironment environment{.client = *target.cluster,
                                           .source = *point.source,
                                           .clock = application.clock,
                                           .random = application.random,
                                           .progress = progress,
                                           .captured = point.source->manifest().discovery(),
                                           .damaged = damaged};
    engine::RestorePlan plan =
        TRY(engine::plan_restore(environment, words.options, application.stop_token()));
    progress.hide();
    if (id.empty()) TRY(check_matches(words, point, plan));
    const std::string description = describe(target, point, plan, words);
    if (words.preview) {
        tell(description);
        return run_preview(application, words, environment, plan, progress);
    }
    if (!TRY(agreed(application, words, target, description))) {
        tell("Nothing was restored.");
        return ExitCode::Failed;
    }
    if (id.empty()) {
        id = TRY(records.create({.vault = point.vault.record.name,
                                 .point = point.listed.point.id.text(),
                                 .context = target.cluster.context,
                                 .server = target.cluster.client->server(),
                                 .cluster_uid = target.uid},
                                words.options, environment));
    }
    engine::RestoreRecord record =
        TRY(engine::run_restore(environment, plan, records, id, application.stop_token()));
    return tell_restore(application, records, record, words.output);
}

Result<ExitCode> run_restore_command(Application& application, RestoreWords& words) {
    std::optional<engine::RestoreRecord> begun;
    if (!words.beside_resume.empty())
        return usage_error(
            fmt::format("--resume goes on with what was begun, so it cannot be combined with {}",
                        base::join(words.beside_resume, ", ")));
    if (!words.resume.empty()) {
        begun = TRY(adopt_record(words, engine::RestoreRecords(application.home)));
    } else if (words.query.name.empty()) {
        return usage_error("say which point to restore: an id, the beginning of one, or 'latest'");
    } else if (auto parsed = parse_words(words); !parsed) {
        return usage_error(parsed.error().message);
    }
    OpenPoint point = TRY(open_point(application, words.query));
    auto damaged = TRY(check_damage(application, words, point));
    Target target = TRY(open_target(application, words, point.source->manifest()));
    if (begun) TRY(check_same_target(*begun, target));
    std::string id = begun ? begun->id : "";
    ExitCode code = TRY(run_planned(application, words, point, damaged, target, std::move(id)));
    return code == ExitCode::Complete && !damaged.empty() ? ExitCode::Partial : code;
}

/// What is given beside --resume although the record of the restore says it.
std::vector<std::string> given_beside_resume(const CLI::App& command) {
    std::vector<std::string> given;
    if (command.get_option("--resume")->count() == 0) return given;
    for (const char* name :
         {"POINT", "--cluster", "--vault", "--namespace", "--exclude-namespace", "--kind",
          "--exclude-kind", "--selector", "--exclude-selector", "--cluster-scoped",
          "--map-namespace", "--map-storage-class", "--map-image", "--transform", "--order",
          "--existing", "--restore-status", "--drop-node-ports", "--drop-last-applied"})
        if (command.get_option(name)->count() > 0) given.emplace_back(name);
    return given;
}

void add_restore_options(CLI::App& command, RestoreWords& words) {
    add_list_option(command, "--map-namespace", words.map_namespace,
                    "Restore namespace OLD as NEW; may be repeated");
    add_list_option(command, "--map-storage-class", words.map_storage_class,
                    "Use storage class NEW where the point has OLD");
    add_list_option(command, "--map-image", words.map_image,
                    "Use image NEW where the point has OLD (an image, or the beginning of one)");
    command.add_option("--transform", words.transform_file,
                       "A file of changes in Velero's resource-modifier format");
    add_list_option(command, "--order", words.order_files,
                    "A file of kinds, one a line, that are restored first, in that order");
    add_list_option(command, "--existing", words.existing,
                    "What to do with objects that exist and differ: skip (the default), update "
                    "or recreate; KIND=update for one kind");
    add_list_option(command, "--restore-status", words.options.restore_status,
                    "Write the status of objects of this kind too");
    command.add_flag("--drop-node-ports", words.options.drop_node_ports,
                     "Let the target choose the node ports of services");
    command.add_flag("--drop-last-applied", words.options.drop_last_applied,
                     "Drop kubectl's last-applied-configuration annotation");
}

}  // namespace

void add_restore_commands(CLI::App& program, Command& chosen) {
    auto words = std::make_shared<RestoreWords>();
    CLI::App& command =
        add_command(program, "restore", "Restore objects of a recovery point into a cluster",
                    "  holdfast restore latest --preview\n"
                    "  holdfast restore latest -n shop --existing update\n"
                    "  holdfast restore 4f1a -n shop --map-namespace shop=shop-test --yes\n"
                    "  holdfast restore --resume latest\n"
                    "  holdfast restore objects latest --outcome failed\n");
    words->query.may_be_another = true;
    add_point_query(command, words->query);
    command.get_option("POINT")->required(false);
    add_selection_options(command, words->options.selection);
    add_restore_options(command, *words);
    command.add_flag("--preview", words->preview, "Show what would be done, and do nothing");
    command.add_flag("--show-secrets", words->show_secrets, "Show the values of Secrets in diffs");
    command.add_flag("--to-other-cluster", words->to_other_cluster,
                     "The target may be another cluster than the point's");
    command.add_flag("--restore-damaged", words->restore_damaged,
                     "Restore what is left of a point that is harmed");
    command.add_flag("-y,--yes", words->yes, "Do not ask");
    command.add_option("--resume", words->resume,
                       "Go on with an interrupted restore: its id, the beginning of it, or latest");
    add_output_option(command, words->output);
    add_restore_record_commands(command, chosen);
    command.callback([&chosen, &command, words] {
        if (!command.get_subcommands().empty()) return;
        words->beside_resume = given_beside_resume(command);
        chosen = [words](Application& application) {
            return run_restore_command(application, *words);
        };
    });
}

}  // namespace holdfast::app
