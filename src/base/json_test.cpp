#include "base/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace holdfast::base {
namespace {

TEST(JsonText, RefusesWhatIsNotJson) {
    for (std::string_view bad : {"", "{", "[1,]", "nul", "{\"a\":1}x", "1e999999"})
        EXPECT_EQ(parse_json(bad).error().code, ErrorCode::InvalidArgument) << bad;
}

TEST(JsonText, RefusesDepthAndSizeBeyondTheLimits) {
    EXPECT_EQ(parse_json(std::string(600, '['), {}).error().code, ErrorCode::LimitExceeded);
    EXPECT_EQ(parse_json("[1,2,3]", {.bytes = 3}).error().code, ErrorCode::LimitExceeded);
    EXPECT_TRUE(parse_json(R"(["[[[[[["])", {.depth = 1}));
}

TEST(JsonLookup, FindsByPointer) {
    Json json = *parse_json(R"({"a":[{"b/c":"x"}],"n":7,"t":true})");
    EXPECT_EQ(text_at(json, "/a/0/b~1c"), "x");
    EXPECT_EQ(integer_at(json, "/n"), 7);
    EXPECT_TRUE(bool_at(json, "/t"));
    EXPECT_EQ(find_json(json, "/a/1"), nullptr);
    EXPECT_EQ(find_json(json, "/n/x"), nullptr);
    EXPECT_EQ(text_at(json, "/n", "none"), "none");
}

}  // namespace
}  // namespace holdfast::base
