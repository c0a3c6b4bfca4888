#include "engine/rules/restored_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace holdfast::engine::rules {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Json parse(std::string_view text) {
    return *base::parse_json(text);
}

Surroundings empty_target() {
    return {.has_controller = [](std::string_view) { return false; },
            .owner = [](const OwnerReference&) { return OwnerAnswer{}; },
            .has_volume = [](std::string_view) { return false; }};
}

constexpr std::string_view kClaim = R"({"apiVersion":"v1","kind":"PersistentVolumeClaim",
    "metadata":{"name":"c","namespace":"n","uid":"u","annotations":{
    "pv.kubernetes.io/bind-completed":"yes"},"finalizers":["kubernetes.io/pvc-protection"]},
    "spec":{"volumeName":"pv1","storageClassName":"fast"},"status":{"phase":"Bound"}})";

TEST(RestoredForm, OfAClaimWithoutItsVolumeIsAnEmptyClaim) {
    Json claim = parse(kClaim);
    FormNotes notes = make_restored_form(claim, empty_target());
    EXPECT_TRUE(notes.volume_empty);
    EXPECT_EQ(claim, parse(R"({"apiVersion":"v1","kind":"PersistentVolumeClaim",
        "metadata":{"name":"c","namespace":"n"},"spec":{"storageClassName":"fast"}})"));
}

TEST(RestoredForm, OfAClaimKeepsAVolumeThatIsThere) {
    Json claim = parse(kClaim);
    Surroundings target = empty_target();
    target.has_volume = [](std::string_view volume) { return volume == "pv1"; };
    FormNotes notes = make_restored_form(claim, target);
    EXPECT_FALSE(notes.volume_empty);
    EXPECT_EQ(claim["spec"]["volumeName"], "pv1");
}

TEST(RestoredForm, SaysWhichOwnersAndFinalizersWereDropped) {
    Json object = parse(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a",
        "ownerReferences":[{"apiVersion":"x.org/v1","kind":"W","name":"w","uid":"u"}],
        "finalizers":["x.org/keep"]}})");
    FormNotes notes = make_restored_form(object, empty_target());
    EXPECT_THAT(notes.notes, ElementsAre(HasSubstr("x.org/keep"), HasSubstr("W w")));
    EXPECT_EQ(object["metadata"], parse(R"({"name":"a"})"));
}

TEST(RestoredForm, KeepsTheStatusWhenAsked) {
    Surroundings target = empty_target();
    target.keep_status = true;
    Json object = parse(R"({"apiVersion":"x.org/v1","kind":"W","metadata":{},"status":{"a":1}})");
    make_restored_form(object, target);
    EXPECT_TRUE(object.contains("status"));
    make_restored_form(object, empty_target());
    EXPECT_FALSE(object.contains("status"));
}

TEST(ComparableForm, IsTheSameBeforeAndAfterARestore) {
    Json captured = parse(R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"s",
        "ownerReferences":[{"apiVersion":"x.org/v1","kind":"W","name":"w","uid":"old"}]},
        "spec":{"clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1"]},"status":{}})");
    Json live = parse(R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"s","uid":"new",
        "resourceVersion":"9","creationTimestamp":"t","managedFields":[{}],
        "ownerReferences":[{"apiVersion":"x.org/v1","kind":"W","name":"w","uid":"new"}]},
        "spec":{"clusterIP":"10.0.0.7","clusterIPs":["10.0.0.7"]},"status":{"x":1}})");
    make_comparable_form(captured, false);
    make_comparable_form(live, false);
    EXPECT_EQ(captured, live);
}

TEST(ComparableForm, StillSeesWhatAPersonChanged) {
    Json one = parse(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},
        "data":{"a":"1"}})");
    Json two = parse(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},
        "data":{"a":"2"}})");
    make_comparable_form(one, false);
    make_comparable_form(two, false);
    EXPECT_NE(one, two);
}

}  // namespace
}  // namespace holdfast::engine::rules
