#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/application.h"
#include "app/commands/commands.h"
#include "app/commands/options.h"
#include "app/table.h"
#include "app/vault_access.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "crypto/key_protector.h"
#include "repo/repository.h"

namespace holdfast::app {

namespace {

// --- vault key add

struct AddOptions {
    VaultOptions vault;
    KeyChoice added;
    std::string label;
};

Result<ExitCode> run_add(Application& application, const AddOptions& options) {
    if (options.added.empty())
        return usage_error(
            "say what shall open the vault: --new-key-file or --new-passphrase-file");
    OpenVault vault = TRY(open_vault(application, options.vault.vault, options.vault.key));
    bool file = !options.added.key_file.empty();
    bool made = file && !std::filesystem::exists(options.added.key_file);
    if (made)
        (void)TRY(crypto::KeyFileProtector::create(options.added.key_file, application.random));
    auto protector =
        TRY(load_protector(application, file ? "key-file" : "passphrase",
                           file ? options.added.key_file : options.added.passphrase_file));
    repo::KeyWrap wrap = TRY(vault->add_key(*protector, options.label));
    print_line(
        fmt::format("Key {} ({}) opens vault '{}' now.", wrap.id, wrap.kind, vault.record.name));
    if (made)
        print_line(fmt::format("The new key file is {}. Keep it in a safe place.",
                               options.added.key_file));
    return ExitCode::Complete;
}

void add_add(CLI::App& key, Command& chosen) {
    auto options = std::make_shared<AddOptions>();
    CLI::App& command = add_command(
        key, "add", "Let another key file or passphrase open the vault",
        "  holdfast vault key add --new-key-file /safe/second.key --label 'for the safe'\n");
    add_vault_options(command, options->vault);
    auto* file = command.add_option("--new-key-file", options->added.key_file,
                                    "The key file; made when it does not exist");
    command
        .add_option("--new-passphrase-file", options->added.passphrase_file,
                    "A file that holds the passphrase")
        ->excludes(file);
    command.add_option("--label", options->label, "A word for people");
    command.callback([&chosen, options] {
        chosen = [options](Application& application) { return run_add(application, *options); };
    });
}

// --- vault key remove

constexpr std::size_t kKeyIdDigits = 16;

struct RemoveOptions {
    VaultOptions vault;
    std::string id;
};

Result<ExitCode> run_remove(Application& application, const RemoveOptions& options) {
    OpenVault vault = TRY(open_vault(application, options.vault.vault, options.vault.key));
    std::vector<std::string> fitting;
    std::string all;
    const std::vector<repo::KeyWrap> keys = TRY(vault->keys());
    for (const repo::KeyWrap& wrap : keys) {
        if (wrap.id.starts_with(options.id)) fitting.push_back(wrap.id);
        all += fmt::format("\n  {}  {}  {}", wrap.id, wrap.kind, wrap.label);
    }
    // What is damaged or forged is no key of the vault, but its whole id removes it.
    if (fitting.empty() && options.id.size() == kKeyIdDigits) fitting.push_back(options.id);
    if (fitting.size() != 1)
        return fail(ErrorCode::NotFound, "'{}' fits {} keys; there are:{}", options.id,
                    fitting.size(), all);
    // The last key is never removed.
    if (keys.size() > 1 && TRY(is_key_of_home(application, vault, fitting.front())))
        tell(fmt::format(
            "warning: this home opens vault '{0}' with key {1}, and cannot any more when that is "
            "gone: 'holdfast vault import {0} --key-file FILE' (or --passphrase-file) makes it use "
            "another key",
            vault.record.name, fitting.front()));
    TRY(vault->remove_key(fitting.front()));
    print_line(
        fmt::format("Key {} no longer opens vault '{}'.", fitting.front(), vault.record.name));
    print_line("Whoever copied the key and the vault before can still read that copy.");
    return ExitCode::Complete;
}

void add_remove(CLI::App& key, Command& chosen) {
    auto options = std::make_shared<RemoveOptions>();
    CLI::App& command = add_command(key, "remove", "Take a key's right to open the vault away",
                                    "  holdfast vault key remove 4f1a\n");
    command.add_option("KEY", options->id, "The key's id, or the beginning of it")->required();
    add_vault_options(command, options->vault);
    command.callback([&chosen, options] {
        chosen = [options](Application& application) { return run_remove(application, *options); };
    });
}

// --- vault key export

struct ExportOptions {
    VaultOptions vault;
    std::string to;
};

Result<ExitCode> run_export(Application& application, const ExportOptions& options) {
    OpenVault vault = TRY(open_vault(application, options.vault.vault, options.vault.key));
    TRY(base::create_file(options.to, vault->export_key(), base::FileMode::Private));
    print_line(
        fmt::format("Wrote the root key of vault '{}' to {}.", vault.record.name, options.to));
    print_line("Whoever holds this file can read every backup in the vault, for ever.");
    return ExitCode::Complete;
}

void add_export(CLI::App& key, Command& chosen) {
    auto options = std::make_shared<ExportOptions>();
    CLI::App& command = add_command(key, "export", "Write the vault's root key to a new file",
                                    "  holdfast vault key export --to /safe/main.root\n");
    command.add_option("--to", options->to, "The file to make, with mode 0600")->required();
    add_vault_options(command, options->vault);
    command.callback([&chosen, options] {
        chosen = [options](Application& application) { return run_export(application, *options); };
    });
}

// --- vault key list

struct ListOptions {
    VaultOptions vault;
    Output output = Output::Table;
};

Result<ExitCode> run_list(Application& application, const ListOptions& options) {
    OpenVault vault = TRY(open_vault(application, options.vault.vault, options.vault.key));
    Json all = Json::array();
    Table table({"KEY", "KIND", "LABEL", "CREATED"});
    for (const repo::KeyWrap& wrap : TRY(vault->keys())) {
        std::string created = base::to_rfc3339(wrap.created_at);
        if (options.output == Output::Name) print_line(wrap.id);
        all.push_back(
            {{"id", wrap.id}, {"kind", wrap.kind}, {"label", wrap.label}, {"createdAt", created}});
        table.add({wrap.id, wrap.kind, wrap.label, created});
    }
    if (is_for_people(options.output))
        print(table.text());
    else if (options.output != Output::Name)
        print_document(all, options.output);
    return ExitCode::Complete;
}

void add_list(CLI::App& key, Command& chosen) {
    auto options = std::make_shared<ListOptions>();
    CLI::App& command = add_command(key, "list", "List what opens the vault",
                                    "  holdfast vault key list\n"
                                    "  holdfast vault key list --vault offsite -o json\n");
    add_vault_options(command, options->vault);
    add_output_option(command, options->output);
    command.callback([&chosen, options] {
        chosen = [options](Application& application) { return run_list(application, *options); };
    });
}

}  // namespace

void add_vault_key_commands(CLI::App& vault, Command& chosen) {
    CLI::App& key = add_command(vault, "key", "Manage what opens a vault",
                                "  holdfast vault key list\n"
                                "  holdfast vault key add --new-key-file /safe/second.key\n"
                                "  holdfast vault key remove 4f1a\n");
    key.require_subcommand(1);
    add_list(key, chosen);
    add_add(key, chosen);
    add_remove(key, chosen);
    add_export(key, chosen);
}

}  // namespace holdfast::app
