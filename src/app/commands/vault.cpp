#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/application.h"
#include "app/commands/commands.h"
#include "app/commands/options.h"
#include "app/home.h"
#include "app/point_name.h"
#include "app/table.h"
#include "app/vault_access.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "repo/repository.h"
#include "store/store.h"

namespace holdfast::app {

namespace {

Json record_json(const VaultRecord& record) {
    return {{"name", record.name},
            {"location", record.location},
            {"vaultId", record.vault_id},
            {"keyKind", record.key_kind},
            {"keyPath", record.key_path}};
}

void print_record(const VaultRecord& record, Output output) {
    if (output == Output::Name)
        print_line(record.name);
    else
        print_document(record_json(record), output);
}

// --- vault create

struct CreateOptions {
    VaultCreation creation;
    Output output = Output::Table;
};

Result<ExitCode> run_create(Application& application, const CreateOptions& options) {
    OpenVault vault = TRY(create_vault(application, options.creation));
    if (!is_for_people(options.output)) {
        print_record(vault.record, options.output);
        tell(key_warning(vault.record));
        return ExitCode::Complete;
    }
    print_line(fmt::format("Made vault '{}' at {}.", vault.record.name, vault.record.location));
    print_line(key_warning(vault.record));
    return ExitCode::Complete;
}

void add_create(CLI::App& vault, Command& chosen) {
    auto options = std::make_shared<CreateOptions>();
    CLI::App& command =
        add_command(vault, "create", "Make a vault",
                    "  holdfast vault create main\n"
                    "  holdfast vault create offsite --location file:///mnt/backup --key-file "
                    "/etc/holdfast/offsite.key\n"
                    "  holdfast vault create safe --passphrase-file /run/secrets/passphrase\n");
    add_vault_name(command, options->creation.name, "The vault's name").required();
    command.add_option("--location", options->creation.location,
                       "Where it lies, such as file:///mnt/backup (default: in the home)");
    add_key_options(command, options->creation.key);
    add_output_option(command, options->output);
    command.callback([&chosen, options] {
        chosen = [options](Application& application) { return run_create(application, *options); };
    });
}

// --- vault list

Result<ExitCode> run_list(Application& application, Output output) {
    std::vector<VaultRecord> records = TRY(Home(application.home).vaults());
    if (output == Output::Name) {
        for (const VaultRecord& record : records) print_line(record.name);
    } else if (!is_for_people(output)) {
        Json all = Json::array();
        for (const VaultRecord& record : records) all.push_back(record_json(record));
        print_document(all, output);
    } else if (records.empty()) {
        tell("No vaults yet. The first 'holdfast backup' makes vault 'main'.");
    } else {
        Table table({"NAME", "LOCATION", "VAULT-ID", "KEY"});
        for (const VaultRecord& record : records)
            table.add({record.name, record.location, record.vault_id,
                       record.key_path.empty() ? record.key_kind : record.key_path});
        print(table.text());
    }
    return ExitCode::Complete;
}

void add_list(CLI::App& vault, Command& chosen) {
    auto output = std::make_shared<Output>(Output::Table);
    CLI::App& command = add_command(vault, "list", "List the vaults that this home knows",
                                    "  holdfast vault list\n"
                                    "  holdfast vault list -o json\n");
    add_output_option(command, *output);
    command.callback([&chosen, output] {
        chosen = [output](Application& application) { return run_list(application, *output); };
    });
}

// --- vault show

struct ShowOptions {
    std::string name = "main";
    KeyChoice key;
    Output output = Output::Table;
};

Result<ExitCode> run_show(Application& application, const ShowOptions& options) {
    OpenVault vault = TRY(open_vault(application, options.name, options.key));
    std::vector<ListedPoint> points = TRY(list_points(*vault));
    std::vector<repo::KeyWrap> keys = TRY(vault->keys());
    std::uint64_t bytes = 0;
    std::uint64_t objects = 0;
    constexpr std::size_t kMaxObjects = 10'000'000;
    for (const store::ObjectInfo& object : TRY(store::list_all(*vault.store, "", kMaxObjects))) {
        bytes += object.size_bytes;
        ++objects;
    }
    Json json = record_json(vault.record);
    json["readOnly"] = vault->read_only();
    json["points"] = points.size();
    json["storedBytes"] = bytes;
    json["storedObjects"] = objects;
    json["keys"] = Json::array();
    for (const repo::KeyWrap& key : keys)
        json["keys"].push_back({{"id", key.id},
                                {"kind", key.kind},
                                {"label", key.label},
                                {"createdAt", base::to_rfc3339(key.created_at)}});
    if (!is_for_people(options.output)) {
        if (options.output == Output::Name)
            print_line(vault.record.name);
        else
            print_document(json, options.output);
        return ExitCode::Complete;
    }
    print_line(fmt::format("Vault       {}{}", vault.record.name,
                           vault->read_only() ? " (read-only: made by a newer Holdfast)" : ""));
    print_line(fmt::format("Location    {}", vault.record.location));
    print_line(fmt::format("Vault id    {}", vault.record.vault_id));
    print_line(fmt::format("Opened by   {} {}", vault.record.key_kind, vault.record.key_path));
    print_line(fmt::format("Points      {}", points.size()));
    print_line(fmt::format("Stored      {} in {}", base::human_bytes(bytes),
                           base::counted(objects, "object")));
    Table table({"KEY", "KIND", "LABEL", "CREATED"});
    for (const repo::KeyWrap& key : keys)
        table.add({key.id, key.kind, key.label, base::to_rfc3339(key.created_at)});
    print("\n" + table.text());
    return ExitCode::Complete;
}

void add_show(CLI::App& vault, Command& chosen) {
    auto options = std::make_shared<ShowOptions>();
    CLI::App& command = add_command(vault, "show", "Show what a vault holds and what opens it",
                                    "  holdfast vault show\n"
                                    "  holdfast vault show offsite -o yaml\n");
    add_vault_name(command, options->name, "The vault's name").capture_default_str();
    add_key_options(command, options->key);
    add_output_option(command, options->output);
    command.callback([&chosen, options] {
        chosen = [options](Application& application) { return run_show(application, *options); };
    });
}

// --- vault import

struct ImportOptions {
    std::string name;
    std::string location;
    std::string vault_id;
    KeyChoice key;
    Output output = Output::Table;
};

Result<ExitCode> run_import(Application& application, const ImportOptions& options) {
    OpenVault vault = TRY(
        import_vault(application, options.name, options.location, options.vault_id, options.key));
    std::size_t points = TRY(list_points(*vault)).size();
    if (!is_for_people(options.output)) {
        print_record(vault.record, options.output);
        return ExitCode::Complete;
    }
    print_line(fmt::format("Vault '{}' is {} at {} and holds {}. {} {} opens it here.",
                           vault.record.name, vault.record.vault_id, vault.record.location,
                           base::counted(points, "recovery point"),
                           vault.record.key_kind == "passphrase" ? "The passphrase" : "Key file",
                           vault.record.key_path));
    return ExitCode::Complete;
}

void add_import(CLI::App& vault, Command& chosen) {
    auto options = std::make_shared<ImportOptions>();
    CLI::App& command = add_command(
        vault, "import",
        "Make a vault that lies at a location known to this home, or let another key open a vault "
        "that this home knows",
        "  holdfast vault import main --location file:///mnt/backup --key-file main.key\n"
        "  holdfast vault import main --key-file /safe/second.key\n");
    add_vault_name(command, options->name, "The name to give it here").required();
    command.add_option("--location", options->location,
                       "Where it lies (may be left out for a vault that this home knows)");
    command.add_option("--vault-id", options->vault_id,
                       "Which vault, when several lie there: its id or the beginning of it");
    add_key_options(command, options->key);
    add_output_option(command, options->output);
    command.callback([&chosen, options] {
        chosen = [options](Application& application) { return run_import(application, *options); };
    });
}

}  // namespace

void add_vault_commands(CLI::App& program, Command& chosen) {
    CLI::App& vault = add_command(program, "vault", "Make, check and care for vaults",
                                  "  holdfast vault create main\n"
                                  "  holdfast vault verify main --read-data\n"
                                  "  holdfast vault collect main\n");
    vault.require_subcommand(1);
    add_create(vault, chosen);
    add_list(vault, chosen);
    add_show(vault, chosen);
    add_import(vault, chosen);
    add_vault_care_commands(vault, chosen);
    add_vault_key_commands(vault, chosen);
}

}  // namespace holdfast::app
