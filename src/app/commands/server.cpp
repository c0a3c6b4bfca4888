#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

#include "api/backup/handlers.h"
#include "api/eks/handlers.h"
#include "api/gateway.h"
#include "api/own/handlers.h"
#include "api/registry.h"
#include "api/services.h"
#include "api/sts/handlers.h"
#include "app/application.h"
#include "app/commands/commands.h"
#include "app/commands/options.h"
#include "app/server/cluster_door.h"
#include "app/server/local_vaults.h"
#include "app/server/server_config.h"
#include "app/server/server_state.h"
#include "base/file.h"
#include "base/guarded.h"
#include "jobs/backup_runner.h"
#include "jobs/job_environment.h"
#include "jobs/restore_runner.h"
#include "jobs/workers.h"
#include "meta/job_table.h"
#include "net/http_server.h"
#include "net/server_message.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kMaxPemBytes = 1u << 20;
constexpr std::chrono::seconds kGrace(30);

struct ServerOptions {
    std::string home;
    std::string listen;
    std::string config;
};

Result<ServerConfig> configuration(const ServerOptions& options) {
    ServerConfig config;
    if (!options.config.empty()) config = TRY(read_server_config(options.config));
    if (!options.listen.empty()) TRY(set_listen(config, options.listen));
    if (!config.is_loopback() && config.certificate_file.empty())
        return fail(ErrorCode::InvalidArgument,
                    "a server that others can reach needs TLS: name certificateFile and keyFile in "
                    "the configuration, or listen on 127.0.0.1");
    return config;
}

Result<net::HttpServer::Options> listening(const ServerConfig& config) {
    net::HttpServer::Options options{.address = config.address, .port = config.port};
    if (config.certificate_file.empty()) return options;
    options.certificate_pem = TRY(base::read_file(config.certificate_file, kMaxPemBytes));
    options.key_pem = TRY(base::read_file(config.key_file, kMaxPemBytes));
    return options;
}

api::Registry operations(api::Services& services) {
    api::Registry registry;
    api::backup::add_vaults(registry, services);
    api::backup::add_vault_policies(registry, services);
    api::backup::add_jobs(registry, services);
    api::backup::add_points(registry, services);
    api::backup::add_restores(registry, services);
    api::backup::add_tags(registry, services);
    api::backup::add_settings(registry, services);
    api::eks::add_clusters(registry, services);
    api::eks::add_tags(registry, services);
    api::own::add_accounts(registry, services);
    api::own::add_cluster_access(registry, services);
    api::sts::add_identity(registry);
    return registry;
}

std::string endpoint_of(const ServerConfig& config, std::uint16_t port) {
    const bool v6 = config.address.find(':') != config.address.npos;
    return fmt::format("{}://{}:{}", config.certificate_file.empty() ? "http" : "https",
                       v6 ? "[" + config.address + "]" : config.address, port);
}

void say_where(const ServerConfig& config, const ServerState& state, const std::string& endpoint) {
    if (state.first_start)
        tell(fmt::format("Made account {} with an administrator, whose keys are in {}.",
                         config.account, state.credentials_path));
    tell(
        fmt::format("Holdfast serves at {}. For the aws CLI, the SDKs and Terraform:\n"
                    "  export AWS_SHARED_CREDENTIALS_FILE={}\n"
                    "  export AWS_PROFILE=holdfast\n"
                    "  export AWS_ENDPOINT_URL={}",
                    endpoint, state.credentials_path, endpoint));
    if (!config.certificate_file.empty())
        tell(fmt::format("  export AWS_CA_BUNDLE={0}\n  export NODE_EXTRA_CA_CERTS={0}",
                         config.certificate_file));
}

/// Answers what can be answered before the gateway is there, and everything once it is.
class Entrance {
public:
    net::ServerResponse handle(const net::ServerRequest& request, std::stop_token stop) const {
        const api::Gateway* gateway = gateway_.load();
        if (request.target == "/healthz") return {.body = "ok\n"};
        if (gateway == nullptr)
            return {.status = 503, .headers = {{"retry-after", "1"}}, .body = "starting\n"};
        if (request.target == "/readyz") return {.body = "ok\n"};
        return gateway->handle(request, std::move(stop));
    }
    void open(const api::Gateway& gateway) { gateway_ = &gateway; }

private:
    std::atomic<const api::Gateway*> gateway_ = nullptr;
};

Result<ExitCode> run_server(Application& application, const ServerOptions& options) {
    if (!options.home.empty()) application.home = options.home;
    const ServerConfig config = TRY(configuration(options));
    auto listen = TRY(listening(config));
    Entrance entrance;
    // An address that is taken ends it before anything is made.
    auto server = TRY(net::HttpServer::start(
        std::move(listen),
        [&](const net::ServerRequest& request, std::stop_token stop) {
            return entrance.handle(request, std::move(stop));
        },
        application.clock));
    const std::string endpoint = endpoint_of(config, server->port());
    const ServerState state = TRY(open_server_state(application, config, endpoint));
    LocalVaults vaults(application);
    AttachedClusters clusters(application);
    api::Services services{.database = *state.database,
                           .directory = *state.directory,
                           .sealer = *state.sealer,
                           .storage = vaults,
                           .clusters = clusters,
                           .clock = application.clock,
                           .random = application.random};
    const api::Registry registry = operations(services);
    const api::Gateway gateway({.regions = {config.regions.begin(), config.regions.end()}},
                               *state.directory, registry, application.clock, application.random);
    const jobs::JobEnvironment work{.database = *state.database,
                                    .sealer = *state.sealer,
                                    .vaults = vaults,
                                    .clusters = clusters,
                                    .clock = application.clock,
                                    .random = application.random,
                                    .partition = state.directory->installation().partition,
                                    .restores_home = application.home};
    jobs::BackupRunner backups(work);
    jobs::RestoreRunner restores(work);
    jobs::Workers workers(*state.database, application.clock,
                          {{meta::JobKind::Backup, &backups}, {meta::JobKind::Restore, &restores}},
                          {});
    entrance.open(gateway);
    say_where(config, state, endpoint);
    base::Guarded<bool> never;
    never.wait(application.stop_token(), [](bool) { return false; });
    server->stop(kGrace);
    return ExitCode::Complete;
}

}  // namespace

void add_server_command(CLI::App& program, Command& chosen) {
    auto options = std::make_shared<ServerOptions>();
    CLI::App& command =
        add_command(program, "server", "Serve the AWS Backup API",
                    "  holdfast server\n"
                    "  holdfast server --listen 127.0.0.1:7480 --config holdfast.yaml\n");
    command.add_option("--home", options->home, "State directory, instead of $HOLDFAST_HOME");
    command.add_option("--listen", options->listen, "ADDRESS:PORT (default 127.0.0.1:7480)");
    command.add_option("--config", options->config, "Configuration file (YAML)");
    command.callback([&chosen, options] {
        chosen = [options](Application& application) { return run_server(application, *options); };
    });
}

}  // namespace holdfast::app
