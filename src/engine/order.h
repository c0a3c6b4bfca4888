#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kube/resource_type.h"

namespace holdfast::engine {

/// The step of a restore in which a kind is sent; all of one wave has an answer before the next
/// begins. Definitions come first, then namespaces, then what others refer to, workloads, quotas
/// after all that they count, and whatever can refuse other objects last.
using Wave = std::uint32_t;

/// The wave of definitions and that of namespaces: nothing else can be created without them, so a
/// caller's own order comes after these two.
inline constexpr Wave kDefinitionWave = 0;
inline constexpr Wave kNamespaceWave = 1;

/// Whether an API group is one that Kubernetes itself serves.
bool is_builtin_group(std::string_view group);

/// The wave of a kind in the default order.
Wave default_wave(std::string_view group, std::string_view kind);

/// Reads a list of kinds, one per line or as a JSON or YAML list: "group/version/kind",
/// "version/kind" or just a kind; plural or singular, any case. `#` begins a comment.
/// InvalidArgument for an entry that has another form, or for too many.
Result<std::vector<std::string>> parse_restore_order(std::string_view text);

/// The default order after the caller's own.
class RestoreOrder {
public:
    /// Each entry of `kinds` as parse_restore_order gives them.
    static Result<RestoreOrder> create(const std::vector<std::string>& kinds);

    /// `type` names the kind in all its forms, as served by the target or known from the point.
    Wave wave(const kube::ResourceType& type) const;
    /// The first wave of kinds that can refuse other objects, unless the caller moved them.
    Wave guards() const;

private:
    struct Entry {
        std::optional<std::string> group;
        std::string version;  ///< Empty: any.
        std::string kind;     ///< In lower case: kind, plural, singular or short name.
    };
    static bool names(const Entry& entry, const kube::ResourceType& type);

    std::vector<Entry> own_;
};

}  // namespace holdfast::engine
