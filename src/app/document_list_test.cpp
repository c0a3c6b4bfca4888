#include "app/document_list.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "app/yaml.h"

namespace holdfast::app {
namespace {

std::string streamed(const Json& array, Output output) {
    std::string text;
    DocumentList list(output, [&](std::string_view part) { text += part; });
    for (const Json& item : array) list.add(item);
    list.finish();
    return text;
}

const Json kArrays[] = {
    Json::array(),
    Json::array({{{"name", "one"}, {"list", {1, 2}}, {"text", "a\nb\n"}}}),
    Json::array({{{"a", Json::object()}}, {{"b", {{"c", Json::array({{{"d", nullptr}}})}}}}, {}}),
    Json::array({"text", 1, nullptr, Json::array({1})}),
};

TEST(DocumentList, PrintsWhatTheWholeJsonArrayWouldBe) {
    for (const Json& array : kArrays)
        EXPECT_EQ(streamed(array, Output::Json), base::pretty_json(array) + "\n");
}

TEST(DocumentList, PrintsWhatTheWholeYamlArrayWouldBe) {
    for (const Json& array : kArrays) EXPECT_EQ(streamed(array, Output::Yaml), to_yaml(array));
}

TEST(DocumentList, HoldsNoMoreThanItsBuffer) {
    std::size_t longest = 0;
    std::size_t parts = 0;
    DocumentList list(Output::Json, [&](std::string_view part) {
        longest = std::max(longest, part.size());
        ++parts;
    });
    const Json item = {{"text", std::string(1000, 'x')}};
    for (int i = 0; i < 1000; ++i) list.add(item);
    list.finish();
    EXPECT_GT(parts, 10u);
    EXPECT_LT(longest, 100'000u);
}

TEST(DocumentList, PrintsNothingBeforeTheFirstItem) {
    std::string text;
    {
        DocumentList list(Output::Json, [&](std::string_view part) { text += part; });
    }
    EXPECT_EQ(text, "");
}

}  // namespace
}  // namespace holdfast::app
