#include "app/version.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/application.h"
#include "app/commands/commands.h"
#include "app/commands/options.h"

namespace holdfast::app {

void add_version_command(CLI::App& program, Command& chosen) {
    auto output = std::make_shared<Output>(Output::Table);
    CLI::App& command = add_command(program, "version", "Show which Holdfast this is",
                                    "  holdfast version\n"
                                    "  holdfast version -o json\n");
    add_output_option(command, *output);
    command.callback([&chosen, output] {
        chosen = [output](Application&) -> Result<ExitCode> {
            if (is_for_people(*output) || *output == Output::Name)
                print_line(fmt::format("holdfast {}", kVersion));
            else
                print_document({{"version", kVersion}, {"vaultFormat", kVaultFormat}}, *output);
            return ExitCode::Complete;
        };
    });
}

}  // namespace holdfast::app
