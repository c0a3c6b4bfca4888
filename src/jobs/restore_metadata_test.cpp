#include "jobs/restore_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "engine/selection.h"

namespace holdfast::jobs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string problem(const std::map<std::string, std::string>& metadata) {
    auto request = read_restore_metadata(metadata);
    EXPECT_FALSE(request);
    return request ? "" : request.error().message;
}

TEST(RestoreMetadata, ReadsTheExamplesOfTheGuide) {
    auto request = read_restore_metadata({{"clusterName", "existing-cluster"},
                                          {"newCluster", "false"},
                                          {"namespaceLevelRestore", "true"},
                                          {"namespaces", R"(["ns-1","ns-2"])"}});
    ASSERT_TRUE(request) << request.error().message;
    EXPECT_EQ(request->cluster_name, "existing-cluster");
    EXPECT_THAT(request->options.selection.namespaces, ElementsAre("ns-1", "ns-2"));
    EXPECT_EQ(request->options.selection.cluster_scoped, engine::ClusterScoped::None);
    EXPECT_EQ(request->options.existing, engine::ExistingPolicy::Skip);

    const std::string nested = R"({"arn:aws:ec2:us-west-2::snapshot/snap-abc123":)"
                               R"("{\"AvailabilityZone\":\"us-west-2a\"}"})";
    request =
        read_restore_metadata({{"clusterName", "existing-cluster"}, {"nestedrestorejobs", nested}});
    ASSERT_TRUE(request) << request.error().message;
    EXPECT_THAT(request->nested_points, ElementsAre("arn:aws:ec2:us-west-2::snapshot/snap-abc123"));
}

TEST(RestoreMetadata, TakesKeysInAnyCaseAndDocumentsWithinTexts) {
    auto request = read_restore_metadata({{"CLUSTERNAME", "c"},
                                          {"kubernetesrestoreorder", R"("[\"v1/secrets\"]")"},
                                          {"NamespaceMappings", R"({"old":"new"})"},
                                          {"existingResourcePolicy", "Update"}});
    ASSERT_TRUE(request) << request.error().message;
    EXPECT_THAT(request->options.order, ElementsAre("v1/secrets"));
    EXPECT_EQ(request->options.mappings.namespaces.at("old"), "new");
    EXPECT_EQ(request->options.existing, engine::ExistingPolicy::Update);
}

TEST(RestoreMetadata, PassesOverWhatOnlyANewClusterNeeds) {
    EXPECT_TRUE(read_restore_metadata(
        {{"clusterName", "c"}, {"newCluster", "false"}, {"eksClusterVersion", "1.33"}}));
}

TEST(RestoreMetadata, NamesWhatItCannotTake) {
    EXPECT_THAT(problem({}), HasSubstr("clusterName"));
    EXPECT_THAT(problem({{"clusterName", "c"}, {"newCluster", "true"}}),
                HasSubstr("cannot make a new cluster"));
    EXPECT_THAT(problem({{"clusterName", "c"}, {"newCluster", "yes"}}),
                HasSubstr("newCluster must be \"true\" or \"false\""));
    EXPECT_THAT(problem({{"clusterName", "c"}, {"restoreType", "all"}}),
                HasSubstr("Unknown restore metadata key: restoreType"));
    EXPECT_THAT(problem({{"clusterName", "c"}, {"namespaces", "ns-1"}}), HasSubstr("namespaces"));
    EXPECT_THAT(problem({{"clusterName", "c"},
                         {"namespaceLevelRestore", "true"},
                         {"namespaces", R"({"a":1})"}}),
                HasSubstr("must be a JSON list of texts"));
    EXPECT_THAT(problem({{"clusterName", "c"}, {"namespaces", R"(["a"])"}}),
                HasSubstr("namespaceLevelRestore"));
    EXPECT_THAT(problem({{"clusterName", "c"}, {"existingResourcePolicy", "overwrite"}}),
                HasSubstr("existingResourcePolicy"));
    EXPECT_THAT(problem({{"clusterName", "c"}, {"namespaceMappings", R"({"a":1})"}}),
                HasSubstr("must be a JSON object of texts"));
}

}  // namespace
}  // namespace holdfast::jobs
