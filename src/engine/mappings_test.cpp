#include "engine/mappings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace holdfast::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Json parse(std::string_view text) {
    return *base::parse_json(text);
}

const Mappings kShop{.namespaces = {{"shop", "shop2"}}, .storage_classes = {}, .images = {}};

TEST(NamespaceMapping, MovesObjectsAndRenamesTheNamespace) {
    Json object = parse(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"shop",
        "namespace":"shop"}})");
    EXPECT_THAT(apply_mappings(kShop, object), IsEmpty());
    EXPECT_EQ(object["metadata"], parse(R"({"name":"shop","namespace":"shop2"})"));
    Json ns = parse(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop",
        "labels":{"kubernetes.io/metadata.name":"shop"}}})");
    apply_mappings(kShop, ns);
    EXPECT_EQ(ns["metadata"], parse(R"({"name":"shop2"})"));
}

TEST(NamespaceMapping, RewritesWhomABindingNames) {
    Json binding = parse(R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding",
        "metadata":{"namespace":"shop"},"subjects":[
        {"kind":"ServiceAccount","name":"shop","namespace":"shop"},
        {"kind":"ServiceAccount","name":"a","namespace":"other"},
        {"kind":"Group","name":"system:serviceaccounts:shop"},
        {"kind":"User","name":"system:serviceaccount:shop:web"}]})");
    apply_mappings(kShop, binding);
    EXPECT_EQ(binding["subjects"], parse(R"([
        {"kind":"ServiceAccount","name":"shop","namespace":"shop2"},
        {"kind":"ServiceAccount","name":"a","namespace":"other"},
        {"kind":"Group","name":"system:serviceaccounts:shop2"},
        {"kind":"User","name":"system:serviceaccount:shop2:web"}])"));
}

TEST(NamespaceMapping, KnowsWhichOriginalsAnObjectServes) {
    const NameMap renames = {{"a", "a2"}, {"b", "b2"}, {"c", "c2"}};
    Json binding = parse(R"({"apiVersion":"rbac.authorization.k8s.io/v1",
        "kind":"ClusterRoleBinding","metadata":{"name":"c"},"subjects":[
        {"kind":"ServiceAccount","name":"x","namespace":"a"},
        {"kind":"Group","name":"system:serviceaccounts:b"},
        {"kind":"ServiceAccount","name":"x","namespace":"c2"}]})");
    EXPECT_EQ(renames_in(renames, binding), (NameMap{{"a", "a2"}, {"b", "b2"}}));
    EXPECT_EQ(why_left_to_original(renames, binding),
              "exists and serves namespace a, b; a copy for a2, b2 must be made by hand");
    EXPECT_EQ(why_left_to_original({{"c", "c2"}}, binding), "");
}

TEST(NamespaceMapping, RewritesServiceReferencesOfWebhooksApisAndDefinitions) {
    Json hook = parse(R"({"apiVersion":"admissionregistration.k8s.io/v1",
        "kind":"ValidatingWebhookConfiguration","metadata":{"annotations":{
        "cert-manager.io/inject-ca-from":"shop/cert"}},
        "webhooks":[{"clientConfig":{"service":{"name":"s","namespace":"shop"}},
        "namespaceSelector":{"matchExpressions":[{"key":"kubernetes.io/metadata.name",
        "operator":"In","values":["shop","x"]}]}}]})");
    EXPECT_THAT(apply_mappings(kShop, hook), IsEmpty());
    EXPECT_EQ(hook["webhooks"][0]["clientConfig"]["service"]["namespace"], "shop2");
    EXPECT_EQ(hook["webhooks"][0]["namespaceSelector"]["matchExpressions"][0]["values"],
              parse(R"(["shop2","x"])"));
    EXPECT_EQ(hook["metadata"]["annotations"]["cert-manager.io/inject-ca-from"], "shop2/cert");

    Json api = parse(R"({"apiVersion":"apiregistration.k8s.io/v1","kind":"APIService",
        "spec":{"service":{"name":"s","namespace":"shop"}}})");
    apply_mappings(kShop, api);
    EXPECT_EQ(api["spec"]["service"]["namespace"], "shop2");

    Json crd = parse(R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
        "spec":{"conversion":{"webhook":{"clientConfig":{"service":{"namespace":"shop"}}}}}})");
    apply_mappings(kShop, crd);
    EXPECT_EQ(crd["spec"]["conversion"]["webhook"]["clientConfig"]["service"]["namespace"],
              "shop2");
}

TEST(NamespaceMapping, RewritesSelectorsClaimsAndRoutes) {
    Json monitor = parse(R"({"apiVersion":"monitoring.coreos.com/v1","kind":"ServiceMonitor",
        "metadata":{"namespace":"shop"},"spec":{"namespaceSelector":{"matchNames":["shop"]}}})");
    EXPECT_THAT(apply_mappings(kShop, monitor), IsEmpty());
    EXPECT_EQ(monitor["spec"]["namespaceSelector"]["matchNames"], parse(R"(["shop2"])"));

    Json policy = parse(R"({"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy",
        "metadata":{"namespace":"shop"},"spec":{"ingress":[{"from":[{"namespaceSelector":
        {"matchLabels":{"kubernetes.io/metadata.name":"shop"}}}]}]}})");
    apply_mappings(kShop, policy);
    EXPECT_EQ(policy["spec"]["ingress"][0]["from"][0]["namespaceSelector"]["matchLabels"]
                    ["kubernetes.io/metadata.name"],
              "shop2");

    Json volume = parse(R"({"apiVersion":"v1","kind":"PersistentVolume","spec":{"claimRef":
        {"namespace":"shop","name":"c"}}})");
    apply_mappings(kShop, volume);
    EXPECT_EQ(volume["spec"]["claimRef"]["namespace"], "shop2");
}

TEST(NamespaceMapping, ReportsWhatItCannotRewrite) {
    Json widget = parse(R"({"apiVersion":"example.com/v1","kind":"Widget",
        "metadata":{"namespace":"shop"},"spec":{"targetNamespace":"shop",
        "url":"http://db.shop.svc.cluster.local","note":"shop"}})");
    EXPECT_THAT(apply_mappings(kShop, widget),
                ElementsAre(HasSubstr("spec.targetNamespace"), HasSubstr("spec.url")));
    EXPECT_EQ(widget["spec"]["targetNamespace"], "shop");
    EXPECT_EQ(widget["metadata"]["namespace"], "shop2");
}

TEST(StorageClassMapping, ReachesClaimsTemplatesVolumesAndQuotas) {
    const Mappings fast{.namespaces = {}, .storage_classes = {{"slow", "fast"}}, .images = {}};
    Json claim = parse(R"({"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{},
        "spec":{"storageClassName":"slow"}})");
    apply_mappings(fast, claim);
    EXPECT_EQ(claim["spec"]["storageClassName"], "fast");
    Json set = parse(R"({"apiVersion":"apps/v1","kind":"StatefulSet","spec":{
        "volumeClaimTemplates":[{"spec":{"storageClassName":"slow"}},{"spec":{}}],
        "template":{"spec":{"volumes":[{"ephemeral":{"volumeClaimTemplate":{"spec":{
        "storageClassName":"slow"}}}}]}}}})");
    apply_mappings(fast, set);
    EXPECT_EQ(set["spec"]["volumeClaimTemplates"][0]["spec"]["storageClassName"], "fast");
    EXPECT_EQ(set["spec"]["template"]["spec"]["volumes"][0]["ephemeral"]["volumeClaimTemplate"]
                 ["spec"]["storageClassName"],
              "fast");
    Json quota = parse(R"({"apiVersion":"v1","kind":"ResourceQuota","spec":{"hard":{
        "slow.storageclass.storage.k8s.io/requests.storage":"1Gi","pods":"3"}}})");
    apply_mappings(fast, quota);
    EXPECT_EQ(quota["spec"]["hard"], parse(R"({"pods":"3",
        "fast.storageclass.storage.k8s.io/requests.storage":"1Gi"})"));
}

TEST(ImageMapping, RewritesExactNamesAndPrefixesInEveryWorkload) {
    const Mappings mirror{.namespaces = {},
                          .storage_classes = {},
                          .images = {{"docker.io/", "mirror.local/"},
                                     {"docker.io/library/nginx", "own/nginx"},
                                     {"app:1", "app:2"}}};
    Json cron = parse(R"({"apiVersion":"batch/v1","kind":"CronJob","spec":{"jobTemplate":{"spec":{
        "template":{"spec":{"containers":[{"image":"docker.io/library/nginx:1.2"},
        {"image":"docker.io/library/nginxx"},{"image":"app:1"},{"image":"app:11"}],
        "initContainers":[{"image":"docker.io/a@sha256:1"}]}}}}}})");
    apply_mappings(mirror, cron);
    const Json& pods = cron["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    EXPECT_EQ(pods["containers"][0]["image"], "own/nginx:1.2");
    EXPECT_EQ(pods["containers"][1]["image"], "mirror.local/library/nginxx");
    EXPECT_EQ(pods["containers"][2]["image"], "app:2");
    EXPECT_EQ(pods["containers"][3]["image"], "app:11");
    EXPECT_EQ(pods["initContainers"][0]["image"], "mirror.local/a@sha256:1");
    Json pod =
        parse(R"({"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"image":"app:1"}]}})");
    apply_mappings(mirror, pod);
    EXPECT_EQ(pod["spec"]["containers"][0]["image"], "app:2");
}

TEST(Mappings, RefuseWhatCannotBeMeant) {
    EXPECT_TRUE(check_mappings(kShop));
    EXPECT_FALSE(check_mappings(
        {.namespaces = {{"a", "c"}, {"b", "c"}}, .storage_classes = {}, .images = {}}));
    EXPECT_FALSE(
        check_mappings({.namespaces = {{"a", "B_"}}, .storage_classes = {}, .images = {}}));
    EXPECT_FALSE(check_mappings({.namespaces = {}, .storage_classes = {{"", "x"}}, .images = {}}));
}

}  // namespace
}  // namespace holdfast::engine
