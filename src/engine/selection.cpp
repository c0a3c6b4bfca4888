#include "engine/selection.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "kube/kind_selector.h"
#include "kube/object_view.h"

namespace holdfast::engine {

namespace {

/// As JSON. A point's summary has 64 KiB, and other members of it need some.
constexpr std::size_t kMaxSelectionBytes = 48u << 10;

bool any_glob_matches(std::span<const std::string> globs, std::string_view text) {
    return std::ranges::any_of(globs,
                               [&](const auto& glob) { return base::glob_matches(glob, text); });
}

Result<std::vector<std::string>> texts_at(const Json& json, std::string_view pointer) {
    std::vector<std::string> texts;
    const Json* array = base::find_json(json, pointer);
    if (array == nullptr) return texts;
    if (!array->is_array()) return fail(ErrorCode::Corrupted, "{} is no list", pointer);
    for (const Json& item : *array) {
        if (!item.is_string()) return fail(ErrorCode::Corrupted, "{} holds a non-string", pointer);
        texts.push_back(item.get<std::string>());
    }
    return texts;
}

}  // namespace

Result<ClusterScoped> parse_cluster_scoped(std::string_view text) {
    if (text == "auto") return ClusterScoped::Auto;
    if (text == "all") return ClusterScoped::All;
    if (text == "none") return ClusterScoped::None;
    return fail(ErrorCode::InvalidArgument, "'{}' is none of auto, all and none", text);
}

std::string_view name_of(ClusterScoped scope) {
    switch (scope) {
        case ClusterScoped::Auto:
            return "auto";
        case ClusterScoped::All:
            return "all";
        case ClusterScoped::None:
            return "none";
    }
    return "auto";
}

bool is_glob(std::string_view text) {
    return text.find_first_of("*?") != std::string_view::npos;
}

Json to_json(const SelectionSpec& spec) {
    return {{"namespaces", spec.namespaces},
            {"excludedNamespaces", spec.excluded_namespaces},
            {"kinds", spec.kinds},
            {"excludedKinds", spec.excluded_kinds},
            {"selector", spec.selector},
            {"excludedSelector", spec.excluded_selector},
            {"clusterScoped", name_of(spec.cluster_scoped)}};
}

Result<void> check_length(const SelectionSpec& spec) {
    std::size_t bytes = base::dump_json(to_json(spec)).size();
    if (bytes <= kMaxSelectionBytes) return {};
    return fail(ErrorCode::InvalidArgument,
                "the selection of {} namespaces and {} kinds has {} bytes, more than the {} that a "
                "point keeps of it; choose with globs such as 'team-*', by exclusion or by labels",
                spec.namespaces.size() + spec.excluded_namespaces.size(),
                spec.kinds.size() + spec.excluded_kinds.size(), bytes, kMaxSelectionBytes);
}

Result<SelectionSpec> selection_spec_from_json(const Json& json) {
    SelectionSpec spec;
    spec.namespaces = TRY(texts_at(json, "/namespaces"));
    spec.excluded_namespaces = TRY(texts_at(json, "/excludedNamespaces"));
    spec.kinds = TRY(texts_at(json, "/kinds"));
    spec.excluded_kinds = TRY(texts_at(json, "/excludedKinds"));
    spec.selector = base::text_at(json, "/selector");
    spec.excluded_selector = base::text_at(json, "/excludedSelector");
    spec.cluster_scoped = TRY(parse_cluster_scoped(base::text_at(json, "/clusterScoped", "auto")));
    return spec;
}

Result<Selection> Selection::create(const SelectionSpec& spec, const kube::Discovery& discovery) {
    Selection selection;
    selection.spec_ = spec;
    selection.kinds_ = TRY(resolve(spec.kinds, discovery));
    selection.excluded_kinds_ = TRY(resolve(spec.excluded_kinds, discovery));
    selection.selector_ = TRY(kube::LabelSelector::parse(spec.selector), "the label selector");
    if (!spec.excluded_selector.empty())
        selection.excluded_ =
            TRY(kube::LabelSelector::parse(spec.excluded_selector), "the excluding label selector");
    return selection;
}

Result<std::vector<Selection::GroupKind>> Selection::resolve(std::span<const std::string> kinds,
                                                             const kube::Discovery& discovery) {
    std::vector<GroupKind> resolved;
    for (const std::string& text : kinds) {
        for (const kube::ResourceType& type : TRY(kube::resolve_kind(text, discovery)))
            resolved.push_back({.group = type.group, .kind = type.kind});
    }
    return resolved;
}

bool Selection::contains(std::span<const GroupKind> kinds, std::string_view group,
                         std::string_view kind) {
    return std::ranges::any_of(
        kinds, [&](const GroupKind& one) { return one.group == group && one.kind == kind; });
}

bool Selection::includes_type(std::string_view group, std::string_view kind) const {
    if (contains(excluded_kinds_, group, kind)) return false;
    return kinds_.empty() || contains(kinds_, group, kind);
}

bool Selection::includes_namespace(std::string_view name) const {
    if (any_glob_matches(spec_.excluded_namespaces, name)) return false;
    return spec_.namespaces.empty() || any_glob_matches(spec_.namespaces, name);
}

bool Selection::includes_labels(std::string_view labels) const {
    if (!selects_labels()) return true;
    kube::Labels values = kube::read_labels(labels);
    return selector_.matches(values) && !(excluded_ && excluded_->matches(values));
}

bool Selection::narrows_namespaces() const {
    return !spec_.namespaces.empty() || !spec_.excluded_namespaces.empty();
}

bool Selection::only_needed_cluster_objects() const {
    return spec_.cluster_scoped == ClusterScoped::Auto && !spec_.namespaces.empty();
}

std::optional<std::vector<std::string>> Selection::plain_namespaces() const {
    if (spec_.namespaces.empty()) return std::nullopt;
    std::vector<std::string> names;
    for (const std::string& glob : spec_.namespaces) {
        if (is_glob(glob)) return std::nullopt;
        if (includes_namespace(glob)) names.push_back(glob);
    }
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    return names;
}

}  // namespace holdfast::engine
