#include "engine/rules/snapshots.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace holdfast::engine::rules {
namespace {

Json parse(std::string_view text) {
    return *base::parse_json(text);
}

ObjectPeek snapshot_object(std::string_view group, std::string_view kind) {
    ObjectPeek peek;
    peek.api_version = std::string(group) + "/v1";
    peek.kind = kind;
    return peek;
}

TEST(SnapshotRules, LeaveOutWhatWouldTakeNewSnapshots) {
    ObjectPeek snapshot = snapshot_object("snapshot.storage.k8s.io", "VolumeSnapshot");
    EXPECT_FALSE(why_snapshot_not_restored(snapshot).empty());
    snapshot.snapshot_content = "snapcontent-1";
    EXPECT_TRUE(why_snapshot_not_restored(snapshot).empty());
    EXPECT_FALSE(why_snapshot_not_restored(
                     snapshot_object("groupsnapshot.storage.k8s.io", "VolumeGroupSnapshot"))
                     .empty());
    EXPECT_TRUE(why_snapshot_not_restored(
                    snapshot_object("groupsnapshot.storage.k8s.io", "VolumeGroupSnapshotClass"))
                    .empty());
    EXPECT_TRUE(
        why_snapshot_not_restored(snapshot_object("snapshot.storage.k8s.io", "VolumeSnapshotClass"))
            .empty());
}

TEST(SnapshotRules, RestoreContentOnlyWhenItsStorageSnapshotOutlivesIt) {
    ObjectPeek content = snapshot_object("snapshot.storage.k8s.io", "VolumeSnapshotContent");
    content.snapshot_handle = "h";
    content.deletion_policy = "Delete";
    EXPECT_FALSE(why_snapshot_not_restored(content).empty());
    content.deletion_policy = "Retain";
    EXPECT_TRUE(why_snapshot_not_restored(content).empty());
    content.snapshot_handle = "";
    EXPECT_FALSE(why_snapshot_not_restored(content).empty());
}

TEST(SnapshotRules, RebuildContentInsteadOfCopyingIt) {
    Json content = parse(R"({"kind":"VolumeSnapshotContent","metadata":{"name":"c","annotations":{
        "snapshot.storage.kubernetes.io/volumesnapshot-being-created":"yes",
        "snapshot.storage.kubernetes.io/deletion-secret-name":"s"}},
        "spec":{"deletionPolicy":"Retain","driver":"d","source":{"volumeHandle":"v"},
        "sourceVolumeMode":"Filesystem","volumeSnapshotClassName":"k",
        "volumeSnapshotRef":{"apiVersion":"x","kind":"VolumeSnapshot","namespace":"n","name":"s",
        "uid":"u","resourceVersion":"4"}},"status":{"snapshotHandle":"h","readyToUse":true}})");
    rebuild_snapshot_content(content);
    EXPECT_EQ(content["spec"], parse(R"({"deletionPolicy":"Retain","driver":"d",
        "source":{"snapshotHandle":"h"},"sourceVolumeMode":"Filesystem",
        "volumeSnapshotClassName":"k","volumeSnapshotRef":{"namespace":"n","name":"s"}})"));
    EXPECT_EQ(content["metadata"]["annotations"],
              parse(R"({"snapshot.storage.kubernetes.io/deletion-secret-name":"s"})"));
}

TEST(SnapshotRules, BindASnapshotToItsContent) {
    Json snapshot = parse(R"({"spec":{"volumeSnapshotClassName":"k",
        "source":{"persistentVolumeClaimName":"data"}},
        "status":{"boundVolumeSnapshotContentName":"c"}})");
    rebuild_snapshot(snapshot);
    EXPECT_EQ(snapshot["spec"], parse(R"({"volumeSnapshotClassName":"k",
        "source":{"volumeSnapshotContentName":"c"}})"));
}

}  // namespace
}  // namespace holdfast::engine::rules
