#include "engine/restore_scope.h"

#include <gtest/gtest.h>

#include "kube/resource_type.h"

namespace holdfast::engine {
namespace {

kube::Discovery kinds() {
    kube::Discovery discovery;
    discovery.types = {
        {.group = "", .version = "v1", .kind = "ConfigMap", .plural = "configmaps"},
        {.group = "", .version = "v1", .kind = "Secret", .plural = "secrets"},
    };
    return discovery;
}

const ObjectKey kChosen{.group = "", .kind = "ConfigMap", .ns = "shop", .name = "a"};
const ObjectKey kOther{.group = "", .kind = "ConfigMap", .ns = "other", .name = "a"};
const ObjectKey kNamespace{.group = "", .kind = "Namespace", .ns = "", .name = "shop"};
const ObjectKey kOtherNamespace{.group = "", .kind = "Namespace", .ns = "", .name = "other"};
const ObjectKey kRole{
    .group = "rbac.authorization.k8s.io", .kind = "ClusterRole", .ns = "", .name = "r"};
const ObjectKey kBinding{
    .group = "rbac.authorization.k8s.io", .kind = "ClusterRoleBinding", .ns = "", .name = "b"};
const ObjectKey kVolume{.group = "", .kind = "PersistentVolume", .ns = "", .name = "v"};
const ObjectKey kDefinition{
    .group = "apiextensions.k8s.io", .kind = "CustomResourceDefinition", .ns = "", .name = "d"};
const ObjectKey kService{
    .group = "apiregistration.k8s.io", .kind = "APIService", .ns = "", .name = "s"};
const ObjectKey kIssuer{.group = "example.com", .kind = "ClusterIssuer", .ns = "", .name = "i"};

bool concerns(const SelectionSpec& spec, const ObjectKey& key) {
    auto selection = Selection::create(spec, kinds());
    EXPECT_TRUE(selection);
    return selection && may_be_restored(*selection, key);
}

TEST(RestoreScope, IsEverythingWhenNothingWasChosen) {
    for (const ObjectKey& key : {kChosen, kOther, kNamespace, kOtherNamespace, kRole, kBinding,
                                 kVolume, kDefinition, kService, kIssuer})
        EXPECT_TRUE(concerns({}, key)) << key.text();
}

TEST(RestoreScope, OfNamespacesIsWhatTheyCanNeed) {
    const SelectionSpec spec{.namespaces = {"shop"}};
    for (const ObjectKey& key : {kChosen, kNamespace, kRole, kBinding, kVolume, kDefinition})
        EXPECT_TRUE(concerns(spec, key)) << key.text();
    for (const ObjectKey& key : {kOther, kOtherNamespace, kService, kIssuer})
        EXPECT_FALSE(concerns(spec, key)) << key.text();
}

TEST(RestoreScope, FollowsTheWishForClusterObjects) {
    const SelectionSpec none{.namespaces = {"shop"}, .cluster_scoped = ClusterScoped::None};
    for (const ObjectKey& key : {kChosen, kNamespace}) EXPECT_TRUE(concerns(none, key));
    for (const ObjectKey& key : {kRole, kDefinition, kIssuer, kOtherNamespace})
        EXPECT_FALSE(concerns(none, key)) << key.text();
    const SelectionSpec all{.namespaces = {"shop"}, .cluster_scoped = ClusterScoped::All};
    for (const ObjectKey& key : {kChosen, kRole, kService, kIssuer})
        EXPECT_TRUE(concerns(all, key)) << key.text();
    EXPECT_FALSE(concerns(all, kOther));
}

TEST(RestoreScope, FollowsTheKinds) {
    const SelectionSpec spec{.kinds = {"configmaps"}};
    for (const ObjectKey& key : {kChosen, kOther, kNamespace, kDefinition})
        EXPECT_TRUE(concerns(spec, key)) << key.text();
    for (const ObjectKey& key :
         {ObjectKey{.group = "", .kind = "Secret", .ns = "shop", .name = "a"}, kRole, kIssuer})
        EXPECT_FALSE(concerns(spec, key)) << key.text();
}

}  // namespace
}  // namespace holdfast::engine
