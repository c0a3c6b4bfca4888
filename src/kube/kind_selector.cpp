#include "kube/kind_selector.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "base/text.h"

namespace holdfast::kube {

namespace {

/// A kind as written: the name always, the rest where it was given.
struct Written {
    std::string name;
    std::optional<std::string> group;
    std::optional<std::string> version;
};

bool is_version(std::string_view text) {
    return text.size() >= 2 && text[0] == 'v' && text[1] >= '0' && text[1] <= '9';
}

/// The ways to read a text: "a/b/c" has one, "certificates.cert-manager.io" a name with a group.
Written parse(std::string_view text) {
    std::string lower = base::to_lower(base::trim(text));
    auto parts = base::split(lower, '/');
    if (parts.size() == 3)
        return {.name = std::string(parts[2]),
                .group = std::string(parts[0]),
                .version = std::string(parts[1])};
    if (parts.size() == 2 && is_version(parts[0]))
        return {.name = std::string(parts[1]), .group = "", .version = std::string(parts[0])};
    if (parts.size() == 2) return {.name = std::string(parts[1]), .group = std::string(parts[0])};
    std::size_t dot = lower.find('.');
    if (dot == std::string::npos) return {.name = lower};
    return {.name = lower.substr(0, dot), .group = lower.substr(dot + 1)};
}

bool has_name(const ResourceType& type, const std::string& name) {
    return base::to_lower(type.kind) == name || base::to_lower(type.plural) == name ||
           base::to_lower(type.singular) == name ||
           std::ranges::any_of(type.short_names, [&](const auto& short_name) {
               return base::to_lower(short_name) == name;
           });
}

bool serves(const ResourceType& type, const std::string& version) {
    return type.version == version ||
           std::ranges::find(type.other_versions, version) != type.other_versions.end();
}

bool matches(const ResourceType& type, const Written& written) {
    return has_name(type, written.name) && (!written.group || type.group == *written.group) &&
           (!written.version || serves(type, *written.version));
}

std::string suggestion(const Written& written, const Discovery& discovery) {
    std::set<std::string> names;
    for (const ResourceType& type : discovery.types) {
        names.insert(type.plural);
        names.insert(base::to_lower(type.kind));
    }
    std::vector<std::string> candidates(names.begin(), names.end());
    std::string_view meant = base::nearest(written.name, candidates);
    return meant.empty() ? "" : fmt::format(". Did you mean '{}'?", meant);
}

}  // namespace

Result<std::vector<ResourceType>> resolve_kind(std::string_view text, const Discovery& discovery) {
    Written written = parse(text);
    std::vector<ResourceType> found;
    for (const ResourceType& type : discovery.types)
        if (matches(type, written)) found.push_back(type);
    if (!found.empty()) return found;
    return fail(ErrorCode::InvalidArgument, "no kind is called '{}'{}", text,
                suggestion(written, discovery));
}

}  // namespace holdfast::kube
