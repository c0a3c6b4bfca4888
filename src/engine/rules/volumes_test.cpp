#include "engine/rules/volumes.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace holdfast::engine::rules {
namespace {

Json parse(std::string_view text) {
    return *base::parse_json(text);
}

TEST(VolumeRules, ForgetThatAClaimWasBound) {
    Json claim = parse(R"({"metadata":{"annotations":{"pv.kubernetes.io/bind-completed":"yes",
        "pv.kubernetes.io/bound-by-controller":"yes","volume.kubernetes.io/selected-node":"n1",
        "volume.beta.kubernetes.io/storage-provisioner":"x",
        "volume.kubernetes.io/storage-provisioner":"x","team":"a"}}})");
    strip_claim_binding(claim);
    EXPECT_EQ(claim, parse(R"({"metadata":{"annotations":{"team":"a"}}})"));
}

TEST(VolumeRules, ReleaseAClaimWhoseDataIsNotRestored) {
    Json claim = parse(R"({"spec":{"volumeName":"pv1","storageClassName":"","dataSource":{"kind":
        "VolumeSnapshot","name":"s"},"dataSourceRef":{"kind":"VolumeSnapshot","name":"s"},
        "resources":{"requests":{"storage":"1Gi"}}}})");
    EXPECT_TRUE(release_claim(claim));
    EXPECT_EQ(claim, parse(R"({"spec":{"storageClassName":"",
        "resources":{"requests":{"storage":"1Gi"}}}})"));
    EXPECT_FALSE(release_claim(claim));
}

TEST(VolumeRules, PrebindAStaticVolumeToTheClaimOfThatName) {
    Json volume = parse(R"({"metadata":{"annotations":{"pv.kubernetes.io/bound-by-controller":"yes",
        "pv.kubernetes.io/provisioned-by":"d","pv.kubernetes.io/migrated-to":"csi"}},
        "spec":{"claimRef":{"namespace":"n","name":"c","uid":"u","resourceVersion":"3"}}})");
    prebind_volume(volume);
    EXPECT_EQ(volume, parse(R"({"metadata":{"annotations":{"pv.kubernetes.io/provisioned-by":"d",
        "pv.kubernetes.io/migrated-to":"csi"}},
        "spec":{"claimRef":{"namespace":"n","name":"c"}}})"));
}

TEST(VolumeRules, RestoreStaticVolumesOnly) {
    ObjectPeek volume;
    EXPECT_TRUE(why_volume_not_restored(volume).empty());
    volume.annotations["pv.kubernetes.io/provisioned-by"] = "ebs.csi.aws.com";
    EXPECT_FALSE(why_volume_not_restored(volume).empty());
}

TEST(VolumeRules, BindAReleasedVolumeAgainWhenItsDataWasRetained) {
    Json volume = parse(R"({"spec":{"persistentVolumeReclaimPolicy":"Retain",
        "claimRef":{"namespace":"n","name":"c","uid":"u"}},"status":{"phase":"Released"}})");
    EXPECT_TRUE(can_bind(volume, "n", "c"));
    EXPECT_FALSE(can_bind(volume, "n", "other"));
    EXPECT_FALSE(can_bind(volume, "m", "c"));
    volume["spec"]["persistentVolumeReclaimPolicy"] = "Delete";
    EXPECT_FALSE(can_bind(volume, "n", "c"));
    volume["status"]["phase"] = "Available";
    EXPECT_TRUE(can_bind(volume, "n", "c"));
    volume["status"]["phase"] = "Bound";
    EXPECT_FALSE(can_bind(volume, "n", "c"));
    volume["status"]["phase"] = "Available";
    volume["metadata"]["deletionTimestamp"] = "t";
    EXPECT_FALSE(can_bind(volume, "n", "c"));

    Json young = parse(R"({"spec":{"claimRef":{"namespace":"n","name":"c"}},
        "status":{"phase":"Pending"}})");
    EXPECT_TRUE(can_bind(young, "n", "c"));
    EXPECT_FALSE(can_bind(young, "n", "other"));
    young["spec"]["claimRef"]["uid"] = "u";
    EXPECT_FALSE(can_bind(young, "n", "c"));
    young["spec"].erase("claimRef");
    EXPECT_TRUE(can_bind(young, "n", "other"));
    young["status"]["phase"] = "Failed";
    EXPECT_FALSE(can_bind(young, "n", "other"));

    Json bound = parse(R"({"spec":{"claimRef":{"name":"c","uid":"u","resourceVersion":"1"}}})");
    bound.merge_patch(rebinding_patch());
    EXPECT_EQ(bound, parse(R"({"spec":{"claimRef":{"name":"c"}}})"));
}

}  // namespace
}  // namespace holdfast::engine::rules
