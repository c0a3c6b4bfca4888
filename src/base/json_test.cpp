#include "base/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace holdfast::base {
namespace {

TEST(JsonText, RefusesWhatIsNotJson) {
    for (std::string_view bad : {"", "{", "[1,]", "nul", "{\"a\":1}x", "1e999999"})
        EXPECT_EQ(parse_json(bad).error().code, ErrorCode::InvalidArgument) << bad;
}

TEST(JsonText, ReadsLikeTheReferenceParser) {
    for (const std::string text :
         {R"({"b":[1,-2,18446744073709551615,-9223372036854775808,1.5,1e3,0.1,-0.0],"a":null})",
          R"({"t":true,"f":false,"s":"\u00e9\n\"\\ \ud83d\ude00","e":{},"l":[]})", R"("alone")",
          "7", R"({"a":1,"a":2})", R"([18446744073709551616])"}) {
        const Json reference = Json::parse(text);
        const auto read = parse_json(text);
        ASSERT_TRUE(read) << text;
        EXPECT_EQ(dump_json(*read), dump_json(reference)) << text;
        EXPECT_EQ(read->type(), reference.type());
    }
    const std::string large = "[\"" + std::string(1u << 20, 'x') + "\"]";
    EXPECT_EQ(parse_json(large), Json::parse(large));
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
