#include "app/yaml.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace holdfast::app {
namespace {

/// What a YAML parser makes of the text, with the core schema's types for plain scalars.
Json read_yaml(const YAML::Node& node) {
    if (node.IsMap()) {
        Json object = Json::object();
        for (const auto& member : node)
            object[member.first.as<std::string>()] = read_yaml(member.second);
        return object;
    }
    if (node.IsSequence()) {
        Json array = Json::array();
        for (const auto& item : node) array.push_back(read_yaml(item));
        return array;
    }
    if (node.IsNull()) return nullptr;
    if (node.Tag() == "!") return node.as<std::string>();  // quoted or a block
    auto parsed = base::parse_json(node.Scalar());
    return parsed ? *parsed : Json(node.Scalar());
}

void expect_round_trip(const Json& json) {
    std::string text = to_yaml(json);
    EXPECT_EQ(read_yaml(YAML::Load(text)), json) << text;
}

TEST(Yaml, ReadsBackAsEqualJson) {
    expect_round_trip(*base::parse_json(R"({
        "apiVersion": "v1", "kind": "ConfigMap",
        "data": {"a.conf": "line one\nline two\n", "b": "no break at the end\nhere", "c": ""},
        "list": [1, -2.5, true, null, "x", [], {}, [[1], {"a": {"b": [2]}}]],
        "nested": [{"name": "x", "ports": [{"port": 80}]}, {"name": "y"}]})"));
}

TEST(Yaml, QuotesWhatCouldBeTakenForAnotherType) {
    for (const char* text :
         {"true", "No",         "on",      "null",       "~",    "1",           "1e3",
          "0x1f", "1_000",      "12:30",   "2026-11-21", ".5",   "-",           "- a",
          "a: b", "#x",         " x",      "x ",         "",     "'",           "\"",
          "*a",   "&a",         "!a",      "%a",         "@a",   "{",           "[",
          "a,b",  "=",          "<<",      "?",          "|",    "\ttab",       "\n",
          "\n\n", "a\n\nb\n\n", "a\n \nb", " a\nb",      "\x01", "\xc3\xa4\nb", "\xe2\x80\xa8"})
        expect_round_trip({{"value", text}});
}

TEST(Yaml, EscapesWhatJsonAllowsAndYamlDoesNot) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"\x7f", "\\u007f"},         {"\xc2\x80", "\\u0080"},     {"\xc2\x85", "\\u0085"},
        {"\xc2\x9f", "\\u009f"},     {"\xe2\x80\xa8", "\\u2028"}, {"\xe2\x80\xa9", "\\u2029"},
        {"\xef\xbb\xbf", "\\ufeff"}, {"\xef\xbf\xbe", "\\ufffe"}, {"\xef\xbf\xbf", "\\uffff"}};
    for (const auto& [character, escaped] : cases)
        EXPECT_EQ(to_yaml({{"a", "x" + character}}), "a: \"x" + escaped + "\"\n");
    const std::string kept = "\xc2\xa0\xc3\x85\xe2\x80\xa6\xef\xbf\xbd\xf0\x9f\x98\x80";
    EXPECT_EQ(to_yaml({{"a", kept}}), "a: \"" + kept + "\"\n");
}

TEST(Yaml, AnnouncesKeysThatAreLong) {
    const std::string key(2000, 'k');
    for (const Json& value : {Json("text"), Json("a\nb\n"), Json::array({1, 2}), Json{{"a", 1}}}) {
        expect_round_trip({{key, value}});
        expect_round_trip({{"list", Json::array({{{key, value}, {"z", 1}}})}});
    }
}

TEST(Yaml, SurvivesArbitraryStrings) {
    EXPECT_TRUE(rc::check("any string", [](const std::vector<std::string>& texts) {
        Json json = {{"list", Json::array()}, {"map", Json::object()}};
        for (const std::string& text : texts) {
            std::string ascii;
            for (char c : text) ascii.push_back(static_cast<char>(c & 0x7f));
            json["list"].push_back(ascii);
            json["map"][ascii] = ascii;
        }
        RC_ASSERT(read_yaml(YAML::Load(to_yaml(json))) == json);
    }));
}

}  // namespace
}  // namespace holdfast::app
