#include "engine/target.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "kube/object_view.h"
#include "kube/resource_type.h"

namespace holdfast::engine {

namespace {

constexpr std::array<std::string_view, 4> kSystemNamespaces = {"default", "kube-system",
                                                               "kube-public", "kube-node-lease"};
constexpr std::int64_t kEnough = 20;

struct WatchedKind {
    std::string_view group;
    std::string_view kind;
    std::string_view own;  ///< the one object of it that Kubernetes makes in `default`
};

constexpr std::array kWatched = {
    WatchedKind{.group = "", .kind = "Pod", .own = ""},
    WatchedKind{.group = "", .kind = "Service", .own = "kubernetes"},
    WatchedKind{.group = "", .kind = "ConfigMap", .own = "kube-root-ca.crt"},
    WatchedKind{.group = "", .kind = "Secret", .own = ""},
    WatchedKind{.group = "", .kind = "PersistentVolumeClaim", .own = ""},
    WatchedKind{.group = "", .kind = "ServiceAccount", .own = "default"},
    WatchedKind{.group = "apps", .kind = "Deployment", .own = ""},
    WatchedKind{.group = "apps", .kind = "StatefulSet", .own = ""},
    WatchedKind{.group = "apps", .kind = "DaemonSet", .own = ""},
    WatchedKind{.group = "batch", .kind = "Job", .own = ""},
    WatchedKind{.group = "batch", .kind = "CronJob", .own = ""},
};

bool is_system_namespace(std::string_view name) {
    return std::ranges::find(kSystemNamespaces, name) != kSystemNamespaces.end();
}

}  // namespace

Result<bool> holds_only_system_objects(kube::Client& client, const kube::Discovery& discovery,
                                       std::stop_token stop) {
    const kube::ResourceType* crds =
        discovery.find("apiextensions.k8s.io", "CustomResourceDefinition");
    if (crds != nullptr && !TRY(client.list(*crds, {.limit = 1}, stop)).items.empty()) return false;
    const kube::ResourceType* namespaces = discovery.find("", "Namespace");
    if (namespaces == nullptr) return false;
    kube::ListPage all = TRY(client.list(*namespaces, {.limit = kEnough}, stop));
    for (const kube::ObjectView& ns : all.items)
        if (!is_system_namespace(ns.name)) return false;
    for (const WatchedKind& watched : kWatched) {
        const kube::ResourceType* type = discovery.find(watched.group, watched.kind);
        if (type == nullptr) continue;
        kube::ListPage page = TRY(client.list(*type, {.ns = "default", .limit = kEnough}, stop));
        for (const kube::ObjectView& object : page.items)
            if (object.name != watched.own) return false;
    }
    return true;
}

}  // namespace holdfast::engine
