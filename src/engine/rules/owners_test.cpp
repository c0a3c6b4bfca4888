#include "engine/rules/owners.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace holdfast::engine::rules {
namespace {

using testing::ElementsAre;

Json parse(std::string_view text) {
    return *base::parse_json(text);
}

constexpr std::string_view kTwoOwners = R"({"metadata":{"ownerReferences":[
    {"apiVersion":"example.com/v1","kind":"Widget","name":"w","uid":"old","controller":true,
     "blockOwnerDeletion":true},
    {"apiVersion":"v1","kind":"ConfigMap","name":"c","uid":"old2"}]}})";

TEST(OwnerRules, ReadEveryReference) {
    auto owners = owner_references(parse(kTwoOwners));
    EXPECT_THAT(owners, ElementsAre(OwnerReference{"example.com/v1", "Widget", "w", true},
                                    OwnerReference{"v1", "ConfigMap", "c", false}));
    EXPECT_EQ(owners[0].group(), "example.com");
    EXPECT_EQ(owners[1].group(), "");
}

TEST(OwnerRules, NeverWriteAnOldUid) {
    Json object = parse(kTwoOwners);
    auto changes = rewrite_owners(object, [](const OwnerReference& owner) {
        using State = OwnerAnswer::State;
        return owner.kind == "Widget" ? OwnerAnswer{.state = State::Found, .uid = "new"}
                                      : OwnerAnswer{.state = State::Missing, .uid = ""};
    });
    EXPECT_EQ(object, parse(R"({"metadata":{"ownerReferences":[{"apiVersion":"example.com/v1",
        "kind":"Widget","name":"w","uid":"new","controller":true,"blockOwnerDeletion":true}]}})"));
    EXPECT_THAT(changes.dropped, ElementsAre("ConfigMap c"));
    EXPECT_FALSE(changes.later);
}

TEST(OwnerRules, LeaveAReferenceForLaterWhenItsOwnerComesLater) {
    Json object = parse(kTwoOwners);
    auto changes = rewrite_owners(object, [](const OwnerReference&) {
        return OwnerAnswer{.state = OwnerAnswer::State::Later, .uid = ""};
    });
    EXPECT_EQ(object, parse(R"({"metadata":{}})"));
    EXPECT_TRUE(changes.later);
    EXPECT_TRUE(changes.dropped.empty());
}

TEST(OwnerRules, RefuseANamespacedOwnerOfAClusterScopedObject) {
    EXPECT_FALSE(owner_scope_is_valid("", true));
    EXPECT_TRUE(owner_scope_is_valid("", false));
    EXPECT_TRUE(owner_scope_is_valid("shop", true));
    EXPECT_TRUE(owner_scope_is_valid("shop", false));
}

TEST(OwnerRules, KnowWhatControllersMakeByThemselves) {
    EXPECT_TRUE(is_generated_child("", "Pod", "apps", "ReplicaSet"));
    EXPECT_TRUE(is_generated_child("apps", "ReplicaSet", "apps", "Deployment"));
    EXPECT_TRUE(is_generated_child("batch", "Job", "batch", "CronJob"));
    EXPECT_TRUE(is_generated_child("discovery.k8s.io", "EndpointSlice", "", "Service"));
    EXPECT_TRUE(is_generated_child("apps", "ControllerRevision", "apps", "DaemonSet"));
    EXPECT_FALSE(is_generated_child("", "Secret", "cert-manager.io", "Certificate"));
    EXPECT_FALSE(is_generated_child("", "Pod", "example.com", "ReplicaSet"));
    EXPECT_FALSE(is_generated_child("", "ConfigMap", "apps", "Deployment"));
}

TEST(OwnerRules, DropBlockOwnerDeletionForWhoMayNotSetIt) {
    Json object = parse(kTwoOwners);
    drop_block_owner_deletion(object);
    EXPECT_FALSE(object["metadata"]["ownerReferences"][0].contains("blockOwnerDeletion"));
}

TEST(OwnerRules, SurviveReferencesOfTheWrongShape) {
    for (const char* text : {R"({"metadata":{"ownerReferences":3}})",
                             R"({"metadata":{"ownerReferences":[3,{"kind":4}]}})"}) {
        Json object = parse(text);
        owner_references(object);
        drop_block_owner_deletion(object);
        rewrite_owners(object, [](const OwnerReference&) {
            return OwnerAnswer{.state = OwnerAnswer::State::Found, .uid = "x"};
        });
    }
}

}  // namespace
}  // namespace holdfast::engine::rules
