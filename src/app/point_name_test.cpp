#include "app/point_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "repo/ids.h"

namespace holdfast::app {
namespace {

using testing::HasSubstr;

ListedPoint point(const std::string& digit, const std::string& cluster) {
    ListedPoint listed;
    std::string id;
    while (id.size() < repo::PointId::kDigits) id += digit;
    listed.point.id = *repo::PointId::parse(id);
    listed.summary.cluster = {.uid = cluster + "-uid", .context = cluster};
    return listed;
}

Result<std::string> no_answer() {
    return fail(ErrorCode::Unavailable, "no answer");
}

const AddressedCluster unreachable{.uid = no_answer, .tell = {}};

/// A cluster that the caller chose, and what was told about it.
struct Chosen {
    std::string told;
    AddressedCluster cluster;

    explicit Chosen(Result<std::string> uid, bool may_be_another = false)
        : cluster{.uid = [uid] { return uid; },
                  .chosen = true,
                  .may_be_another = may_be_another,
                  .tell = [this](std::string_view sentence) { told += sentence; }} {}
    Chosen(const Chosen&) = delete;
    Chosen& operator=(const Chosen&) = delete;
};

TEST(PointName, TakesAUniquePrefix) {
    std::vector points = {point("a", "east"), point("b", "east")};
    EXPECT_EQ(find_point(points, "bb", "", unreachable)->point.id, points[1].point.id);
}

TEST(PointName, ListsThePointsThatAPrefixFits) {
    std::vector points = {point("a", "east"), point("ab", "east")};
    auto found = find_point(points, "a", "", unreachable);
    EXPECT_EQ(found.error().code, ErrorCode::InvalidArgument);
    EXPECT_THAT(found.error().message, HasSubstr("abababababab"));
}

TEST(PointName, ListsThePointsWhenNoneFits) {
    std::vector points = {point("a", "east")};
    auto found = find_point(points, "f", "", unreachable);
    EXPECT_EQ(found.error().code, ErrorCode::NotFound);
    EXPECT_THAT(found.error().message, HasSubstr("aaaaaaaaaaaa"));
}

TEST(PointName, TakesTheLatestOfTheOnlyClusterWithoutAskingIt) {
    std::vector points = {point("a", "east"), point("b", "east")};
    EXPECT_EQ(find_point(points, "latest", "", unreachable)->point.id, points[1].point.id);
}

TEST(PointName, TakesTheLatestOfTheAddressedCluster) {
    std::vector points = {point("a", "east"), point("b", "west")};
    Chosen east("east-uid");
    EXPECT_EQ(find_point(points, "latest", "", east.cluster)->point.id, points[0].point.id);
    EXPECT_EQ(find_point(points, "latest", "west", unreachable)->point.id, points[1].point.id);
    EXPECT_THAT(find_point(points, "latest", "", unreachable).error().message,
                HasSubstr("--cluster"));
    EXPECT_EQ(east.told, "");
}

TEST(PointName, TakesNoOtherClustersPointForTheOneThatWasChosen) {
    std::vector points = {point("a", "east")};
    Chosen west("west-uid");
    auto found = find_point(points, "latest", "", west.cluster);
    EXPECT_EQ(found.error().code, ErrorCode::NotFound);
    EXPECT_THAT(found.error().message, HasSubstr("no point is of cluster 'west-uid'"));
    EXPECT_THAT(found.error().message, HasSubstr("--cluster"));
    EXPECT_EQ(find_point(points, "latest", "east", west.cluster)->point.id, points[0].point.id);
}

TEST(PointName, SaysThatItTakesTheOnlyClusterWhenTheChosenOneCannotBeAsked) {
    std::vector points = {point("a", "east")};
    for (const Result<std::string>& answer :
         {no_answer(), Result<std::string>("server:https://10.0.0.1")}) {
        Chosen silent(answer);
        EXPECT_EQ(find_point(points, "latest", "", silent.cluster)->point.id, points[0].point.id);
        EXPECT_THAT(silent.told, HasSubstr("taken to be of east (east-uid)"));
    }
    points.push_back(point("b", "west"));
    Chosen silent(no_answer());
    EXPECT_EQ(find_point(points, "latest", "", silent.cluster).error().code,
              ErrorCode::Unavailable);
}

TEST(PointName, LetsARestoreGoIntoAnotherClusterAndSaysWhoseThePointIs) {
    std::vector points = {point("a", "east")};
    Chosen fresh("new-uid", true);
    EXPECT_EQ(find_point(points, "latest", "", fresh.cluster)->point.id, points[0].point.id);
    EXPECT_THAT(fresh.told, HasSubstr("taken to be of east (east-uid)"));
    points.push_back(point("b", "west"));
    EXPECT_THAT(find_point(points, "latest", "", fresh.cluster).error().message,
                HasSubstr("--cluster"));
}

TEST(PointName, ListsTheClustersOnce) {
    EXPECT_EQ(clusters_of({point("a", "east"), point("b", "west"), point("c", "east")}),
              "east (east-uid), west (west-uid)");
}

}  // namespace
}  // namespace holdfast::app
