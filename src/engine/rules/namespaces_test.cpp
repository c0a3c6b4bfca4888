#include "engine/rules/namespaces.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace holdfast::engine::rules {
namespace {

Json parse(std::string_view text) {
    return *base::parse_json(text);
}

TEST(NamespaceRules, RenameWithoutTheDerivedLabelAndKeepPodSecurity) {
    Json ns = parse(R"({"metadata":{"name":"shop","labels":{"kubernetes.io/metadata.name":"shop",
        "pod-security.kubernetes.io/enforce":"restricted"}}})");
    rename_namespace(ns, "shop2");
    EXPECT_EQ(ns, parse(R"({"metadata":{"name":"shop2","labels":{
        "pod-security.kubernetes.io/enforce":"restricted"}}})"));
}

TEST(NamespaceRules, SayWhatKeepsATerminatingNamespace) {
    EXPECT_EQ(why_terminating(parse(R"({"metadata":{"name":"a"},"status":{"phase":"Active"}})")),
              "");
    EXPECT_EQ(why_terminating(parse(R"({"metadata":{"name":"a"},"status":{"phase":"Terminating",
        "conditions":[{"type":"NamespaceFinalizersRemaining","status":"True",
        "message":"Some content has finalizers remaining: x/y in 1 resource instances"},
        {"type":"NamespaceContentRemaining","status":"False","message":"no"}]}})")),
              "namespace a is being deleted; Some content has finalizers remaining: x/y in 1 "
              "resource instances");
}

}  // namespace
}  // namespace holdfast::engine::rules
