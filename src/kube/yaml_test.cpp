#include "kube/yaml.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace holdfast::kube {
namespace {

TEST(Yaml, HasTheTypesOfTheCoreSchema) {
    const auto json = yaml_to_json(
        "a: 1\nb: -2.5\nc: true\nd: null\ne: ~\nf:\ng: '1'\nh: \"true\"\ni: 0x1f\nj: 1e3\n"
        "k: 1.2.3\nl: yes\nm: 18446744073709551615\nn: !!str 5\no: -x\np: 1_000\nq: 0o17\n"
        "r: .inf\ns: 2026-01-01\nt: +7\n",
        YamlScalars::Typed);
    ASSERT_TRUE(json) << json.error().message;
    const Json expected = {{"a", 1},
                           {"b", -2.5},
                           {"c", true},
                           {"d", nullptr},
                           {"e", nullptr},
                           {"f", nullptr},
                           {"g", "1"},
                           {"h", "true"},
                           {"i", 31},
                           {"j", 1000.0},
                           {"k", "1.2.3"},
                           {"l", "yes"},
                           {"m", 18446744073709551615u},
                           {"n", "5"},
                           {"o", "-x"},
                           {"p", "1_000"},
                           {"q", 15},
                           {"r", ".inf"},
                           {"s", "2026-01-01"},
                           {"t", 7}};
    EXPECT_EQ(*json, expected) << *json;
}

TEST(Yaml, KeepsTextWhenAsked) {
    const auto json = yaml_to_json("a: 012\nb: true\nc:\n", YamlScalars::Text);
    ASSERT_TRUE(json);
    EXPECT_EQ(*json, (Json{{"a", "012"}, {"b", "true"}, {"c", nullptr}}));
}

TEST(Yaml, ReadsJsonAndAliases) {
    EXPECT_EQ(*yaml_to_json(R"({"a":[1,{"b":null}]})", YamlScalars::Typed),
              Json::parse(R"({"a":[1,{"b":null}]})"));
    EXPECT_EQ(*yaml_to_json("a: &x [1]\nb: *x\n", YamlScalars::Typed),
              Json::parse(R"({"a":[1],"b":[1]})"));
    EXPECT_TRUE(yaml_to_json("", YamlScalars::Typed)->is_null());
}

TEST(Yaml, BoundsDepthSizeAndNodes) {
    EXPECT_FALSE(yaml_to_json(std::string(200, '['), YamlScalars::Typed));
    std::string deep = std::string(110, '[') + std::string(110, ']');
    EXPECT_EQ(yaml_to_json(deep, YamlScalars::Typed).error().code, ErrorCode::LimitExceeded);
    EXPECT_FALSE(yaml_to_json("aaaa", YamlScalars::Typed, {.bytes = 3}));
    EXPECT_FALSE(yaml_to_json("[1,2,3]", YamlScalars::Typed, {.nodes = 3}));
    EXPECT_FALSE(yaml_to_json("a: b: c", YamlScalars::Typed));
}

}  // namespace
}  // namespace holdfast::kube
