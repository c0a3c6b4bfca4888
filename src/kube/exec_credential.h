#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "kube/kubeconfig.h"

namespace holdfast::kube {

/// What a credential plugin answered.
struct PluginCredential {
    std::string token;
    std::string certificate_pem;
    std::string key_pem;
    std::optional<base::Time> expires_at;
};

/// Runs the plugin once. Every error is one sentence that names the plugin, its own first words
/// on standard error and, where it is missing, the hint how to install it; never its output.
Result<PluginCredential> run_plugin(const ExecPlugin& plugin, base::Clock& clock,
                                    base::Millis timeout, std::stop_token stop);

/// The `ExecCredential` that a plugin prints; InvalidArgument for anything else.
Result<PluginCredential> parse_exec_credential(std::string_view text, std::string_view api_version);

/// The value of KUBERNETES_EXEC_INFO.
std::string exec_info(const ExecPlugin& plugin);

}  // namespace holdfast::kube
