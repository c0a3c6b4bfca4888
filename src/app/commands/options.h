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
}

namespace holdfast::app {

/// A subcommand of `parent` with a sentence and examples for its help.
CLI::App& add_command(CLI::App& parent, const std::string& name, const std::string& sentence,
                      const std::string& examples);

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

/// InvalidArgument when a label selector does not parse: found out before anything is touched.
Result<void> check_selectors(const engine::SelectionSpec& spec);

/// The "OLD=NEW" pairs of a mapping option; InvalidArgument for anything else.
Result<std::map<std::string, std::string>> parse_mappings(const std::vector<std::string>& pairs,
                                                          std::string_view option);

}  // namespace holdfast::app
