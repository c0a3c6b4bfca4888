#include "jobs/names.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

#include "base/bytes.h"

namespace holdfast::jobs {
namespace {

const Home kHome = {.partition = "aws-cn", .region = "cn-north-1", .account = "123456789012"};
const Time kNow = *base::from_rfc3339("2026-01-02T03:04:05.678Z");

/// The characters of a UUID by their kind: h for a hexadecimal digit.
std::string shape_of(const std::string& text) {
    std::string shape = text;
    for (char& c : shape)
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) c = 'h';
    return shape;
}

constexpr const char* kUuidShape = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";

TEST(Names, JobIdsAreUpperCaseAndSortByTime) {
    base::SeededRandom random(1);
    const JobId first = new_job_id(kNow, random);
    const JobId second = new_job_id(kNow + base::Millis(1), random);
    EXPECT_LT(first, second);
    EXPECT_EQ(first.text[14], '7');
    EXPECT_TRUE(std::ranges::none_of(first.text, [](char c) { return c >= 'a' && c <= 'z'; }));
    EXPECT_EQ(shape_of(base::to_rfc3339(kNow)).size(), 20u);
    std::string lower = first.text;
    for (char& c : lower) c = static_cast<char>(std::tolower(c));
    EXPECT_EQ(shape_of(lower), kUuidShape);
}

TEST(Names, OtherIdsAreLowerCase) {
    base::SeededRandom random(2);
    EXPECT_EQ(shape_of(new_id<PlanId>(random).text), kUuidShape);
    EXPECT_EQ(shape_of(new_id<HoldId>(random).text), kUuidShape);
    EXPECT_NE(new_id<RuleId>(random), new_id<RuleId>(random));
}

TEST(Names, AVersionIsTheTextOfAUuidInBase64) {
    base::SeededRandom random(3);
    const PlanVersionId version = new_plan_version_id(random);
    EXPECT_EQ(version.text.size(), 48u);
    EXPECT_EQ(shape_of(base::to_text(*base::from_base64(version.text))), kUuidShape);
}

TEST(Names, ArnsAreThoseOfAws) {
    EXPECT_EQ(cluster_arn(kHome, "shop"), "arn:aws-cn:eks:cn-north-1:123456789012:cluster/shop");
    EXPECT_EQ(vault_arn(kHome, "Default"),
              "arn:aws-cn:backup:cn-north-1:123456789012:backup-vault:Default");
    EXPECT_EQ(plan_arn(kHome, {"p"}), "arn:aws-cn:backup:cn-north-1:123456789012:backup-plan:p");
    EXPECT_EQ(selection_arn(kHome, {"s"}), "arn:aws-cn:backup:cn-north-1:123456789012:selection:s");
    EXPECT_EQ(hold_arn(kHome, {"h"}), "arn:aws-cn:backup:cn-north-1:123456789012:legal-hold:h");
}

TEST(Names, APointHasItsClusterAndItsSecond) {
    base::SeededRandom random(4);
    const std::string name = new_point_name("my-shop", kNow, random);
    EXPECT_TRUE(name.starts_with("my-shop-20260102030405")) << name;
    EXPECT_EQ(name.size(), std::string("my-shop-20260102030405").size() + 6);
    PointArn arn = {.home = kHome, .kind = PointKind::State, .point_name = name};
    EXPECT_EQ(arn.cluster(), "my-shop");
    EXPECT_EQ(arn.text(), "arn:aws-cn:backup:cn-north-1:123456789012:recovery-point:eks/" + name);
    EXPECT_EQ(*parse_point_arn(arn.text()), arn);
    arn.kind = PointKind::Composite;
    EXPECT_EQ(arn.text(),
              "arn:aws-cn:backup:cn-north-1:123456789012:recovery-point:composite:eks/" + name);
    EXPECT_EQ(*parse_point_arn(arn.text()), arn);
}

TEST(Names, PointsOfOneSecondRarelyDrawTheSameDigits) {
    base::SeededRandom random(5);
    std::set<std::string> names;
    for (int i = 0; i < 100; ++i) names.insert(new_point_name("c", kNow, random));
    EXPECT_GT(names.size(), 98u);
}

TEST(Names, RefusesWhatIsNoArnOfAPoint) {
    const std::string good =
        "arn:aws:backup:us-east-1:123456789012:recovery-point:eks/"
        "c-20260102030405000001";
    ASSERT_TRUE(parse_point_arn(good));
    for (const char* text :
         {"", "arn", ":::::::",
          "arn:aws:backup:us-east-1:123456789012:recovery-point:eks/c-2026010203040500000",
          "arn:aws:backup:us-east-1:123456789012:recovery-point:eks/c-2026010203040500000x",
          "arn:aws:backup:us-east-1:123456789012:recovery-point:eks/20260102030405000001",
          "arn:aws:backup:us-east-1:123456789012:recovery-point:eks/-20260102030405000001",
          "arn:aws:backup:us-east-1:123456789012:recovery-point:eks/a/b-20260102030405000001",
          "arn:aws:backup:us-east-1:123456789012:recovery-point:c-20260102030405000001",
          "arn:aws:backup:us-east-1:123456789012:recovery-point:other:eks/c-20260102030405000001",
          "arn:aws:backup:us-east-1:123456789012:backup-vault:eks/c-20260102030405000001",
          "arn:aws:eks:us-east-1:123456789012:recovery-point:eks/c-20260102030405000001",
          "arn:aws:backup:us-east-1::recovery-point:eks/c-20260102030405000001",
          "arn:aws:ec2:us-east-1::snapshot/snap-1"}) {
        const Result<PointArn> arn = parse_point_arn(text);
        ASSERT_FALSE(arn) << text;
        EXPECT_EQ(arn.error().code, ErrorCode::InvalidArgument);
    }
}

}  // namespace
}  // namespace holdfast::jobs
