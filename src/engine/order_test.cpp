#include "engine/order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>

namespace holdfast::engine {
namespace {

using testing::ElementsAre;

kube::ResourceType type(std::string group, std::string version, std::string kind,
                        std::string plural) {
    kube::ResourceType made;
    made.group = std::move(group);
    made.version = std::move(version);
    made.kind = std::move(kind);
    made.plural = std::move(plural);
    return made;
}

void expect_ascending(std::initializer_list<std::pair<const char*, const char*>> kinds) {
    const std::pair<const char*, const char*>* before = nullptr;
    for (const auto& kind : kinds) {
        if (before != nullptr) {
            EXPECT_LT(default_wave(before->first, before->second),
                      default_wave(kind.first, kind.second))
                << before->second << " before " << kind.second;
        }
        before = &kind;
    }
}

TEST(RestoreOrder, FollowsWhatRefersToWhat) {
    expect_ascending({{"apiextensions.k8s.io", "CustomResourceDefinition"},
                      {"", "Namespace"},
                      {"storage.k8s.io", "StorageClass"},
                      {"", "PersistentVolume"},
                      {"", "PersistentVolumeClaim"},
                      {"", "Secret"},
                      {"", "ConfigMap"},
                      {"", "ServiceAccount"},
                      {"rbac.authorization.k8s.io", "Role"},
                      {"rbac.authorization.k8s.io", "RoleBinding"},
                      {"", "LimitRange"},
                      {"example.com", "Widget"},
                      {"", "Service"},
                      {"", "Pod"},
                      {"apps", "ReplicaSet"},
                      {"apps", "Deployment"},
                      {"networking.k8s.io", "Ingress"},
                      {"", "ResourceQuota"},
                      {"admissionregistration.k8s.io", "ValidatingAdmissionPolicy"},
                      {"admissionregistration.k8s.io", "MutatingWebhookConfiguration"},
                      {"apiregistration.k8s.io", "APIService"}});
    expect_ascending({{"flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"},
                      {"flowcontrol.apiserver.k8s.io", "FlowSchema"}});
    expect_ascending({{"snapshot.storage.k8s.io", "VolumeSnapshotContent"},
                      {"snapshot.storage.k8s.io", "VolumeSnapshot"},
                      {"", "PersistentVolumeClaim"},
                      {"apps", "StatefulSet"}});
}

TEST(RestoreOrder, PutsQuotasAfterEverythingThatTheyCount) {
    for (auto [group, kind] :
         std::initializer_list<std::pair<const char*, const char*>>{{"", "Pod"},
                                                                    {"", "Service"},
                                                                    {"", "Secret"},
                                                                    {"example.com", "Widget"},
                                                                    {"batch", "CronJob"},
                                                                    {"unknown.k8s.io", "Thing"}})
        EXPECT_LT(default_wave(group, kind), default_wave("", "ResourceQuota")) << kind;
}

TEST(RestoreOrder, TellsBuiltInGroupsFromDefinedOnes) {
    EXPECT_TRUE(is_builtin_group(""));
    EXPECT_TRUE(is_builtin_group("networking.k8s.io"));
    EXPECT_FALSE(is_builtin_group("gateway.networking.k8s.io"));
    EXPECT_FALSE(is_builtin_group("cluster.x-k8s.io"));
    EXPECT_FALSE(is_builtin_group("example.com"));
}

TEST(RestoreOrder, PutsTheCallersKindsFirst) {
    auto order = RestoreOrder::create({"v1/pods", "example.com/v1/widgets", "Deployment"});
    ASSERT_TRUE(order);
    Wave pods = order->wave(type("", "v1", "Pod", "pods"));
    Wave widgets = order->wave(type("example.com", "v1", "Widget", "widgets"));
    Wave deployments = order->wave(type("apps", "v1", "Deployment", "deployments"));
    Wave secrets = order->wave(type("", "v1", "Secret", "secrets"));
    Wave namespaces = order->wave(type("", "v1", "Namespace", "namespaces"));
    EXPECT_LT(namespaces, pods);
    EXPECT_LT(pods, widgets);
    EXPECT_LT(widgets, deployments);
    EXPECT_LT(deployments, secrets);
    EXPECT_EQ(order->wave(type("other.org", "v1", "Pod", "pods")),
              default_wave("other.org", "Pod") + 3);
}

TEST(RestoreOrder, ReadsListsAndLines) {
    EXPECT_THAT(*parse_restore_order(R"(["v1/persistentvolumes","customresource/v2/custom"])"),
                ElementsAre("v1/persistentvolumes", "customresource/v2/custom"));
    EXPECT_THAT(*parse_restore_order("- v1/pods\n- apps/v1/deployments\n"),
                ElementsAre("v1/pods", "apps/v1/deployments"));
    EXPECT_THAT(*parse_restore_order("# mine\nsecrets\n\nv1/pods # then\n"),
                ElementsAre("secrets", "v1/pods"));
    EXPECT_FALSE(parse_restore_order("a/b/c/d"));
    EXPECT_FALSE(parse_restore_order("[\"a//b\"]"));
}

}  // namespace
}  // namespace holdfast::engine
