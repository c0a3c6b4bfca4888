#include "app/commands/options.h"

#include <CLI/CLI.hpp>
#include <string_view>

#include "kube/label_selector.h"

namespace holdfast::app {

CLI::App& add_command(CLI::App& parent, const std::string& name, const std::string& sentence,
                      const std::string& examples) {
    CLI::App* command = parent.add_subcommand(name, sentence);
    if (!examples.empty()) command->footer("\nExamples:\n" + examples);
    return *command;
}

void add_key_options(CLI::App& command, KeyChoice& key) {
    auto* file = command.add_option("--key-file", key.key_file, "The file that holds the key");
    command
        .add_option("--passphrase-file", key.passphrase_file,
                    "A file that holds the passphrase (its first and last blanks do not count)")
        ->excludes(file);
}

void add_vault_options(CLI::App& command, VaultOptions& options) {
    command.add_option("--vault", options.vault, "The vault's name")->capture_default_str();
    add_key_options(command, options.key);
}

void add_cluster_options(CLI::App& command, ClusterChoice& choice) {
    command.add_option("--kubeconfig", choice.kubeconfig,
                       "The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the "
                       "pod's service account)");
    command.add_option("--context", choice.context, "The context of the kubeconfig");
    command.add_option("--as", choice.as, "The user to impersonate");
    command.add_option("--as-group", choice.as_groups, "A group to impersonate; may be repeated");
    command
        .add_option("--plugin-timeout", choice.plugin_timeout_seconds,
                    "Seconds that a credential plugin of the kubeconfig may run")
        ->capture_default_str()
        ->check(CLI::Range(1, 3600));
}

void add_output_option(CLI::App& command, Output& output) {
    command
        .add_option_function<std::string>(
            "-o,--output",
            [&output](const std::string& text) {
                auto parsed = parse_output(text);
                if (!parsed) throw CLI::ValidationError("--output", parsed.error().message);
                output = *parsed;
            },
            "table, wide, json, yaml or name")
        ->type_name("FORMAT");
}

void add_selection_options(CLI::App& command, engine::SelectionSpec& spec) {
    command
        .add_option("-n,--namespace", spec.namespaces,
                    "Only these namespaces; globs such as 'team-*'; may be repeated")
        ->delimiter(',');
    command.add_option("--exclude-namespace", spec.excluded_namespaces, "Not these namespaces")
        ->delimiter(',');
    command
        .add_option("--kind", spec.kinds,
                    "Only these kinds, such as deployments, deploy or apps/v1/Deployment")
        ->delimiter(',');
    command.add_option("--exclude-kind", spec.excluded_kinds, "Not these kinds")->delimiter(',');
    command.add_option("-l,--selector", spec.selector,
                       "Only objects that this label selector matches");
    command.add_option("--exclude-selector", spec.excluded_selector,
                       "Not the objects that this label selector matches");
    command
        .add_option_function<std::string>(
            "--cluster-scoped",
            [&spec](const std::string& text) {
                auto parsed = engine::parse_cluster_scoped(text);
                if (!parsed) throw CLI::ValidationError("--cluster-scoped", parsed.error().message);
                spec.cluster_scoped = *parsed;
            },
            "Objects outside namespaces: auto (what the chosen namespaces need; everything when "
            "none is chosen), all or none")
        ->type_name("auto|all|none");
}

Result<void> check_selectors(const engine::SelectionSpec& spec) {
    (void)TRY(kube::LabelSelector::parse(spec.selector), "--selector");
    (void)TRY(kube::LabelSelector::parse(spec.excluded_selector), "--exclude-selector");
    return {};
}

Result<std::map<std::string, std::string>> parse_mappings(const std::vector<std::string>& pairs,
                                                          std::string_view option) {
    std::map<std::string, std::string> mappings;
    for (const std::string& pair : pairs) {
        std::size_t equals = pair.find('=');
        if (equals == 0 || equals == std::string::npos || equals + 1 == pair.size())
            return fail(ErrorCode::InvalidArgument, "{} takes OLD=NEW, not '{}'", option, pair);
        mappings[pair.substr(0, equals)] = pair.substr(equals + 1);
    }
    return mappings;
}

}  // namespace holdfast::app
