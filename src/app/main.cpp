#include <malloc.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "app/application.h"
#include "app/commands/commands.h"
#include "app/home.h"
#include "app/signals.h"
#include "app/version.h"
#include "base/log.h"
#include "base/text.h"

namespace holdfast::app {

namespace {

/// The subcommand that was being parsed when parsing failed: the deepest one that was named.
const CLI::App& deepest(const CLI::App& program) {
    const CLI::App* command = &program;
    while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
    return *command;
}

/// What a person probably meant by a word that the parser did not expect.
std::string suggestion(const CLI::App& command, const std::string& word) {
    std::vector<std::string> candidates;
    for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
        candidates.push_back(sub->get_name());
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& name : option->get_lnames()) candidates.push_back("--" + name);
    }
    return std::string(base::nearest(word.substr(0, word.find('=')), candidates));
}

/// "holdfast vault key", the words that lead to a command.
std::string words_of(const CLI::App& command) {
    const CLI::App* parent = command.get_parent();
    return parent == nullptr ? command.get_name() : words_of(*parent) + " " + command.get_name();
}

/// One sentence of what is wrong with the command line.
std::string parse_problem(const CLI::App& command, const CLI::ParseError& error) {
    std::vector<std::string> unexpected = command.remaining(true);
    bool missing = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
    bool extra = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
    if ((!missing && !extra) || unexpected.empty()) return error.what();
    std::string meant = suggestion(command, unexpected.front());
    return fmt::format("'{}' means nothing to '{}'{}", unexpected.front(), words_of(command),
                       meant.empty() ? "" : fmt::format(". Did you mean '{}'?", meant));
}

int report_parse_error(const CLI::App& program, const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return program.exit(error);  // --help
    const CLI::App& command = deepest(program);
    tell(fmt::format("holdfast: {}\nTry '{} --help'.", parse_problem(command, error),
                     words_of(command)));
    return static_cast<int>(ExitCode::Usage);
}

int end_with(const Application& application, const Result<ExitCode>& result) {
    if (result) return static_cast<int>(*result);
    if (application.stop.stop_requested()) {
        tell("holdfast: stopped");
        return static_cast<int>(ExitCode::Interrupted);
    }
    tell(fmt::format("holdfast: {}", result.error().message));
    return static_cast<int>(ExitCode::Failed);
}

/// Pages come in on one thread and go on another, so every arena of malloc would keep the most that
/// ever passed through it.
void bound_arenas() {
    constexpr int kArenas = 2;
    mallopt(M_ARENA_MAX, kArenas);  // NOLINT(concurrency-mt-unsafe): before any thread
}

int run(int argc, char** argv) {
    Application application;
    SignalWatcher signals(application.stop);
    Command chosen;
    bool verbose = false;
    CLI::App program(
        "Holdfast backs up and restores Kubernetes clusters, into encrypted, deduplicating vaults.",
        "holdfast");
    program.require_subcommand(1);
    program.set_version_flag("--version", fmt::format("holdfast {}", kVersion));
    program.add_flag("-v,--verbose", verbose, "Say more about what happens, on standard error");
    program.footer(
        "\nState is kept in $HOLDFAST_HOME (default ~/.holdfast).\n"
        "Exit codes: 0 complete, 1 failed, 2 usage, 3 partial, 130 interrupted.\n"
        "\nExamples:\n"
        "  holdfast backup                          the cluster of your kubeconfig, into vault "
        "main\n"
        "  holdfast point list                      what there is to restore\n"
        "  holdfast restore latest --preview        what a restore would do\n"
        "  holdfast restore latest -n shop          one namespace back\n");
    add_backup_command(program, chosen);
    add_restore_commands(program, chosen);
    add_point_commands(program, chosen);
    add_vault_commands(program, chosen);
    add_version_command(program, chosen);
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return report_parse_error(program, error);
    }
    base::log::configure({.level = verbose ? base::log::Level::Info : base::log::Level::Warning});
    auto home = Home::default_path();
    if (!home) return end_with(application, std::unexpected(std::move(home).error()));
    application.home = *home;
    return end_with(application, chosen(application));
}

}  // namespace

}  // namespace holdfast::app

// NOLINTNEXTLINE(bugprone-exception-escape): nobody could do more about what gets here
int main(int argc, char** argv) {
    holdfast::app::bound_arenas();
    return holdfast::app::run(argc, argv);
}
