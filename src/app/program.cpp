#include "app/program.h"

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "app/commands/commands.h"
#include "app/version.h"
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
std::string path_of(const CLI::App& command) {
    const CLI::App* parent = command.get_parent();
    return parent == nullptr ? command.get_name() : path_of(*parent) + " " + command.get_name();
}

/// One sentence of what is wrong with the command line.
std::string sentence_of(const CLI::App& command, const CLI::Error& error) {
    std::vector<std::string> unexpected = command.remaining(true);
    bool missing = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
    bool extra = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
    if ((!missing && !extra) || unexpected.empty()) return error.what();
    std::string meant = suggestion(command, unexpected.front());
    return fmt::format("'{}' means nothing to '{}'{}", unexpected.front(), path_of(command),
                       meant.empty() ? "" : fmt::format(". Did you mean '{}'?", meant));
}

/// Taken after the verb as well as before it.
void add_verbose(CLI::App& command, bool& verbose) {
    command.add_flag("-v,--verbose", verbose, "Say more about what happens, on standard error");
    for (CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
        add_verbose(*sub, verbose);
}

}  // namespace

void build_program(CLI::App& program, Command& chosen, bool& verbose) {
    program.require_subcommand(1);
    program.set_version_flag("--version", fmt::format("holdfast {}", kVersion));
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
    add_server_command(program, chosen);
    add_version_command(program, chosen);
    add_verbose(program, verbose);
}

std::string parse_problem(const CLI::App& program, const CLI::Error& error) {
    const CLI::App& command = deepest(program);
    return fmt::format("{}\nTry '{} --help'.", sentence_of(command, error), path_of(command));
}

}  // namespace holdfast::app
