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

Result<std::string> unreachable() {
    return fail(ErrorCode::Unavailable, "no answer");
}

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
    auto addressed = []() -> Result<std::string> { return "east-uid"; };
    EXPECT_EQ(find_point(points, "latest", "", addressed)->point.id, points[0].point.id);
    EXPECT_EQ(find_point(points, "latest", "west", unreachable)->point.id, points[1].point.id);
    EXPECT_THAT(find_point(points, "latest", "", unreachable).error().message,
                HasSubstr("--cluster"));
}

}  // namespace
}  // namespace holdfast::app
