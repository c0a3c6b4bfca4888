#include "engine/rules/definitions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

namespace holdfast::engine::rules {
namespace {

using testing::HasSubstr;

Json parse(std::string_view text) {
    return *base::parse_json(text);
}

TEST(DefinitionRules, WaitForBothConditions) {
    EXPECT_FALSE(definition_is_ready(parse("{}")));
    EXPECT_FALSE(definition_is_ready(
        parse(R"({"status":{"conditions":[{"type":"Established","status":"True"}]}})")));
    EXPECT_TRUE(definition_is_ready(parse(R"({"status":{"conditions":[
        {"type":"NamesAccepted","status":"True"},{"type":"Established","status":"True"}]}})")));
    EXPECT_FALSE(definition_is_ready(parse(R"({"status":{"conditions":[
        {"type":"NamesAccepted","status":"True"},{"type":"Established","status":"False"}]}})")));
}

TEST(DefinitionRules, TellWhyNamesWereRefused) {
    EXPECT_EQ(definition_problem(parse(R"({"status":{"conditions":[{"type":"NamesAccepted",
        "status":"False","message":"\"widgets\" is already in use"}]}})")),
              "\"widgets\" is already in use");
    EXPECT_EQ(definition_problem(parse("{}")), "");
}

TEST(DefinitionRules, KnowConversionByRenaming) {
    EXPECT_TRUE(converts_by_renaming(parse("{}")));
    EXPECT_TRUE(converts_by_renaming(parse(R"({"spec":{"conversion":{"strategy":"None"}}})")));
    EXPECT_FALSE(converts_by_renaming(parse(R"({"spec":{"conversion":{"strategy":"Webhook"}}})")));
}

TEST(VersionChoice, PrefersTheVersionOfThePoint) {
    std::array<std::string, 2> served = {"v2", "v1"};
    EXPECT_EQ(choose_version("v1", served, false), "v1");
    EXPECT_EQ(choose_version("v1", served, true), "v1");
}

TEST(VersionChoice, TakesThePreferredOneWhenVersionsDifferByNameOnly) {
    std::array<std::string, 2> served = {"v2", "v1"};
    EXPECT_EQ(choose_version("v1beta1", served, true), "v2");
}

TEST(VersionChoice, SaysWhyThereIsNone) {
    std::array<std::string, 2> served = {"v2", "v1"};
    auto none = choose_version("v1beta1", served, false);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(none.error().message, HasSubstr("v2, v1"));
    EXPECT_THAT(none.error().message, HasSubstr("v1beta1"));
    EXPECT_FALSE(choose_version("v1", {}, true));
}

}  // namespace
}  // namespace holdfast::engine::rules
