#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "kube/client.h"

namespace holdfast::kube {

/// Whom to act as, by the impersonation headers; nobody when `user` is empty.
struct Impersonation {
    std::string user;
    std::string uid;
    std::vector<std::string> groups;
    std::map<std::string, std::vector<std::string>> extra;
};

/// A credential plugin: client.authentication.k8s.io ExecConfig.
struct ExecPlugin {
    std::string api_version;
    std::string command;  ///< absolute, or looked up in PATH
    std::vector<std::string> arguments;
    std::vector<std::pair<std::string, std::string>> variables;
    std::string install_hint;
    bool provide_cluster_info = false;
    std::string interactive_mode;   ///< Never, IfAvailable or Always
    std::string cluster_info_json;  ///< the `spec.cluster` that the plugin is given
};

/// How to prove who we are. Several may be set; a certificate goes with any of the others.
struct AuthMethods {
    std::string token;
    std::string token_file;  ///< read again as it changes; wins over `token`
    std::string username;
    std::string password;
    std::string certificate_pem;
    std::string key_pem;
    std::string certificate_file;  ///< read again after a refusal
    std::string key_file;
    std::optional<ExecPlugin> exec;
};

/// Everything needed to reach one cluster.
struct ClusterAccess {
    std::string context;
    std::string cluster;
    std::string user;
    std::string default_namespace = "default";
    std::string server;
    std::string ca_pem;  ///< empty: the system's authorities
    bool skip_tls_verify = false;
    std::string tls_server_name;
    std::string proxy_url;
    bool disable_compression = false;
    AuthMethods auth;
    Impersonation impersonation;
};

/// What the caller chose on the command line; empty fields leave it to the kubeconfig.
struct AccessOptions {
    std::string kubeconfig;  ///< a path; then nothing else is read
    std::string context;
    std::string cluster;
    std::string user;
    Impersonation impersonation;
};

/// What the process inherited.
struct Surroundings {
    std::string kubeconfig_paths;  ///< $KUBECONFIG: paths joined by ':'
    std::string home;
    std::string service_host;  ///< $KUBERNETES_SERVICE_HOST, set inside a pod
    std::string service_port;
    std::string service_account_directory = "/var/run/secrets/kubernetes.io/serviceaccount";

    static Surroundings of_this_process();
};

/// Finds and reads the kubeconfig by kubectl's rules: the path asked for, else $KUBECONFIG merged,
/// else ~/.kube/config, else the service account of the pod. Every error is one sentence that says
/// what to do. InvalidArgument or NotFound.
Result<ClusterAccess> load_access(const AccessOptions& options, const Surroundings& surroundings);

/// Reads a kubeconfig that somebody else sent. It must hold everything itself: InvalidArgument for
/// one that names a file or a program, which would be the reader's and not the sender's.
Result<ClusterAccess> read_sent_access(std::string_view kubeconfig, const std::string& context);

enum class HttpChoice {
    /// HTTP/2 where the server offers it, but HTTP/1.1 on this machine: many connections there are
    /// a fifth faster than as many with HTTP/2's framing, and header compression saves nothing.
    Auto,
    Http1,
    Http2,
};

/// What a client takes from its process.
struct Environment {
    base::Clock& clock;
    base::Random& random;
    /// How long a credential plugin may run.
    base::Millis plugin_timeout = std::chrono::seconds(60);
    /// How long one request is tried again while a server that has answered before is away.
    base::Millis outage_window = std::chrono::seconds(60);
    /// The same while no answer has ever come.
    base::Millis first_contact_window = std::chrono::seconds(5);
    /// How long one request is tried again while the server answers 429.
    base::Millis throttle_window = std::chrono::minutes(5);
    HttpChoice http = HttpChoice::Auto;
    /// A list page that is longer is asked for again with fewer objects.
    std::size_t max_page_bytes = 48u << 20u;
};

/// A client for the cluster. Makes no connection yet, except that it runs no plugin either: the
/// first request does. InvalidArgument for an address or certificate that cannot be used.
Result<std::unique_ptr<Client>> connect(ClusterAccess access, const Environment& environment);

}  // namespace holdfast::kube
