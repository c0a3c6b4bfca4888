#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/application.h"
#include "app/commands/commands.h"
#include "app/commands/options.h"
#include "app/commands/restore_report.h"
#include "app/document_list.h"
#include "app/table.h"
#include "app/terminal.h"
#include "base/clock.h"
#include "base/json.h"
#include "engine/outcome.h"
#include "engine/restore.h"
#include "engine/restore_options.h"

namespace holdfast::app {

namespace {

// --- restore list

Result<ExitCode> run_list(Application& application, Output output) {
    engine::RestoreRecords records(application.home);
    std::vector<engine::RestoreRecord> all = TRY(records.list());
    if (output == Output::Name) {
        for (const engine::RestoreRecord& record : all) print_line(record.id);
    } else if (!is_for_people(output)) {
        Json list = Json::array();
        for (const engine::RestoreRecord& record : all) list.push_back(record_json(record));
        print_document(list, output);
    } else if (all.empty()) {
        tell("No restores yet.");
    } else {
        Table table({"RESTORE", "STARTED", "STATE", "POINT", "CONTEXT", "OBJECTS"});
        for (const engine::RestoreRecord& record : all)
            table.add({record.id, base::to_rfc3339(record.created_at),
                       std::string(name_of(record.state)), record.identity.point.substr(0, 12),
                       record.identity.context, counts_text(record.counts)});
        print(table.text());
    }
    return ExitCode::Complete;
}

void add_list(CLI::App& restore, Command& chosen) {
    auto output = std::make_shared<Output>(Output::Table);
    CLI::App& command = add_command(restore, "list", "List restores and how they ended",
                                    "  holdfast restore list\n"
                                    "  holdfast restore list -o json\n");
    add_output_option(command, *output);
    command.callback([&chosen, output] {
        chosen = [output](Application& application) { return run_list(application, *output); };
    });
}

// --- restore show

struct ShowOptions {
    std::string id;
    Output output = Output::Table;
};

Result<ExitCode> run_show(Application& application, const ShowOptions& options) {
    engine::RestoreRecords records(application.home);
    engine::RestoreRecord record = TRY(records.find(options.id));
    if (options.output == Output::Name) {
        print_line(record.id);
        return ExitCode::Complete;
    }
    Json json = record_json(record);
    json["options"] = to_json(record.options);
    if (!is_for_people(options.output)) {
        print_document(json, options.output);
        return ExitCode::Complete;
    }
    print_line(fmt::format("Restore     {}", record.id));
    print_line(fmt::format("State       {}", name_of(record.state)));
    print_line(
        fmt::format("Point       {} of vault {}", record.identity.point, record.identity.vault));
    print_line(fmt::format("Into        {} at {} ({})", printable(record.identity.context),
                           record.identity.server, record.identity.cluster_uid));
    print_line(fmt::format("Started     {}", base::to_rfc3339(record.created_at)));
    if (record.finished_at != base::Time{})
        print_line(fmt::format("Finished    {}", base::to_rfc3339(record.finished_at)));
    print_line(
        fmt::format("Objects     {} planned: {}", record.planned, counts_text(record.counts)));
    if (!record.problem.empty())
        print_line(fmt::format("Problem     {}", printable(record.problem)));
    return ExitCode::Complete;
}

void add_show(CLI::App& restore, Command& chosen) {
    auto options = std::make_shared<ShowOptions>();
    CLI::App& command =
        add_command(restore, "show", "Show how a restore went", "  holdfast restore show latest\n");
    command.add_option("RESTORE", options->id, "Its id, the beginning of it, or latest")
        ->required();
    add_output_option(command, options->output);
    command.callback([&chosen, options] {
        chosen = [options](Application& application) { return run_show(application, *options); };
    });
}

// --- restore objects

struct ObjectsOptions {
    std::string id;
    std::string outcome;
    Output output = Output::Table;
};

Result<ExitCode> run_objects(Application& application, const ObjectsOptions& options) {
    std::optional<engine::Outcome> wanted;
    if (!options.outcome.empty()) {
        wanted = engine::parse_outcome(options.outcome);
        if (!wanted)
            return usage_error(fmt::format(
                "'{}' is no outcome; use created, unchanged, skipped, updated, recreated, failed "
                "or pending",
                options.outcome));
    }
    engine::RestoreRecords records(application.home);
    engine::RestoreRecord record = TRY(records.find(options.id));
    DocumentList all(options.output);
    Table table({"OUTCOME", "KIND", "NAMESPACE", "NAME", "REASON"});
    TRY(records.each_object(record.id, [&](const engine::ObjectOutcome& outcome) {
        if (wanted && outcome.outcome != *wanted) return;
        if (options.output == Output::Name) return print_line(outcome.object.text());
        if (!is_for_people(options.output)) return all.add(outcome_json(outcome));
        std::string reason = outcome.volume_empty ? "volume new and EMPTY" : outcome.reason;
        for (const std::string& note : outcome.notes) reason += (reason.empty() ? "" : "; ") + note;
        table.add({std::string(name_of(outcome.outcome)), outcome.object.qualified_kind(),
                   outcome.object.ns, outcome.object.name, reason});
    }));
    if (is_for_people(options.output)) {
        if (table.empty())
            tell("No object matches.");
        else
            print(table.text());
    } else if (options.output != Output::Name) {
        all.finish();
    }
    return ExitCode::Complete;
}

void add_objects(CLI::App& restore, Command& chosen) {
    auto options = std::make_shared<ObjectsOptions>();
    CLI::App& command = add_command(restore, "objects", "List what became of each object",
                                    "  holdfast restore objects latest --outcome failed\n");
    command.add_option("RESTORE", options->id, "Its id, the beginning of it, or latest")
        ->required();
    command.add_option("--outcome", options->outcome,
                       "Only these: created, unchanged, skipped, updated, recreated, failed, "
                       "pending");
    add_output_option(command, options->output);
    command.callback([&chosen, options] {
        chosen = [options](Application& application) { return run_objects(application, *options); };
    });
}

}  // namespace

void add_restore_record_commands(CLI::App& restore, Command& chosen) {
    add_list(restore, chosen);
    add_show(restore, chosen);
    add_objects(restore, chosen);
}

}  // namespace holdfast::app
