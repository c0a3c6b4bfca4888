#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/application.h"
#include "app/cluster_access.h"
#include "app/vault_access.h"
#include "base/result.h"
#include "engine/selection.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace holdfast::app {

/// A subcommand of `parent` with a sentence and examples of its own for its help.
CLI::App& add_command(CLI::App& parent, const std::string& name, const std::string& sentence,
                      const std::string& examples);

/// An option that may be repeated. Each use takes exactly one argument: what follows is not its
/// own.
CLI::Option& add_list_option(CLI::App& command, const std::string& name,
                             std::vector<std::string>& list, const std::string& sentence);

/// The positional NAME of a vault, checked as --vault is.
CLI::Option& add_vault_name(CLI::App& command, std::string& name, const std::string& sentence);

/// --vault, --key-file and --passphrase-file.
struct VaultOptions {
    std::string vault = "main";
    KeyChoice key;
};
void add_vault_options(CLI::App& command, VaultOptions& options);
/// --key-file and --passphrase-file alone.
void add_key_options(CLI::App& command, KeyChoice& key);

/// --kubeconfig, --context, --as and --as-group.
void add_cluster_options(CLI::App& command, ClusterChoice& choice);

/// --output, -o.
void add_output_option(CLI::App& command, Output& output);

/// -n, --exclude-namespace, --kind, --exclude-kind, -l, --exclude-selector, --cluster-scoped.
void add_selection_options(CLI::App& command, engine::SelectionSpec& spec);

/// The words of the command line that a selection was chosen with; "everything" when there are
/// none.
std::string words_of(const engine::SelectionSpec& spec);

/// InvalidArgument when a label selector does not parse: found out before anything is touched.
Result<void> check_selectors(const engine::SelectionSpec& spec);

/// The "OLD=NEW" pairs of a mapping option; InvalidArgument for anything else.
Result<std::map<std::string, std::string>> parse_mappings(const std::vector<std::string>& pairs,
                                                          std::string_view option);

}  // namespace holdfast::app
