#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace holdfast::engine::rules {

/// One entry of metadata.ownerReferences. The uid is that of the old owner and worth nothing.
struct OwnerReference {
    std::string api_version;
    std::string kind;
    std::string name;
    bool controller = false;

    std::string group() const;
    bool operator==(const OwnerReference&) const = default;
};

std::vector<OwnerReference> owner_references(const Json& object);

/// Whether Kubernetes' own controllers make such children by themselves, so that restoring the
/// owner brings them back: pods of a ReplicaSet, a ReplicaSet of a Deployment, and so on.
bool is_generated_child(std::string_view child_group, std::string_view child_kind,
                        std::string_view owner_group, std::string_view owner_kind);

/// Whether an object with that namespace (empty: cluster-scoped) may have an owner of that scope.
/// A cluster-scoped object must not depend on a namespaced one; otherwise both share a namespace.
bool owner_scope_is_valid(std::string_view dependent_namespace, bool owner_namespaced);

/// What is known about an owner when its dependent is written.
struct OwnerAnswer {
    enum class State {
        Found,    ///< It exists with `uid`.
        Later,    ///< This restore creates it later; the reference is set then.
        Missing,  ///< It neither exists nor will.
    };
    State state = State::Missing;
    std::string uid;
};

struct OwnerChanges {
    std::vector<std::string> dropped;  ///< "Kind name" of owners that are missing.
    bool later = false;                ///< At least one reference has to be set later.
};

/// Gives every reference the uid that its owner has now and drops the others: an object that names
/// an owner which does not exist would be collected as garbage.
OwnerChanges rewrite_owners(Json& object,
                            const std::function<OwnerAnswer(const OwnerReference&)>& resolve);

/// Drops blockOwnerDeletion from every reference, for a user who may not set it.
void drop_block_owner_deletion(Json& object);

}  // namespace holdfast::engine::rules
