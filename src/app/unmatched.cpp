#include "app/unmatched.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/text.h"
#include "engine/object_row.h"
#include "kube/kind_selector.h"
#include "kube/resource_type.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kListedNamespaces = 10;

std::string meant(const std::string& word, std::span<const std::string> namespaces) {
    std::string_view nearest = base::nearest(word, namespaces);
    if (!nearest.empty()) return fmt::format(". Did you mean '{}'?", nearest);
    std::size_t shown = std::min(namespaces.size(), kListedNamespaces);
    if (shown == 0) return "; it has none";
    return fmt::format(
        "; it has {}{}", base::join(namespaces.first(shown), ", "),
        shown < namespaces.size() ? fmt::format(" and {} more", namespaces.size() - shown) : "");
}

/// The namespaces of the point, from its Namespace objects or, `thoroughly`, from all objects: who
/// may not read namespaces has a point without them.
Result<std::vector<std::string>> namespaces_of(const engine::PointSource& point, bool thoroughly) {
    std::set<std::string> names;
    auto visit = [&](const engine::PointObject& object) -> Result<void> {
        bool is_namespace = object.key.group.empty() && object.key.kind == "Namespace";
        const std::string& name = is_namespace ? object.key.name : object.key.ns;
        if (!name.empty()) names.insert(name);
        return {};
    };
    TRY(point.each_row(thoroughly ? "" : engine::encode_key_prefix("", "Namespace"), visit),
        "reading the point's namespaces");
    return std::vector<std::string>(names.begin(), names.end());
}

/// Whether the point knows a kind of the restore order: "group/version/kind", "version/kind" or
/// just a kind.
bool knows_kind(const kube::Discovery& captured, const std::string& text) {
    bool core = std::ranges::count(text, '/') == 1;
    std::string kind = core ? text.substr(text.find('/') + 1) : text;
    auto types = kube::resolve_kind(kind, captured);
    return types && std::ranges::any_of(*types, [&](const kube::ResourceType& type) {
               return !core || type.group.empty();
           });
}

}  // namespace

std::vector<std::string> unmatched_namespaces(const engine::RestoreOptions& options,
                                              std::span<const std::string> namespaces) {
    std::vector<std::string> sentences;
    auto check = [&](std::string_view option, const std::string& glob, std::string_view rest) {
        if (std::ranges::any_of(namespaces,
                                [&](const auto& ns) { return base::glob_matches(glob, ns); }))
            return;
        sentences.push_back(fmt::format("{} {}{} matches no namespace of the point{}", option, glob,
                                        rest, meant(glob, namespaces)));
    };
    for (const std::string& glob : options.selection.namespaces) check("-n", glob, "");
    for (const std::string& glob : options.selection.excluded_namespaces)
        check("--exclude-namespace", glob, "");
    for (const auto& [from, to] : options.mappings.namespaces)
        check("--map-namespace", from, "=" + to);
    return sentences;
}

Result<std::vector<std::string>> unmatched_words(const engine::PointSource& point,
                                                 const engine::RestoreOptions& options) {
    auto sentences = unmatched_namespaces(options, TRY(namespaces_of(point, false)));
    if (!sentences.empty())
        sentences = unmatched_namespaces(options, TRY(namespaces_of(point, true)));
    const kube::Discovery captured = point.manifest().discovery();
    for (const std::string& kind : options.order)
        if (!knows_kind(captured, kind))
            sentences.push_back(
                fmt::format("--order names '{}', and the point has no such kind", kind));
    return sentences;
}

}  // namespace holdfast::app
