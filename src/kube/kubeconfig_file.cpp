#include "kube/kubeconfig_file.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "kube/yaml.h"

namespace holdfast::kube {
namespace {

constexpr std::string_view kExecExtension = "client.authentication.k8s.io/exec";

std::vector<std::string> names_of(const std::map<std::string, Json>& entries) {
    std::vector<std::string> names;
    for (const auto& [name, entry] : entries) names.push_back(name);
    return names;
}

/// The entry of that name, or an error that names those that exist.
Result<Json> entry_of(const std::map<std::string, Json>& entries, const std::string& name,
                      std::string_view noun, const std::string& source) {
    if (const auto entry = entries.find(name); entry != entries.end()) return entry->second;
    const std::vector<std::string> names = names_of(entries);
    if (names.empty()) {
        return fail(ErrorCode::NotFound, "{} has no {} '{}' and no other either", source, noun,
                    name);
    }
    constexpr std::size_t kMaxShown = 20;
    std::vector<std::string> shown(
        names.begin(),
        names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kMaxShown)));
    if (names.size() > kMaxShown) shown.emplace_back("...");
    return fail(ErrorCode::NotFound, "{} has no {} '{}'; there are: {}", source, noun, name,
                base::join(shown, ", "));
}

/// Files are named relative to the kubeconfig that names them.
void resolve_path(Json& entry, const char* key, const std::filesystem::path& directory) {
    const auto member = entry.find(key);
    if (member == entry.end() || !member->is_string()) return;
    const auto& path = member->get_ref<const std::string&>();
    if (path.empty() || path.front() == '/') return;
    *member = (directory / path).lexically_normal().string();
}

void resolve_paths(Json& entry, const std::filesystem::path& directory) {
    constexpr std::array kFiles = {"certificate-authority", "client-certificate", "client-key",
                                   "tokenFile"};
    for (const char* key : kFiles) resolve_path(entry, key, directory);
    const auto exec = entry.find("exec");
    if (exec == entry.end() || !exec->is_object()) return;
    // A command without a slash is looked up in PATH.
    if (base::text_at(*exec, "/command").contains('/')) resolve_path(*exec, "command", directory);
}

std::map<std::string, Json> exec_configs_of(const Json& root) {
    std::map<std::string, Json> configs;
    const Json* clusters = base::find_json(root, "/clusters");
    if (clusters == nullptr || !clusters->is_array()) return configs;
    for (const Json& entry : *clusters) {
        const Json* extensions = base::find_json(entry, "/cluster/extensions");
        if (extensions == nullptr || !extensions->is_array()) continue;
        for (const Json& extension : *extensions) {
            if (base::text_at(extension, "/name") != kExecExtension) continue;
            if (const Json* config = base::find_json(extension, "/extension")) {
                configs.emplace(base::text_at(entry, "/name"), *config);
            }
        }
    }
    return configs;
}

}  // namespace

Kubeconfig::Kubeconfig() = default;
Kubeconfig::~Kubeconfig() = default;
Kubeconfig::Kubeconfig(Kubeconfig&&) noexcept = default;
Kubeconfig& Kubeconfig::operator=(Kubeconfig&&) noexcept = default;

Result<void> Kubeconfig::merge(std::string_view path, std::string_view text) {
    const Json root = TRY(yaml_to_json(text, YamlScalars::Text), "the kubeconfig {}", path);
    if (!root.is_object() && !root.is_null()) {
        return fail(ErrorCode::InvalidArgument, "the kubeconfig {} is no mapping of names", path);
    }
    if (const std::string kind = base::text_at(root, "/kind", "Config"); kind != "Config") {
        return fail(ErrorCode::InvalidArgument, "{} is no kubeconfig but a {}", path, kind);
    }
    if (!source_.empty()) source_ += ':';
    source_ += path;
    if (current_context_.empty()) current_context_ = base::text_at(root, "/current-context");
    TRY(merge_entries(root, "contexts", "context", path, contexts_));
    TRY(merge_entries(root, "clusters", "cluster", path, clusters_));
    TRY(merge_entries(root, "users", "user", path, users_));
    if (text.find(kExecExtension) != std::string_view::npos) {
        const Json types = TRY(yaml_to_json(text, YamlScalars::Typed), "the kubeconfig {}", path);
        exec_configs_.merge(exec_configs_of(types));
    }
    return {};
}

Result<void> Kubeconfig::merge_entries(const Json& root, std::string_view list,
                                       std::string_view member, std::string_view path,
                                       std::map<std::string, Json>& to) const {
    const Json* entries = base::find_json(root, fmt::format("/{}", list));
    if (entries == nullptr || entries->is_null()) return {};
    if (!entries->is_array()) {
        return fail(ErrorCode::InvalidArgument, "the kubeconfig {} has {} that are no list", path,
                    list);
    }
    const std::filesystem::path directory = std::filesystem::path(path).parent_path();
    for (const Json& entry : *entries) {
        const std::string name = base::text_at(entry, "/name");
        const Json* content = base::find_json(entry, fmt::format("/{}", member));
        if (name.empty()) {
            return fail(ErrorCode::InvalidArgument, "the kubeconfig {} has a {} without a name",
                        path, member);
        }
        Json kept = content != nullptr && content->is_object() ? *content : Json::object();
        resolve_paths(kept, directory);
        to.emplace(name, std::move(kept));
    }
    return {};
}

Result<Kubeconfig::Context> Kubeconfig::context(const std::string& name) const {
    const Json entry = TRY(entry_of(contexts_, name, "context", source_));
    return Context{.cluster = base::text_at(entry, "/cluster"),
                   .user = base::text_at(entry, "/user"),
                   .ns = base::text_at(entry, "/namespace")};
}

Result<Json> Kubeconfig::cluster(const std::string& name) const {
    return entry_of(clusters_, name, "cluster", source_);
}

Result<Json> Kubeconfig::user(const std::string& name) const {
    return entry_of(users_, name, "user", source_);
}

std::vector<std::string> Kubeconfig::context_names() const {
    return names_of(contexts_);
}

Json Kubeconfig::exec_config(const std::string& cluster) const {
    const auto config = exec_configs_.find(cluster);
    return config == exec_configs_.end() ? Json(nullptr) : config->second;
}

}  // namespace holdfast::kube
