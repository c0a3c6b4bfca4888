#include "engine/object_peek.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

ObjectPeek peek(std::string_view text) {
    ObjectPeeker peeker;
    auto read = peeker.peek(text);
    EXPECT_TRUE(read) << text;
    return read ? *read : ObjectPeek{};
}

TEST(ObjectPeek, ReadsIdentityLabelsAndOwners) {
    ObjectPeek pod = peek(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p",
        "namespace":"shop","labels":{"app":"web"},"annotations":{"a":"b"},"ownerReferences":[
        {"apiVersion":"apps/v1","kind":"ReplicaSet","name":"rs","uid":"u","controller":true}]},
        "spec":{"priorityClassName":"high"},"status":{"phase":"Succeeded"}})");
    EXPECT_EQ(pod.name, "p");
    EXPECT_EQ(pod.ns, "shop");
    EXPECT_EQ(pod.labels.at("app"), "web");
    EXPECT_EQ(pod.annotations.at("a"), "b");
    EXPECT_THAT(pod.owners,
                ElementsAre(rules::OwnerReference{"apps/v1", "ReplicaSet", "rs", true}));
    EXPECT_TRUE(pod.finished);
    EXPECT_THAT(pod.needs, ElementsAre(NamedNeed{"scheduling.k8s.io", "PriorityClass", "high"}));
}

TEST(ObjectPeek, SeesWhatAStatefulSetNeeds) {
    ObjectPeek set = peek(R"({"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"s"},
        "spec":{"template":{"spec":{"runtimeClassName":"gvisor"}},
        "volumeClaimTemplates":[{"spec":{"storageClassName":"fast"}}]}})");
    EXPECT_THAT(set.needs,
                UnorderedElementsAre(NamedNeed{"node.k8s.io", "RuntimeClass", "gvisor"},
                                     NamedNeed{"storage.k8s.io", "StorageClass", "fast"}));
}

TEST(ObjectPeek, SeesTheVolumeAndClassOfAClaim) {
    ObjectPeek claim = peek(R"({"apiVersion":"v1","kind":"PersistentVolumeClaim",
        "metadata":{"name":"c","namespace":"n"},
        "spec":{"volumeName":"pv1","storageClassName":"fast"}})");
    EXPECT_THAT(claim.needs,
                UnorderedElementsAre(NamedNeed{"", "PersistentVolume", "pv1"},
                                     NamedNeed{"storage.k8s.io", "StorageClass", "fast"}));
}

TEST(ObjectPeek, SeesTheClaimOfAVolume) {
    using namespace std::string_literals;
    EXPECT_EQ(peek(R"({"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"pv"},
        "spec":{"claimRef":{"namespace":"n","name":"c"}}})")
                  .claim_place,
              "n\0c"s);
    EXPECT_EQ(peek(R"({"apiVersion":"v1","kind":"PersistentVolume","spec":{}})").claim_place, "");
}

TEST(ObjectPeek, SeesWhomABindingNames) {
    ObjectPeek binding = peek(R"({"apiVersion":"rbac.authorization.k8s.io/v1",
        "kind":"ClusterRoleBinding","metadata":{"name":"b"},
        "roleRef":{"kind":"ClusterRole","name":"reader"},
        "subjects":[{"kind":"ServiceAccount","name":"a","namespace":"shop"},
                    {"kind":"User","name":"u"}]})");
    EXPECT_THAT(binding.subject_namespaces, ElementsAre("shop"));
    EXPECT_THAT(binding.needs,
                ElementsAre(NamedNeed{"rbac.authorization.k8s.io", "ClusterRole", "reader"}));
}

TEST(ObjectPeek, SeesWhatADefinitionDefines) {
    ObjectPeek crd = peek(R"({"apiVersion":"apiextensions.k8s.io/v1",
        "kind":"CustomResourceDefinition","metadata":{"name":"widgets.example.com"},
        "spec":{"group":"example.com","names":{"kind":"Widget","plural":"widgets"},
        "versions":[{"name":"v1","served":true},{"name":"v1alpha1","served":false}]}})");
    EXPECT_EQ(crd.defined_group, "example.com");
    EXPECT_EQ(crd.defined_kind, "Widget");
    EXPECT_EQ(crd.defined_plural, "widgets");
    EXPECT_THAT(crd.defined_versions, ElementsAre("v1"));
}

TEST(ObjectPeek, KnowsAFinishedJob) {
    EXPECT_TRUE(peek(R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j"},
        "status":{"conditions":[{"type":"Failed","status":"True"}]}})")
                    .finished);
    EXPECT_FALSE(peek(R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j"},
        "status":{"conditions":[{"type":"Suspended","status":"True"}]}})")
                     .finished);
}

TEST(ObjectPeek, TakesFieldsOfAWrongTypeForAbsent) {
    ObjectPeek odd = peek(R"({"apiVersion":1,"kind":"Pod","metadata":{"name":[],"labels":[],
        "ownerReferences":{}},"spec":7,"status":"x"})");
    EXPECT_EQ(odd.name, "");
    EXPECT_THAT(odd.owners, IsEmpty());
    EXPECT_FALSE(odd.finished);
}

TEST(ObjectPeek, RefusesWhatIsNoObject) {
    ObjectPeeker peeker;
    EXPECT_FALSE(peeker.peek("[]"));
    EXPECT_FALSE(peeker.peek("{\"a\":"));
    EXPECT_FALSE(peeker.peek(""));
}

}  // namespace
}  // namespace holdfast::engine
