#include "engine/transforms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace holdfast::engine {
namespace {

using testing::HasSubstr;

constexpr Transforms::Subject kWeb{
    .group = "apps", .plural = "deployments", .original_namespace = "shop", .name = "web-1"};

Json deployment() {
    return *base::parse_json(R"({"apiVersion":"apps/v1","kind":"Deployment",
        "metadata":{"name":"web-1","labels":{"tier":"front"}},
        "spec":{"replicas":3,"paused":true}})");
}

Json apply(std::string_view document, const Transforms::Subject& subject = kWeb) {
    auto transforms = Transforms::parse(document);
    EXPECT_TRUE(transforms) << (transforms ? "" : transforms.error().message);
    Json object = deployment();
    if (transforms) {
        auto applied = transforms->apply(subject, object);
        EXPECT_TRUE(applied) << (applied ? "" : applied.error().message);
    }
    return object;
}

TEST(Transforms, PatchValuesAreJsonWherePossible) {
    Json object = apply(R"(
version: v1
resourceModifierRules:
- conditions:
    groupResource: deployments.apps
    resourceNameRegex: "^web-.*$"
    namespaces: [shop]
  patches:
  - {operation: replace, path: /spec/replicas, value: "1"}
  - {operation: add, path: /metadata/labels/team, value: blue}
  - {operation: remove, path: /spec/paused}
  - {operation: add, path: /spec/template, value: '{"a":[1]}'}
  - {operation: copy, from: /spec/replicas, path: /spec/min}
  - {operation: move, from: /spec/min, path: /spec/max}
)");
    EXPECT_EQ(object["spec"], *base::parse_json(R"({"replicas":1,"max":1,"template":{"a":[1]}})"));
    EXPECT_EQ(object["metadata"]["labels"]["team"], "blue");
}

TEST(Transforms, ARuleWhoseTestFailsChangesNothing) {
    Json object = apply(R"(
version: v1
resourceModifierRules:
- conditions: {groupResource: deployments.apps}
  patches:
  - {operation: replace, path: /spec/replicas, value: "7"}
  - {operation: test, path: /spec/paused, value: "false"}
- conditions: {groupResource: "*"}
  patches:
  - {operation: test, path: /spec/replicas, value: "3"}
  - {operation: add, path: /spec/second, value: "yes"}
)");
    EXPECT_EQ(object["spec"]["replicas"], 3);
    EXPECT_EQ(object["spec"]["second"], "yes");
}

TEST(Transforms, MergePatchesMayBeYaml) {
    Json object = apply(R"(
version: v1
resourceModifierRules:
- conditions: {groupResource: "deployments.*", labelSelector: {matchLabels: {tier: front}}}
  mergePatches:
  - patchData: |
      spec:
        paused: null
        replicas: 5
  - patchData: '{"metadata":{"annotations":{"a":"b"}}}'
)");
    EXPECT_EQ(object["spec"], *base::parse_json(R"({"replicas":5})"));
    EXPECT_EQ(object["metadata"]["annotations"]["a"], "b");
}

TEST(Transforms, ConditionsAllHaveToHold) {
    Json before = deployment();
    for (const char* condition :
         {"groupResource: pods", "{groupResource: deployments.apps, namespaces: [other]}",
          "{groupResource: deployments.apps, resourceNameRegex: ^api}",
          "{groupResource: deployments.apps, labelSelector: {matchExpressions: [{key: tier, "
          "operator: NotIn, values: [front]}]}}",
          "{groupResource: deployments.apps, matches: [{path: /spec/replicas, value: '4'}]}"}) {
        std::string text(condition);
        if (!text.starts_with("{")) text = "{" + text + "}";
        EXPECT_EQ(apply("version: v1\nresourceModifierRules:\n- conditions: " + text +
                        "\n  patches:\n  - {operation: remove, path: /spec/replicas}\n"),
                  before)
            << condition;
    }
}

TEST(Transforms, AnUnappliablePatchFailsTheObject) {
    auto transforms = Transforms::parse(R"(
version: v1
resourceModifierRules:
- conditions: {groupResource: deployments.apps}
  patches:
  - {operation: replace, path: /spec/nothing/there, value: x}
)");
    ASSERT_TRUE(transforms);
    Json object = deployment();
    auto applied = transforms->apply(kWeb, object);
    ASSERT_FALSE(applied);
    EXPECT_THAT(applied.error().message, HasSubstr("/spec/nothing/there"));
}

TEST(Transforms, RefuseWhatTheyDoNotUnderstand) {
    auto strategic = Transforms::parse(R"(
version: v1
resourceModifierRules:
- conditions: {groupResource: pods}
  strategicPatches: [{patchData: "{}"}]
)");
    ASSERT_FALSE(strategic);
    EXPECT_EQ(strategic.error().code, ErrorCode::Unsupported);
    EXPECT_FALSE(Transforms::parse("version: v2"));
    EXPECT_FALSE(Transforms::parse("version: v1\nresourceModifierRules: []"));
    EXPECT_FALSE(
        Transforms::parse("version: v1\nresourceModifierRules: [{conditions: "
                          "{groupResource: pods}}]"));
    EXPECT_FALSE(
        Transforms::parse("version: v1\nresourceModifierRules: [{conditions: "
                          "{groupResource: pods}, patches: [{operation: destroy}]}]"));
    EXPECT_TRUE(Transforms::parse("")->empty());
}

}  // namespace
}  // namespace holdfast::engine
