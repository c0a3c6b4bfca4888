#include "kube/kubeconfig.h"

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/bytes.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "kube/kubeconfig_file.h"

namespace holdfast::kube {
namespace {

constexpr std::size_t kMaxKubeconfigBytes = 8u << 20u;
constexpr std::size_t kMaxCredentialBytes = 1u << 20u;
constexpr std::size_t kMaxFiles = 64;

std::string text(const Json& entry, const char* pointer) {
    return base::text_at(entry, pointer);
}

bool flag(const Json& entry, const char* pointer) {
    return text(entry, pointer) == "true";
}

std::string from_environment(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets it
    return value == nullptr ? "" : value;
}

/// The decoded bytes of a `...-data` member; empty when there is none.
Result<std::string> inline_data(const Json& entry, const char* key, std::string_view owner) {
    const std::string encoded = text(entry, (std::string("/") + key).c_str());
    const Result<Bytes> bytes = base::from_base64(encoded);
    if (!bytes) {
        return fail(ErrorCode::InvalidArgument, "{} of {} is not base64", key, owner);
    }
    return base::to_text(*bytes);
}

/// The context to use: of its three names each may be chosen by the caller.
struct Choice {
    std::string context;
    Kubeconfig::Context names;
};

Result<Choice> choose(const Kubeconfig& config, const AccessOptions& options) {
    Choice choice;
    choice.context = options.context.empty() ? config.current_context() : options.context;
    if (choice.context.empty() && (options.cluster.empty() || options.user.empty())) {
        const std::vector<std::string> names = config.context_names();
        return fail(ErrorCode::InvalidArgument,
                    "{} has no current-context; choose one with --context{}{}", config.source(),
                    names.empty() ? "" : ": ", base::join(names, ", "));
    }
    if (!choice.context.empty()) choice.names = TRY(config.context(choice.context));
    if (!options.cluster.empty()) choice.names.cluster = options.cluster;
    if (!options.user.empty()) choice.names.user = options.user;
    if (choice.names.cluster.empty()) {
        return fail(ErrorCode::InvalidArgument, "context '{}' of {} names no cluster",
                    choice.context, config.source());
    }
    return choice;
}

Result<void> read_cluster(const Json& entry, ClusterAccess& access) {
    const std::string owner = fmt::format("cluster '{}'", access.cluster);
    access.server = text(entry, "/server");
    if (access.server.empty()) {
        return fail(ErrorCode::InvalidArgument, "{} of the kubeconfig has no server", owner);
    }
    access.ca_pem = TRY(inline_data(entry, "certificate-authority-data", owner));
    const std::string ca_file = text(entry, "/certificate-authority");
    if (access.ca_pem.empty() && !ca_file.empty()) {
        access.ca_pem = TRY(base::read_file(ca_file, kMaxCredentialBytes),
                            "the certificate-authority of {}", owner);
    }
    access.skip_tls_verify = flag(entry, "/insecure-skip-tls-verify");
    if (access.skip_tls_verify && !access.ca_pem.empty()) {
        return fail(ErrorCode::InvalidArgument,
                    "{} of the kubeconfig has both a certificate-authority and "
                    "insecure-skip-tls-verify; remove one of them",
                    owner);
    }
    access.tls_server_name = text(entry, "/tls-server-name");
    access.proxy_url = text(entry, "/proxy-url");
    access.disable_compression = flag(entry, "/disable-compression");
    return {};
}

std::string cluster_info(const ClusterAccess& access, const Json& config) {
    Json info = {{"server", access.server}};
    if (!access.tls_server_name.empty()) info["tls-server-name"] = access.tls_server_name;
    if (access.skip_tls_verify) info["insecure-skip-tls-verify"] = true;
    if (!access.ca_pem.empty()) {
        info["certificate-authority-data"] = base::to_base64(base::as_bytes(access.ca_pem));
    }
    if (!access.proxy_url.empty()) info["proxy-url"] = access.proxy_url;
    if (access.disable_compression) info["disable-compression"] = true;
    info["config"] = config;
    return base::dump_json(info);
}

Result<ExecPlugin> read_plugin(const Json& exec, const std::string& owner) {
    ExecPlugin plugin;
    plugin.api_version = text(exec, "/apiVersion");
    plugin.command = text(exec, "/command");
    plugin.install_hint = text(exec, "/installHint");
    plugin.provide_cluster_info = flag(exec, "/provideClusterInfo");
    plugin.interactive_mode = base::text_at(exec, "/interactiveMode", "IfAvailable");
    if (plugin.command.empty()) {
        return fail(ErrorCode::InvalidArgument, "the exec plugin of {} has no command", owner);
    }
    if (plugin.api_version != "client.authentication.k8s.io/v1" &&
        plugin.api_version != "client.authentication.k8s.io/v1beta1") {
        return fail(ErrorCode::Unsupported,
                    "the exec plugin of {} has apiVersion '{}'; client.authentication.k8s.io/v1 "
                    "and v1beta1 are supported",
                    owner, plugin.api_version);
    }
    if (plugin.interactive_mode == "Always") {
        return fail(ErrorCode::Unsupported,
                    "the exec plugin of {} insists on a terminal (interactiveMode Always); sign "
                    "in beforehand with a plugin or mode that does not",
                    owner);
    }
    if (const Json* arguments = base::find_json(exec, "/args");
        arguments && arguments->is_array()) {
        for (const Json& argument : *arguments) {
            plugin.arguments.push_back(argument.is_string() ? argument.get<std::string>() : "");
        }
    }
    if (const Json* variables = base::find_json(exec, "/env"); variables && variables->is_array()) {
        for (const Json& variable : *variables) {
            plugin.variables.emplace_back(text(variable, "/name"), text(variable, "/value"));
        }
    }
    return plugin;
}

Impersonation read_impersonation(const Json& entry) {
    Impersonation as;
    as.user = text(entry, "/as");
    as.uid = text(entry, "/as-uid");
    if (const Json* groups = base::find_json(entry, "/as-groups"); groups && groups->is_array()) {
        for (const Json& group : *groups) {
            if (group.is_string()) as.groups.push_back(group.get<std::string>());
        }
    }
    const Json* extra = base::find_json(entry, "/as-user-extra");
    if (extra == nullptr || !extra->is_object()) return as;
    for (const auto& [name, values] : extra->items()) {
        for (const Json& value : values) {
            if (value.is_string()) as.extra[name].push_back(value.get<std::string>());
        }
    }
    return as;
}

Result<void> read_user(const Json& entry, const Json& exec_config, ClusterAccess& access) {
    const std::string owner = fmt::format("user '{}'", access.user);
    AuthMethods& auth = access.auth;
    auth.token = text(entry, "/token");
    auth.token_file = text(entry, "/tokenFile");
    auth.username = text(entry, "/username");
    auth.password = text(entry, "/password");
    auth.certificate_pem = TRY(inline_data(entry, "client-certificate-data", owner));
    auth.key_pem = TRY(inline_data(entry, "client-key-data", owner));
    if (auth.certificate_pem.empty()) auth.certificate_file = text(entry, "/client-certificate");
    if (auth.key_pem.empty()) auth.key_file = text(entry, "/client-key");
    const bool certificate = !auth.certificate_pem.empty() || !auth.certificate_file.empty();
    const bool key = !auth.key_pem.empty() || !auth.key_file.empty();
    if (certificate != key) {
        return fail(ErrorCode::InvalidArgument, "{} of the kubeconfig has a client {} without a {}",
                    owner, certificate ? "certificate" : "key",
                    certificate ? "key" : "certificate");
    }
    if (const Json* exec = base::find_json(entry, "/exec"); exec && exec->is_object()) {
        auth.exec = TRY(read_plugin(*exec, owner));
        if (auth.exec->provide_cluster_info) {
            auth.exec->cluster_info_json = cluster_info(access, exec_config);
        }
    } else if (const Json* legacy = base::find_json(entry, "/auth-provider");
               legacy && legacy->is_object()) {
        return fail(ErrorCode::Unsupported,
                    "{} of the kubeconfig uses the auth-provider '{}', which Kubernetes has "
                    "removed; use its exec plugin instead",
                    owner, text(*legacy, "/name"));
    }
    access.impersonation = read_impersonation(entry);
    return {};
}

Result<ClusterAccess> access_from(const Kubeconfig& config, const AccessOptions& options) {
    const Choice choice = TRY(choose(config, options));
    ClusterAccess access;
    access.context = choice.context;
    access.cluster = choice.names.cluster;
    access.user = choice.names.user;
    if (!choice.names.ns.empty()) access.default_namespace = choice.names.ns;
    const Json cluster = TRY(config.cluster(access.cluster));
    TRY(read_cluster(cluster, access));
    if (!access.user.empty()) {
        const Json user = TRY(config.user(access.user));
        TRY(read_user(user, config.exec_config(access.cluster), access));
    }
    if (!options.impersonation.user.empty()) access.impersonation = options.impersonation;
    if (access.impersonation.user.empty() &&
        !(access.impersonation.groups.empty() && access.impersonation.extra.empty())) {
        return fail(ErrorCode::InvalidArgument, "acting as a group needs a user to act as");
    }
    return access;
}

/// Before anything is read that the kubeconfig names.
Result<void> check_self_contained(const Json& entry, std::string_view owner) {
    for (const char* member : {"certificate-authority", "client-certificate", "client-key",
                               "tokenFile", "exec", "auth-provider"})
        if (entry.contains(member))
            return fail(ErrorCode::InvalidArgument,
                        "{} of the kubeconfig names a file or a program ('{}'), which the receiver "
                        "does not have: send certificates and tokens inline, as 'kubectl config "
                        "view --flatten --minify' writes them",
                        owner, member);
    return {};
}

Result<ClusterAccess> access_from_pod(const AccessOptions& options,
                                      const Surroundings& surroundings) {
    const std::string& directory = surroundings.service_account_directory;
    const std::string& host = surroundings.service_host;
    ClusterAccess access;
    access.context = "in-cluster";
    access.cluster = "in-cluster";
    access.user = "service account";
    const bool brackets = host.contains(':');
    access.server = fmt::format("https://{}{}{}:{}", brackets ? "[" : "", host, brackets ? "]" : "",
                                surroundings.service_port);
    access.ca_pem = TRY(base::read_file(directory + "/ca.crt", kMaxCredentialBytes),
                        "the pod's certificate authority");
    access.auth.token_file = directory + "/token";
    if (const auto ns = base::read_file(directory + "/namespace", 4096)) {
        access.default_namespace = base::trim(*ns);
    }
    access.impersonation = options.impersonation;
    return access;
}

/// Merges those of the files that exist; nothing when none does.
Result<std::optional<Kubeconfig>> merge_files(const std::vector<std::string_view>& paths) {
    Kubeconfig config;
    bool found = false;
    for (const std::string_view path : paths) {
        if (path.empty()) continue;
        Result<std::string> content = base::read_file(std::string(path), kMaxKubeconfigBytes);
        if (!content && content.error().code == ErrorCode::NotFound) continue;
        const std::string yaml = TRY(std::move(content), "the kubeconfig");
        TRY(config.merge(path, yaml));
        found = true;
    }
    if (!found) return std::optional<Kubeconfig>();
    return std::optional<Kubeconfig>(std::move(config));
}

}  // namespace

Result<ClusterAccess> read_sent_access(std::string_view kubeconfig, const std::string& context) {
    Kubeconfig config;
    TRY(config.merge("the kubeconfig", kubeconfig));
    const AccessOptions options{.context = context};
    const Choice choice = TRY(choose(config, options));
    const Json cluster = TRY(config.cluster(choice.names.cluster));
    TRY(check_self_contained(cluster, fmt::format("cluster '{}'", choice.names.cluster)));
    if (!choice.names.user.empty()) {
        const Json user = TRY(config.user(choice.names.user));
        TRY(check_self_contained(user, fmt::format("user '{}'", choice.names.user)));
    }
    return access_from(config, options);
}

Surroundings Surroundings::of_this_process() {
    Surroundings surroundings;
    surroundings.kubeconfig_paths = from_environment("KUBECONFIG");
    surroundings.home = from_environment("HOME");
    surroundings.service_host = from_environment("KUBERNETES_SERVICE_HOST");
    surroundings.service_port = from_environment("KUBERNETES_SERVICE_PORT");
    return surroundings;
}

Result<ClusterAccess> load_access(const AccessOptions& options, const Surroundings& surroundings) {
    if (!options.kubeconfig.empty()) {
        Kubeconfig config;
        auto content = base::read_file(options.kubeconfig, kMaxKubeconfigBytes);
        if (!content && content.error().code == ErrorCode::NotFound) {
            return fail(ErrorCode::NotFound,
                        "there is no kubeconfig at {}; --kubeconfig takes the path of one",
                        options.kubeconfig);
        }
        const std::string yaml = TRY(std::move(content), "the kubeconfig");
        TRY(config.merge(options.kubeconfig, yaml));
        return access_from(config, options);
    }
    const std::string standard = surroundings.home + "/.kube/config";
    const bool listed = !surroundings.kubeconfig_paths.empty();
    const std::string paths = listed ? surroundings.kubeconfig_paths : standard;
    const std::vector<std::string_view> files = base::split(paths, ':');
    if (files.size() > kMaxFiles) {
        return fail(ErrorCode::LimitExceeded, "KUBECONFIG names more than {} files", kMaxFiles);
    }
    const std::optional<Kubeconfig> config = TRY(merge_files(files));
    if (config) return access_from(*config, options);
    if (!surroundings.service_host.empty()) return access_from_pod(options, surroundings);
    return fail(ErrorCode::NotFound,
                "there is no kubeconfig at {}; name one with --kubeconfig or in $KUBECONFIG",
                paths);
}

}  // namespace holdfast::kube
