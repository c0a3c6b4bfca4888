#include "engine/rules/allocated.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace holdfast::engine::rules {
namespace {

Json parse(std::string_view text) {
    return *base::parse_json(text);
}

TEST(AllocatedFields, OfAServiceAreItsAddressesUnlessItIsHeadless) {
    Json service = parse(R"({"spec":{"clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1"],
        "healthCheckNodePort":31000,"ports":[{"port":80,"nodePort":30080}],
        "loadBalancerClass":"x","externalIPs":["1.2.3.4"]}})");
    strip_service(service);
    EXPECT_EQ(service, parse(R"({"spec":{"ports":[{"port":80,"nodePort":30080}],
        "loadBalancerClass":"x","externalIPs":["1.2.3.4"]}})"));
    Json headless = parse(R"({"spec":{"clusterIP":"None","clusterIPs":["None"]}})");
    Json before = headless;
    strip_service(headless);
    EXPECT_EQ(headless, before);
}

TEST(AllocatedFields, NodePortsGoOnRequest) {
    Json service = parse(R"({"spec":{"ports":[{"port":80,"nodePort":30080},{"port":81}]}})");
    strip_node_ports(service);
    EXPECT_EQ(service, parse(R"({"spec":{"ports":[{"port":80},{"port":81}]}})"));
}

TEST(AllocatedFields, OfAJobAreSelectorAndUidLabels) {
    Json job = parse(R"({"metadata":{"labels":{"controller-uid":"u","app":"a"}},
        "spec":{"selector":{"matchLabels":{"batch.kubernetes.io/controller-uid":"u"}},
        "template":{"metadata":{"labels":{"batch.kubernetes.io/controller-uid":"u",
        "controller-uid":"u","job-name":"j"}}}}})");
    strip_job(job);
    EXPECT_EQ(job, parse(R"({"metadata":{"labels":{"app":"a"}},
        "spec":{"template":{"metadata":{"labels":{"job-name":"j"}}}}})"));
}

TEST(AllocatedFields, OfAJobWithItsAuthorsSelectorAreNone) {
    Json job = parse(R"({"spec":{"manualSelector":true,"selector":{"matchLabels":{"a":"b"}}}})");
    Json before = job;
    strip_job(job);
    EXPECT_EQ(job, before);
}

TEST(AllocatedFields, OfAPodAreItsNodeTokenAndPriority) {
    Json pod = parse(R"({"spec":{"nodeName":"n1","priority":10,"preemptionPolicy":"x",
        "overhead":{"cpu":"1"},"ephemeralContainers":[{"name":"debug"}],
        "tolerations":[{"key":"a"}],"volumes":[{"name":"kube-api-access-x1","projected":{}},
        {"name":"data","emptyDir":{}},{"name":"default-token-abc",
        "secret":{"secretName":"default-token-abc"}}],
        "containers":[{"name":"c","volumeMounts":[{"name":"kube-api-access-x1",
        "mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"},
        {"name":"data","mountPath":"/data"}]}],
        "initContainers":[{"name":"i","volumeMounts":[{"name":"kube-api-access-x1",
        "mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}]}]}})");
    strip_pod(pod);
    EXPECT_EQ(pod, parse(R"({"spec":{"tolerations":[{"key":"a"}],
        "volumes":[{"name":"data","emptyDir":{}}],
        "containers":[{"name":"c","volumeMounts":[{"name":"data","mountPath":"/data"}]}],
        "initContainers":[{"name":"i"}]}})"));
}

TEST(AllocatedFields, OfAnAggregatedRoleAreItsRules) {
    Json role = parse(R"({"aggregationRule":{},"rules":[{}]})");
    strip_aggregated_role(role);
    EXPECT_EQ(role, parse(R"({"aggregationRule":{}})"));
    Json plain = parse(R"({"rules":[{}]})");
    strip_aggregated_role(plain);
    EXPECT_EQ(plain, parse(R"({"rules":[{}]})"));
}

TEST(AllocatedFields, OfAServiceAccountAreItsTokenSecrets) {
    Json account = parse(R"({"metadata":{"name":"default"},"secrets":[
        {"name":"default-token-x1"},{"name":"mine"}],"imagePullSecrets":[{"name":"reg"}]})");
    strip_service_account(account);
    EXPECT_EQ(account["secrets"], parse(R"([{"name":"mine"}])"));
    EXPECT_EQ(account["imagePullSecrets"], parse(R"([{"name":"reg"}])"));
}

TEST(AllocatedFields, OfANamespaceIsItsOwnFinalizer) {
    Json ns = parse(R"({"metadata":{"name":"a"},"spec":{"finalizers":["kubernetes"]}})");
    strip_namespace(ns);
    EXPECT_EQ(ns, parse(R"({"metadata":{"name":"a"}})"));
}

TEST(AllocatedFields, OfADefinitionIsItsStatus) {
    Json definition = parse(R"({"apiVersion":"apiextensions.k8s.io/v1",
        "kind":"CustomResourceDefinition","spec":{},"status":{"storedVersions":["v1"],
        "conditions":[{"type":"Established","status":"True"}]}})");
    strip_allocated(definition);
    EXPECT_FALSE(definition.contains("status"));
}

TEST(AllocatedFields, AreChosenByKindAndGroup) {
    Json service = parse(R"({"apiVersion":"v1","kind":"Service","spec":{"clusterIP":"10.0.0.1"}})");
    strip_allocated(service);
    EXPECT_FALSE(service["spec"].contains("clusterIP"));
    Json other = parse(
        R"({"apiVersion":"serving.knative.dev/v1","kind":"Service","spec":{"clusterIP":"x"}})");
    strip_allocated(other);
    EXPECT_TRUE(other["spec"].contains("clusterIP"));
}

TEST(KeepLive, IdentityStatusAndFinalizersInAnUpdate) {
    Json wanted = parse(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a",
        "finalizers":["x/y"]},"data":{"a":"1"}})");
    Json live = parse(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","uid":"u",
        "resourceVersion":"7","generation":3,"creationTimestamp":"t","finalizers":["x/y","z/z"],
        "managedFields":[{}]},"data":{"a":"0","b":"2"},"status":{"ok":true}})");
    keep_live_allocations(wanted, live);
    EXPECT_EQ(wanted, parse(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a",
        "uid":"u","resourceVersion":"7","generation":3,"creationTimestamp":"t",
        "finalizers":["x/y","z/z"]},"data":{"a":"1"},"status":{"ok":true}})"));
}

TEST(KeepLive, AddressesAndOpenNodePortsOfAService) {
    Json wanted = parse(R"({"apiVersion":"v1","kind":"Service","metadata":{},"spec":{"ports":[
        {"name":"http","port":80},{"name":"admin","port":81,"nodePort":30001}]}})");
    Json live = parse(R"({"metadata":{},"spec":{"clusterIP":"10.0.0.9","clusterIPs":["10.0.0.9"],
        "ipFamilies":["IPv4"],"ports":[{"name":"http","port":80,"nodePort":30080},
        {"name":"admin","port":81,"nodePort":30081}]}})");
    keep_live_allocations(wanted, live);
    EXPECT_EQ(wanted["spec"], parse(R"({"clusterIP":"10.0.0.9","clusterIPs":["10.0.0.9"],
        "ipFamilies":["IPv4"],"ports":[{"name":"http","port":80,"nodePort":30080},
        {"name":"admin","port":81,"nodePort":30001}]})"));
}

TEST(KeepLive, TheVolumeOfABoundClaim) {
    Json wanted = parse(R"({"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{},
        "spec":{"resources":{}}})");
    Json live = parse(R"({"metadata":{"annotations":{"pv.kubernetes.io/bind-completed":"yes",
        "mine":"x"}},"spec":{"volumeName":"pv","storageClassName":"fast"}})");
    keep_live_allocations(wanted, live);
    EXPECT_EQ(wanted["spec"]["volumeName"], "pv");
    EXPECT_EQ(wanted["metadata"]["annotations"],
              parse(R"({"pv.kubernetes.io/bind-completed":"yes"})"));
}

TEST(KeepLive, TheClaimThatAVolumeHas) {
    Json wanted = parse(R"({"apiVersion":"v1","kind":"PersistentVolume","metadata":{},
        "spec":{"claimRef":{"namespace":"shop","name":"old"}}})");
    Json live = parse(R"({"metadata":{},"spec":{"claimRef":{"namespace":"shop","name":"new",
        "uid":"u"}}})");
    keep_live_allocations(wanted, live);
    EXPECT_EQ(wanted["spec"]["claimRef"], live["spec"]["claimRef"]);
}

TEST(KeepLive, TheGeneratedSelectorOfAJob) {
    Json wanted = parse(R"({"apiVersion":"batch/v1","kind":"Job","metadata":{},
        "spec":{"template":{"metadata":{"labels":{"app":"a"}}}}})");
    Json live = parse(R"({"metadata":{},"spec":{"selector":{"matchLabels":{"controller-uid":"u"}},
        "template":{"metadata":{"labels":{"app":"b","controller-uid":"u"}}}}})");
    keep_live_allocations(wanted, live);
    EXPECT_EQ(wanted["spec"]["selector"]["matchLabels"]["controller-uid"], "u");
    EXPECT_EQ(wanted["spec"]["template"]["metadata"]["labels"],
              parse(R"({"app":"a","controller-uid":"u"})"));
}

TEST(ServiceAccountMerge, AddsOnlyWhatIsMissing) {
    Json live = parse(R"({"metadata":{"name":"default","annotations":{"a":"live"}},
        "imagePullSecrets":[{"name":"one"}]})");
    Json wanted = parse(R"({"metadata":{"name":"default","annotations":{"a":"old","b":"2"}},
        "imagePullSecrets":[{"name":"one"},{"name":"two"}]})");
    EXPECT_TRUE(merge_service_account(live, wanted));
    EXPECT_EQ(live, parse(R"({"metadata":{"name":"default","annotations":{"a":"live","b":"2"}},
        "imagePullSecrets":[{"name":"one"},{"name":"two"}]})"));
    EXPECT_FALSE(merge_service_account(live, wanted));
}

TEST(AllocatedFields, SurviveObjectsOfTheWrongShape) {
    for (const char* kind : {"Service", "Pod", "ServiceAccount", "Namespace", "PersistentVolume",
                             "PersistentVolumeClaim"}) {
        for (const char* rest : {R"("spec":[])", R"("spec":{"ports":3,"volumes":{},"containers":[1],
             "claimRef":"x","finalizers":7,"selector":1})",
                                 R"("secrets":"x","metadata":[])"}) {
            Json object =
                parse(std::string(R"({"apiVersion":"v1","kind":")") + kind + "\"," + rest + "}");
            Json live = object;
            strip_allocated(object);
            keep_live_allocations(object, live);
            merge_service_account(object, live);
        }
    }
}

}  // namespace
}  // namespace holdfast::engine::rules
