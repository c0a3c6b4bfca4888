#include "kube/exec_credential.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "kube/child_process.h"

namespace holdfast::kube {
namespace {

constexpr std::size_t kMaxShownLines = 3;
constexpr std::size_t kMaxShownBytes = 400;

/// The first lines of what a plugin wrote on standard error, printable and on one line.
std::string first_words(std::string_view errors) {
    std::string shown;
    std::size_t lines = 0;
    for (const std::string_view line : base::split(errors, '\n')) {
        const std::string_view trimmed = base::trim(line);
        if (trimmed.empty()) continue;
        if (!shown.empty()) shown += "; ";
        for (const char c : trimmed.substr(0, kMaxShownBytes)) {
            if (static_cast<unsigned char>(c) >= ' ' && c != 0x7f) shown += c;
        }
        if (++lines == kMaxShownLines || shown.size() >= kMaxShownBytes) break;
    }
    return shown.empty() ? "it wrote nothing about why" : "it said: " + shown;
}

std::string hint(const ExecPlugin& plugin) {
    const std::string_view text = base::trim(plugin.install_hint);
    return text.empty() ? "" : fmt::format("; {}", text.substr(0, 2 * kMaxShownBytes));
}

}  // namespace

std::string exec_info(const ExecPlugin& plugin) {
    Json info = {{"apiVersion", plugin.api_version},
                 {"kind", "ExecCredential"},
                 {"spec", {{"interactive", false}}}};
    if (plugin.provide_cluster_info) {
        if (Result<Json> cluster = base::parse_json(plugin.cluster_info_json)) {
            info["spec"]["cluster"] = *std::move(cluster);
        }
    }
    return base::dump_json(info);
}

Result<PluginCredential> parse_exec_credential(std::string_view text,
                                               std::string_view api_version) {
    const Result<Json> answer = base::parse_json(text);
    if (!answer || !answer->is_object()) {
        return fail(ErrorCode::InvalidArgument, "its answer is no ExecCredential in JSON");
    }
    if (base::text_at(*answer, "/kind") != "ExecCredential") {
        return fail(ErrorCode::InvalidArgument, "its answer is no ExecCredential");
    }
    if (const std::string version = base::text_at(*answer, "/apiVersion"); version != api_version) {
        return fail(ErrorCode::InvalidArgument,
                    "it answered with apiVersion '{}' where the kubeconfig says '{}'", version,
                    api_version);
    }
    PluginCredential credential;
    credential.token = base::text_at(*answer, "/status/token");
    credential.certificate_pem = base::text_at(*answer, "/status/clientCertificateData");
    credential.key_pem = base::text_at(*answer, "/status/clientKeyData");
    if (credential.certificate_pem.empty() != credential.key_pem.empty()) {
        return fail(ErrorCode::InvalidArgument,
                    "its answer has only one of client certificate and key");
    }
    if (credential.token.empty() && credential.certificate_pem.empty()) {
        return fail(ErrorCode::InvalidArgument,
                    "its answer has neither a token nor a client certificate");
    }
    const std::string expires = base::text_at(*answer, "/status/expirationTimestamp");
    if (!expires.empty()) {
        credential.expires_at =
            TRY(base::from_rfc3339(expires), "its answer's expirationTimestamp");
    }
    return credential;
}

Result<PluginCredential> run_plugin(const ExecPlugin& plugin, base::Clock& clock,
                                    base::Millis timeout, std::stop_token stop) {
    ChildCommand command{.program = plugin.command,
                         .arguments = plugin.arguments,
                         .variables = plugin.variables,
                         .timeout = timeout};
    command.variables.emplace_back("KUBERNETES_EXEC_INFO", exec_info(plugin));
    const Result<ChildOutcome> ran = run_child(command, clock, stop);
    if (!ran) {
        const Error& error = ran.error();
        if (error.code == ErrorCode::Cancelled) return std::unexpected(error);
        if (error.code == ErrorCode::NotFound) {
            return fail(ErrorCode::PermissionDenied,
                        "the credential plugin {} of the kubeconfig is not installed or not in "
                        "PATH{}",
                        plugin.command, hint(plugin));
        }
        return fail(ErrorCode::PermissionDenied,
                    "the credential plugin failed: {}; run it by hand "
                    "to see what it waits for",
                    error.message);
    }
    if (!ran->ok()) {
        const std::string how = ran->signal != 0
                                    ? fmt::format("was ended by signal {}", ran->signal)
                                    : fmt::format("ended with status {}", ran->exit_status);
        return fail(ErrorCode::PermissionDenied, "the credential plugin {} {}; {}{}",
                    plugin.command, how, first_words(ran->errors),
                    ran->exit_status == 127 ? hint(plugin) : "");
    }
    Result<PluginCredential> credential = parse_exec_credential(ran->output, plugin.api_version);
    if (credential) return credential;
    return fail(ErrorCode::PermissionDenied, "the credential plugin {} is of no use: {}",
                plugin.command, credential.error().message);
}

}  // namespace holdfast::kube
