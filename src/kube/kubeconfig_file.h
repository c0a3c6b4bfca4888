#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace holdfast::kube {

/// The named entries of one or several kubeconfig files, every scalar as text. The first file that
/// has an entry, or a current context, wins.
class Kubeconfig {
public:
    struct Context {
        std::string cluster;
        std::string user;
        std::string ns;
    };

    Kubeconfig();
    ~Kubeconfig();
    Kubeconfig(Kubeconfig&&) noexcept;
    Kubeconfig& operator=(Kubeconfig&&) noexcept;

    /// Adds what the file at `path` with that text has and no earlier file had. InvalidArgument,
    /// with the line where there is one, for text that is no kubeconfig.
    Result<void> merge(std::string_view path, std::string_view text);

    const std::string& current_context() const { return current_context_; }
    /// NotFound, naming those that exist.
    Result<Context> context(const std::string& name) const;
    Result<Json> cluster(const std::string& name) const;
    Result<Json> user(const std::string& name) const;
    std::vector<std::string> context_names() const;
    /// The cluster's extension `client.authentication.k8s.io/exec`, with typed scalars.
    Json exec_config(const std::string& cluster) const;

    /// The file names for messages.
    const std::string& source() const { return source_; }

private:
    Result<void> merge_entries(const Json& root, std::string_view list, std::string_view member,
                               std::string_view path, std::map<std::string, Json>& to) const;

    std::string source_;
    std::string current_context_;
    std::map<std::string, Json> contexts_;
    std::map<std::string, Json> clusters_;
    std::map<std::string, Json> users_;
    std::map<std::string, Json> exec_configs_;
};

}  // namespace holdfast::kube
