#pragma once

#include "app/application.h"

namespace CLI {
class App;
}

namespace holdfast::app {

/// Each adds its verb to the program; when the command line names it, `chosen` becomes what to do.
void add_vault_commands(CLI::App& program, Command& chosen);
/// verify, collect and repair
void add_vault_care_commands(CLI::App& vault, Command& chosen);
void add_vault_key_commands(CLI::App& vault, Command& chosen);
void add_backup_command(CLI::App& program, Command& chosen);
void add_point_commands(CLI::App& program, Command& chosen);
void add_point_diff_command(CLI::App& point, Command& chosen);
void add_restore_commands(CLI::App& program, Command& chosen);
void add_restore_record_commands(CLI::App& restore, Command& chosen);
void add_server_command(CLI::App& program, Command& chosen);
void add_version_command(CLI::App& program, Command& chosen);

}  // namespace holdfast::app
