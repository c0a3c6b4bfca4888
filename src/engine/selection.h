#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "kube/label_selector.h"
#include "kube/resource_type.h"

namespace holdfast::engine {

/// What to take of the objects outside namespaces.
enum class ClusterScoped {
    /// Everything when no namespace is chosen; else what the chosen namespaces need.
    Auto,
    All,
    /// Nothing but the Namespace objects of the chosen namespaces.
    None,
};

/// The words of a person who chooses objects; empty lists and texts choose everything.
struct SelectionSpec {
    std::vector<std::string> namespaces;  ///< globs
    std::vector<std::string> excluded_namespaces;
    std::vector<std::string> kinds;  ///< "deployments", "deploy", "apps/v1/Deployment", ...
    std::vector<std::string> excluded_kinds;
    std::string selector;  ///< a Kubernetes label selector
    std::string excluded_selector;
    ClusterScoped cluster_scoped = ClusterScoped::Auto;

    bool operator==(const SelectionSpec&) const = default;
};

/// Whether the text can match others than itself.
bool is_glob(std::string_view text);

Json to_json(const SelectionSpec& spec);
/// InvalidArgument, with the cure, for more words than the summary of a point can hold.
Result<void> check_length(const SelectionSpec& spec);
Result<SelectionSpec> selection_spec_from_json(const Json& json);

/// "auto", "all" or "none"; InvalidArgument for anything else.
Result<ClusterScoped> parse_cluster_scoped(std::string_view text);
std::string_view name_of(ClusterScoped scope);

/// A SelectionSpec understood against the kinds that exist. Immutable; any thread may ask.
class Selection {
public:
    /// InvalidArgument for a selector that does not parse or a kind that nothing serves.
    static Result<Selection> create(const SelectionSpec& spec, const kube::Discovery& discovery);

    bool includes_type(std::string_view group, std::string_view kind) const;
    bool includes_namespace(std::string_view name) const;
    /// `labels` is the raw JSON of metadata.labels, or empty.
    bool includes_labels(std::string_view labels) const;
    /// Whether a namespace was chosen or excluded.
    bool narrows_namespaces() const;
    /// Whether objects outside namespaces are limited to what the chosen namespaces need.
    bool only_needed_cluster_objects() const;
    bool without_cluster_objects() const { return spec_.cluster_scoped == ClusterScoped::None; }
    bool selects_labels() const { return !selector_.empty() || excluded_.has_value(); }
    /// The chosen namespaces when each is a plain name, so that no other needs to be read.
    std::optional<std::vector<std::string>> plain_namespaces() const;
    const SelectionSpec& spec() const { return spec_; }

private:
    struct GroupKind {
        std::string group;
        std::string kind;
    };
    static Result<std::vector<GroupKind>> resolve(std::span<const std::string> kinds,
                                                  const kube::Discovery& discovery);
    static bool contains(std::span<const GroupKind> kinds, std::string_view group,
                         std::string_view kind);

    SelectionSpec spec_;
    std::vector<GroupKind> kinds_;
    std::vector<GroupKind> excluded_kinds_;
    kube::LabelSelector selector_;
    std::optional<kube::LabelSelector> excluded_;
};

}  // namespace holdfast::engine
