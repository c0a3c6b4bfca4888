#include "engine/rules/metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace holdfast::engine::rules {
namespace {

using testing::ElementsAre;

Json parse(std::string_view text) {
    return *base::parse_json(text);
}

TEST(MetadataRules, DropWhatTheServerSets) {
    Json object = parse(R"({"metadata":{"name":"a","uid":"u","resourceVersion":"1","generation":2,
        "creationTimestamp":"t","deletionTimestamp":"t","deletionGracePeriodSeconds":0,
        "selfLink":"/x","managedFields":[],"labels":{"a":"b"}}})");
    strip_server_metadata(object);
    EXPECT_EQ(object, parse(R"({"metadata":{"name":"a","labels":{"a":"b"}}})"));
}

TEST(MetadataRules, KeepGenerateNameBesideTheName) {
    Json object = parse(R"({"metadata":{"name":"a-x1","generateName":"a-"}})");
    Json before = object;
    strip_server_metadata(object);
    EXPECT_EQ(object, before);
}

TEST(MetadataRules, DropTheStatus) {
    Json object = parse(R"({"spec":{},"status":{"ready":true}})");
    strip_status(object);
    EXPECT_EQ(object, parse(R"({"spec":{}})"));
}

TEST(MetadataRules, DropLeaderAnnotationsAndKeepTheOthers) {
    Json object = parse(R"({"metadata":{"annotations":{
        "control-plane.alpha.kubernetes.io/leader":"x","deployment.kubernetes.io/revision":"3",
        "kubectl.kubernetes.io/last-applied-configuration":"{}"}}})");
    strip_momentary_annotations(object, false);
    EXPECT_EQ(object, parse(R"({"metadata":{"annotations":{"deployment.kubernetes.io/revision":"3",
        "kubectl.kubernetes.io/last-applied-configuration":"{}"}}})"));
    strip_momentary_annotations(object, true);
    EXPECT_EQ(object,
              parse(R"({"metadata":{"annotations":{"deployment.kubernetes.io/revision":"3"}}})"));
}

TEST(MetadataRules, DropAnEmptyAnnotationMapAltogether) {
    Json object =
        parse(R"({"metadata":{"annotations":{"control-plane.alpha.kubernetes.io/leader":"x"}}})");
    strip_momentary_annotations(object, false);
    EXPECT_EQ(object, parse(R"({"metadata":{}})"));
}

TEST(MetadataRules, KeepAFinalizerOnlyIfItsControllerCanBeThere) {
    std::vector<std::string> groups = {"example.com", "apps"};
    EXPECT_TRUE(finalizer_belongs_to("widgets.example.com/cleanup", groups));
    EXPECT_TRUE(finalizer_belongs_to("example.com/cleanup", groups));
    EXPECT_TRUE(finalizer_belongs_to("finalizer.acme.io", {"acme.io"}));
    EXPECT_TRUE(finalizer_belongs_to("acme.io/x", {"certs.acme.io"}));
    EXPECT_FALSE(finalizer_belongs_to("myexample.com/cleanup", groups));
    EXPECT_FALSE(finalizer_belongs_to("io/x", {"acme.io"}));
    EXPECT_FALSE(finalizer_belongs_to("apps", groups));

    Json object = parse(R"({"metadata":{"finalizers":["example.com/a","gone.org/b",
        "kubernetes.io/pvc-protection","foregroundDeletion",
        "service.kubernetes.io/load-balancer-cleanup",
        "external-provisioner.volume.kubernetes.io/finalizer",
        "snapshot.storage.kubernetes.io/volumesnapshot-bound-protection"]}})");
    auto dropped = strip_finalizers(
        object, [&](std::string_view name) { return finalizer_belongs_to(name, groups); });
    EXPECT_THAT(dropped, ElementsAre("gone.org/b"));
    EXPECT_EQ(object, parse(R"({"metadata":{"finalizers":["example.com/a"]}})"));
}

TEST(MetadataRules, SurviveObjectsOfTheWrongShape) {
    for (const char* text : {"[]", "1", R"({"metadata":3})", R"({"metadata":{"finalizers":3}})",
                             R"({"metadata":{"annotations":[]}})"}) {
        Json object = parse(text);
        strip_server_metadata(object);
        strip_status(object);
        strip_momentary_annotations(object, true);
        strip_finalizers(object, [](std::string_view) { return true; });
    }
}

}  // namespace
}  // namespace holdfast::engine::rules
