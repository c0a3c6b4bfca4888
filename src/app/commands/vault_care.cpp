#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "app/application.h"
#include "app/commands/commands.h"
#include "app/commands/options.h"
#include "app/progress_bar.h"
#include "app/terminal.h"
#include "app/vault_access.h"
#include "base/json.h"
#include "base/text.h"
#include "engine/object_row.h"
#include "repo/collect.h"
#include "repo/ids.h"
#include "repo/report.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kListedKeys = 20;

/// The repository's progress, in bytes, on the bar.
repo::ProgressCallback on_bar(ProgressBar& bar, std::string phase) {
    return [&bar, phase](const repo::Progress& progress) {
        bar.update({.phase = phase, .done = progress.done, .total = progress.total});
    };
}

struct CareOptions {
    std::string name = "main";
    KeyChoice key;
    Output output = Output::Table;
};

void add_care_options(CLI::App& command, CareOptions& options) {
    add_vault_name(command, options.name, "The vault's name").capture_default_str();
    add_key_options(command, options.key);
    add_output_option(command, options.output);
}

std::vector<std::string> texts(const std::vector<repo::PointId>& points) {
    std::vector<std::string> names;
    for (const repo::PointId& point : points) names.push_back(point.text());
    return names;
}

// --- vault verify

struct VerifyWords {
    CareOptions care;
    std::optional<unsigned> read_data;
};

Json verify_json(const repo::VerifyReport& report) {
    Json damage = Json::array();
    for (const repo::Damage& one : report.damage)
        damage.push_back({{"object", one.object},
                          {"what", one.what},
                          {"points", texts(one.points)},
                          {"repairable", one.repairable}});
    return {{"objects", report.objects},
            {"points", report.points},
            {"packs", report.packs},
            {"chunks", report.chunks},
            {"bytesRead", report.bytes_read},
            {"damage", std::move(damage)},
            {"harmedPoints", texts(report.harmed)},
            {"strayObjects", report.strays},
            {"whole", report.damage.empty()}};
}

void tell_verify(const repo::VerifyReport& report, const std::string& vault,
                 const Terminal& terminal) {
    print_line(fmt::format(
        "Checked {} of vault {}: {}, {}, {}; read {} of data.",
        base::counted(report.objects, "object"), vault,
        base::counted(report.points, "recovery point"), base::counted(report.packs, "pack"),
        base::counted(report.chunks, "chunk"), base::human_bytes(report.bytes_read)));
    for (const std::string& stray : report.strays)
        print_line("stray: " + printable(stray) + " is no object of a vault; it is left alone");
    if (report.damage.empty()) {
        print_line(terminal.paint(Color::Green, "The vault is whole."));
        return;
    }
    for (const repo::Damage& damage : report.damage) {
        print_line(fmt::format("{} {}: {}", terminal.paint(Color::Red, "damaged:"), damage.object,
                               printable(damage.what)));
        for (const repo::PointId& point : damage.points)
            print_line(fmt::format("    point {} needs it", point.text()));
        if (damage.repairable)
            print_line(fmt::format("    'holdfast vault repair {}' mends it", vault));
    }
    print_line(fmt::format("{} found; {} cannot be restored completely.",
                           base::counted(report.damage.size(), "damaged object"),
                           base::counted(report.harmed.size(), "recovery point")));
    if (!report.relied_damaged.empty())
        print_line(
            fmt::format("Run 'holdfast vault repair {}' before the next backup: it then stores "
                        "anew what cannot be read, instead of relying on it.",
                        vault));
}

Result<ExitCode> run_verify(Application& application, const VerifyWords& words) {
    OpenVault vault = TRY(open_vault(application, words.care.name, words.care.key));
    repo::VerifyReport report = TRY([&] {
        ProgressBar bar(application.terminal, application.clock);
        return vault->verify({.read_data_percent = words.read_data.value_or(0)},
                             on_bar(bar, "verifying"), application.stop_token());
    }());
    if (is_for_people(words.care.output))
        tell_verify(report, vault.record.name, application.terminal);
    else if (words.care.output == Output::Name)
        for (const repo::Damage& damage : report.damage) print_line(damage.object);
    else
        print_document(verify_json(report), words.care.output);
    return report.damage.empty() ? ExitCode::Complete : ExitCode::Failed;
}

unsigned parse_percentage(const std::string& text) {
    constexpr unsigned kAll = 100;
    unsigned percent = 0;
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), percent);
    if (problem == std::errc() && end == text.data() + text.size() && percent <= kAll)
        return percent;
    throw CLI::ValidationError(
        "--read-data",
        fmt::format("takes a percentage from 0 to 100, such as --read-data=10, not '{}'", text));
}

void add_verify(CLI::App& vault, Command& chosen) {
    auto words = std::make_shared<VerifyWords>();
    CLI::App& command = add_command(vault, "verify", "Prove that a vault is whole",
                                    "  holdfast vault verify\n"
                                    "  holdfast vault verify main --read-data\n"
                                    "  holdfast vault verify main --read-data=10\n");
    add_care_options(command, words->care);
    command
        .add_option_function<std::string>(
            "--read-data",
            [words](const std::string& text) { words->read_data = parse_percentage(text); },
            "Read and decode the data too: all of it, or that percentage, chosen at random")
        ->expected(0, 1)
        ->default_str("100")
        ->type_name("PERCENT");
    command.callback([&chosen, words] {
        chosen = [words](Application& application) { return run_verify(application, *words); };
    });
}

// --- vault repair

/// The keys of rows that were lost, as far as they are objects of a cluster.
std::vector<std::string> lost_objects(const repo::Loss& loss) {
    std::vector<std::string> names;
    for (const std::string& key : loss.keys)
        if (auto object = engine::decode_key(key)) names.push_back(object->text());
    return names;
}

Json repair_json(const repo::RepairReport& report) {
    Json losses = Json::array();
    for (const repo::Loss& loss : report.losses)
        losses.push_back({{"point", loss.point.text()},
                          {"wholePoint", loss.whole_point},
                          {"objects", lost_objects(loss)},
                          {"count", loss.lost_rows}});
    return {{"rewritten", report.rewritten},
            {"dropped", report.dropped},
            {"chunksIndexed", report.chunks_indexed},
            {"condemned", report.condemned},
            {"unreadableBytes", report.unreadable_bytes},
            {"losses", std::move(losses)},
            {"advice", report.advice}};
}

void tell_repair(const repo::RepairReport& report, const std::string& vault) {
    for (const std::string& name : report.rewritten) print_line("rewritten: " + name);
    for (const std::string& name : report.dropped) print_line("dropped:   " + name);
    print_line(fmt::format("{} indexed from the packs of vault {}.",
                           base::counted(report.chunks_indexed, "chunk"), vault));
    for (const std::string& name : report.condemned) print_line("condemned: " + name);
    if (!report.condemned.empty())
        print_line(fmt::format(
            "{} of their content cannot be read. No backup relies on these packs any more: the "
            "next one stores its objects anew, and heals older points too where the cluster still "
            "has the same objects.",
            base::human_bytes(report.unreadable_bytes)));
    for (const std::string& advice : report.advice) print_line(printable(advice) + ".");
    if (report.losses.empty()) print_line("Every recovery point is whole.");
    for (const repo::Loss& loss : report.losses) {
        if (loss.whole_point) {
            print_line(
                fmt::format("point {} is lost: its manifest cannot be read", loss.point.text()));
            continue;
        }
        print_line(fmt::format("point {} lost {}:", loss.point.text(),
                               base::counted(loss.lost_rows, "object")));
        std::vector<std::string> names = lost_objects(loss);
        for (std::size_t i = 0; i < names.size() && i < kListedKeys; ++i)
            print_line("    " + printable(names[i]));
        if (names.size() > kListedKeys)
            print_line(
                fmt::format("    and {} more; -o json lists them", names.size() - kListedKeys));
    }
}

Result<ExitCode> run_repair(Application& application, const CareOptions& options) {
    OpenVault vault = TRY(open_vault(application, options.name, options.key));
    repo::RepairReport report = TRY([&] {
        ProgressBar bar(application.terminal, application.clock);
        return vault->repair(on_bar(bar, "repairing"), application.stop_token());
    }());
    if (is_for_people(options.output))
        tell_repair(report, vault.record.name);
    else if (options.output != Output::Name)
        print_document(repair_json(report), options.output);
    return report.losses.empty() ? ExitCode::Complete : ExitCode::Partial;
}

void add_repair(CLI::App& vault, Command& chosen) {
    auto options = std::make_shared<CareOptions>();
    CLI::App& command =
        add_command(vault, "repair", "Rebuild what can be rebuilt, and say what was lost",
                    "  holdfast vault repair main\n");
    add_care_options(command, *options);
    command.callback([&chosen, options] {
        chosen = [options](Application& application) { return run_repair(application, *options); };
    });
}

// --- vault collect

struct CollectWords {
    CareOptions care;
    repo::CollectOptions options;
    std::optional<std::uint64_t> abort_after_hours;
};

Json collect_json(const repo::CollectReport& report) {
    Json unfinished = Json::array();
    for (const repo::UnfinishedSession& session : report.unfinished)
        unfinished.push_back({{"point", session.id.text()},
                              {"idleSeconds", session.idle_for.count()},
                              {"storedBytes", session.stored_bytes}});
    return {{"dryRun", report.dry_run},
            {"points", report.points},
            {"chunksNeeded", report.chunks_needed},
            {"packsKept", report.packs_kept},
            {"packsMoved", report.packs_moved},
            {"packsDeleted", report.packs_deleted},
            {"packsSpared", report.packs_spared},
            {"bytesFreed", report.bytes_freed},
            {"bytesMoved", report.bytes_moved},
            {"objectsDeleted", report.objects_deleted},
            {"aborted", texts(report.aborted)},
            {"unfinished", std::move(unfinished)},
            {"notes", report.notes}};
}

void tell_collect(const repo::CollectReport& report) {
    print_line(fmt::format(
        "{} {}: {} {}, of them {}; {} kept for {}.", report.dry_run ? "Would free" : "Freed",
        base::human_bytes(report.bytes_freed), report.dry_run ? "would delete" : "deleted",
        base::counted(report.objects_deleted, "object"),
        base::counted(report.packs_deleted, "pack"), base::counted(report.packs_kept, "pack"),
        base::counted(report.points, "recovery point")));
    if (report.packs_moved > 0 && report.dry_run)
        print_line(fmt::format("Would move the live data of {} to new packs.",
                               base::counted(report.packs_moved, "pack")));
    else if (report.packs_moved > 0)
        print_line(fmt::format("Live data of {} moved to new packs: {}.",
                               base::counted(report.packs_moved, "pack"),
                               base::human_bytes(report.bytes_moved)));
    for (const repo::PointId& id : report.aborted)
        print_line(fmt::format("{}: the unfinished backup {}.",
                               report.dry_run ? "Would declare dead" : "Declared dead", id.text()));
    for (const repo::UnfinishedSession& session : report.unfinished)
        print_line(
            fmt::format("Left alone: the unfinished backup {} ({}, idle for {} min). If it "
                        "is not running, --abort-after 0 frees it.",
                        session.id.text(), base::human_bytes(session.stored_bytes),
                        session.idle_for.count() / 60));
    for (const std::string& note : report.notes) print_line("note: " + printable(note));
}

Result<ExitCode> run_collect(Application& application, CollectWords& words) {
    OpenVault vault = TRY(open_vault(application, words.care.name, words.care.key));
    if (words.abort_after_hours)
        words.options.abort_idle_for = std::chrono::hours(*words.abort_after_hours);
    repo::CollectReport report = TRY([&] {
        ProgressBar bar(application.terminal, application.clock);
        return repo::collect(*vault, words.options, on_bar(bar, "collecting"),
                             application.stop_token());
    }());
    if (is_for_people(words.care.output))
        tell_collect(report);
    else if (words.care.output != Output::Name)
        print_document(collect_json(report), words.care.output);
    return ExitCode::Complete;
}

void add_collect(CLI::App& vault, Command& chosen) {
    auto words = std::make_shared<CollectWords>();
    CLI::App& command =
        add_command(vault, "collect", "Free the space that no recovery point needs any more",
                    "  holdfast vault collect --dry-run\n"
                    "  holdfast vault collect main\n");
    add_care_options(command, words->care);
    command.add_flag("--dry-run", words->options.dry_run, "Say what would be freed, free nothing");
    command
        .add_option_function<std::uint64_t>(
            "--abort-after", [words](std::uint64_t hours) { words->abort_after_hours = hours; },
            "Declare a backup dead that never ended and was idle for this many hours (default "
            "168); 0 when you know that none is running")
        ->check(CLI::Range(0, 87600))
        ->type_name("HOURS");
    command.callback([&chosen, words] {
        chosen = [words](Application& application) { return run_collect(application, *words); };
    });
}

}  // namespace

void add_vault_care_commands(CLI::App& vault, Command& chosen) {
    add_verify(vault, chosen);
    add_collect(vault, chosen);
    add_repair(vault, chosen);
}

}  // namespace holdfast::app
