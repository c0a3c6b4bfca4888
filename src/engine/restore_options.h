#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "engine/selection.h"

namespace holdfast::engine {

/// What happens to an object that exists in the target and differs from the point's.
enum class ExistingPolicy {
    Skip,      ///< It is left alone and reported.
    Update,    ///< It is replaced in place; what the server owns or allocated stays.
    Recreate,  ///< As Update; deleted and created anew when an immutable field forbids that.
};

/// Old name to new name.
using NameMap = std::map<std::string, std::string>;

struct Mappings {
    NameMap namespaces;
    NameMap storage_classes;
    NameMap images;  ///< An image exactly, or a prefix that ends at `/`, `:` or `@`.

    bool empty() const { return namespaces.empty() && storage_classes.empty() && images.empty(); }
};

/// What to bring back of a point, and how. Kinds are written as a person would: `deployments`,
/// `Deployment`, `deploy`, `deployments.apps`, `apps/v1/Deployment`.
struct RestoreOptions {
    SelectionSpec selection;  ///< Over the names in the point.
    Mappings mappings;
    std::string transforms;          ///< A document in Velero's resource-modifier format, or empty.
    std::vector<std::string> order;  ///< See parse_restore_order.

    ExistingPolicy existing = ExistingPolicy::Skip;
    std::map<std::string, ExistingPolicy> existing_by_kind;
    std::vector<std::string> restore_status;  ///< Kinds whose status is written as well.
    bool drop_last_applied = false;  ///< Drops kubectl's last-applied-configuration annotation.
    bool drop_node_ports = false;    ///< Lets the target allocate node ports anew.
};

/// For the record of a restore, from which it can be resumed.
Json to_json(const RestoreOptions& options);
/// InvalidArgument when it is not what to_json wrote.
Result<RestoreOptions> restore_options_from_json(const Json& json);

/// "skip", "update", "recreate"; InvalidArgument for anything else.
Result<ExistingPolicy> parse_existing_policy(std::string_view text);
std::string_view name_of(ExistingPolicy policy);

}  // namespace holdfast::engine
