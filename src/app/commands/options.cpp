#include "app/commands/options.h"

#include <CLI/CLI.hpp>
#include <string_view>

#include "app/home.h"
#include "base/text.h"
#include "kube/label_selector.h"

namespace holdfast::app {

CLI::App& add_command(CLI::App& parent, const std::string& name, const std::string& sentence,
                      const std::string& examples) {
    CLI::App* command = parent.add_subcommand(name, sentence);
    command->footer("\nExamples:\n" + examples);
    return *command;
}

CLI::Option& add_list_option(CLI::App& command, const std::string& name,
                             std::vector<std::string>& list, const std::string& sentence) {
    return *command.add_option(name, list, sentence)->allow_extra_args(false);
}

namespace {

std::string vault_name_problem(const std::string& name) {
    auto checked = check_vault_name(name);
    return checked ? "" : checked.error().message;
}

/// "-n shop,team-*" after `words`, for an option that was given.
void append_words(std::string& words, std::string_view option,
                  const std::vector<std::string>& values) {
    if (values.empty()) return;
    words += fmt::format("{}{} {}", words.empty() ? "" : " ", option, base::join(values, ","));
}

std::vector<std::string> quoted(const std::string& selector) {
    if (selector.empty()) return {};
    return {fmt::format("'{}'", selector)};
}

}  // namespace

CLI::Option& add_vault_name(CLI::App& command, std::string& name, const std::string& sentence) {
    return *command.add_option("NAME", name, sentence)->check(vault_name_problem, "");
}

void add_key_options(CLI::App& command, KeyChoice& key) {
    auto* file = command.add_option("--key-file", key.key_file, "The file that holds the key");
    command
        .add_option("--passphrase-file", key.passphrase_file,
                    "A file that holds the passphrase (its first and last blanks do not count)")
        ->excludes(file);
}

void add_vault_options(CLI::App& command, VaultOptions& options) {
    command.add_option("--vault", options.vault, "The vault's name")
        ->capture_default_str()
        ->check(vault_name_problem, "");
    add_key_options(command, options.key);
}

void add_cluster_options(CLI::App& command, ClusterChoice& choice) {
    command.add_option("--kubeconfig", choice.kubeconfig,
                       "The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the "
                       "pod's service account)");
    command.add_option("--context", choice.context, "The context of the kubeconfig");
    command.add_option("--as", choice.as, "The user to impersonate");
    add_list_option(command, "--as-group", choice.as_groups,
                    "A group to impersonate; may be repeated");
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
    add_list_option(command, "-n,--namespace", spec.namespaces,
                    "Only these namespaces; globs such as 'team-*'; may be repeated")
        .delimiter(',');
    add_list_option(command, "--exclude-namespace", spec.excluded_namespaces,
                    "Not these namespaces; may be repeated")
        .delimiter(',');
    add_list_option(command, "--kind", spec.kinds,
                    "Only these kinds, such as deployments, deploy or apps/v1/Deployment; may be "
                    "repeated")
        .delimiter(',');
    add_list_option(command, "--exclude-kind", spec.excluded_kinds,
                    "Not these kinds; may be repeated")
        .delimiter(',');
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

std::string words_of(const engine::SelectionSpec& spec) {
    std::string words;
    append_words(words, "-n", spec.namespaces);
    append_words(words, "--exclude-namespace", spec.excluded_namespaces);
    append_words(words, "--kind", spec.kinds);
    append_words(words, "--exclude-kind", spec.excluded_kinds);
    append_words(words, "-l", quoted(spec.selector));
    append_words(words, "--exclude-selector", quoted(spec.excluded_selector));
    if (spec.cluster_scoped != engine::ClusterScoped::Auto)
        append_words(words, "--cluster-scoped", {std::string(name_of(spec.cluster_scoped))});
    return words.empty() ? "everything" : words;
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
