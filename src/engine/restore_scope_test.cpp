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

const ObjectKey kChosen{"", "ConfigMap", "shop", "a"};
const ObjectKey kOther{"", "ConfigMap", "other", "a"};
const ObjectKey kNamespace{"", "Namespace", "", "shop"};
const ObjectKey kOtherNamespace{"", "Namespace", "", "other"};
const ObjectKey kRole{"rbac.authorization.k8s.io", "ClusterRole", "", "r"};
const ObjectKey kBinding{"rbac.authorization.k8s.io", "ClusterRoleBinding", "", "b"};
const ObjectKey kVolume{"", "PersistentVolume", "", "v"};
const ObjectKey kDefinition{"apiextensions.k8s.io", "CustomResourceDefinition", "", "d"};
const ObjectKey kService{"apiregistration.k8s.io", "APIService", "", "s"};
const ObjectKey kIssuer{"example.com", "ClusterIssuer", "", "i"};

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
    for (const ObjectKey& key : {ObjectKey{"", "Secret", "shop", "a"}, kRole, kIssuer})
        EXPECT_FALSE(concerns(spec, key)) << key.text();
}

}  // namespace
}  // namespace holdfast::engine
