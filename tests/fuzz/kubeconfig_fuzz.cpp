// Kubeconfigs, the YAML below them and what credential plugins print.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "kube/exec_credential.h"
#include "kube/kubeconfig_file.h"
#include "kube/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace holdfast;
    constexpr std::size_t kMaxBytes = 64u << 10u;
    if (size > kMaxBytes) return 0;
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    (void)kube::yaml_to_json(text, kube::YamlScalars::Typed, {.nodes = 10'000});
    (void)kube::parse_exec_credential(text, "client.authentication.k8s.io/v1");
    kube::Kubeconfig config;
    if (!config.merge("/fuzz/config", text)) return 0;
    for (const std::string& name : config.context_names()) {
        const Result<kube::Kubeconfig::Context> context = config.context(name);
        if (!context) continue;
        (void)config.cluster(context->cluster);
        (void)config.user(context->user);
        (void)config.exec_config(context->cluster);
    }
    return 0;
}
