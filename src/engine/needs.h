#pragma once

#include <functional>
#include <set>
#include <string>

#include "base/guarded.h"
#include "kube/object_view.h"
#include "kube/resource_type.h"

namespace holdfast::engine {

/// What the objects of chosen namespaces need from outside: gathered while those are read, asked
/// while the objects outside namespaces are read. Any method from any thread.
class Needs {
public:
    /// Remembers what an object inside a chosen namespace refers to.
    void observe(const kube::ResourceType& type, const kube::ObjectView& object);

    /// Remembers a binding that names a ServiceAccount of a chosen namespace, and its role. Call
    /// for every ClusterRoleBinding before asking about ClusterRoles.
    void observe_cluster_role_binding(const kube::ObjectView& object);

    /// Whether this object outside namespaces is needed: a Namespace, CRD, ClusterRole,
    /// ClusterRoleBinding, PersistentVolume or class that was referred to.
    bool contains(const kube::ResourceType& type, const kube::ObjectView& object) const;

    /// Whether objects of this kind can be needed at all.
    static bool concerns(const kube::ResourceType& type);

private:
    struct Names {
        std::set<std::string, std::less<>> namespaces;
        std::set<std::string, std::less<>> crds;
        std::set<std::string, std::less<>> cluster_roles;
        std::set<std::string, std::less<>> cluster_role_bindings;
        std::set<std::string, std::less<>> volumes;
        std::set<std::string, std::less<>> classes;  ///< "<member>\0<name>"
    };
    mutable base::Guarded<Names> names_;
};

}  // namespace holdfast::engine
