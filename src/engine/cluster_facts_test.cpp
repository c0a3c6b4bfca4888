#include "engine/cluster_facts.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/json.h"
#include "kube/object_view.h"

namespace holdfast::engine {
namespace {

Json fingerprint_with(std::string_view pod) {
    ClusterFacts facts;
    kube::ObjectView object;
    object.raw = pod;
    facts.observe({.group = "", .version = "v1", .kind = "Pod", .plural = "pods"}, object);
    return *base::parse_json(facts.fingerprint({}));
}

TEST(ClusterFacts, NamesTheImagesOfAPodAndTheDigestsThatRun) {
    Json facts = fingerprint_with(R"({"spec":{"initContainers":[{"image":"init"}],
        "containers":[{"image":"web:1"},{"image":"late:1"}]},"status":{
        "initContainerStatuses":[{"image":"init:latest","imageID":"init@sha256:1"}],
        "containerStatuses":[{"image":"web:1","imageID":"web@sha256:2"},
        {"image":"late:1","imageID":""}]}})");
    EXPECT_EQ(facts["images"], Json::parse(R"(["init","init:latest","late:1","web:1"])"));
    EXPECT_EQ(facts["imageDigests"], Json::parse(R"(["init@sha256:1","web@sha256:2"])"));
}

TEST(ClusterFacts, KnowNoDigestOfAPodThatHasNotRun) {
    Json facts = fingerprint_with(R"({"spec":{"containers":[{"image":"web:1"}]}})");
    EXPECT_EQ(facts["images"], Json::array({"web:1"}));
    EXPECT_EQ(facts["imageDigests"], Json::array());
}

}  // namespace
}  // namespace holdfast::engine
