#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "base/file.h"
#include "base/json.h"

namespace holdfast::engine::rules {
namespace {

/// How many rules each chapter of Kubernetes' behaviour has that matter to backup and restore.
const std::map<std::string, int> kRules = {{"G1", 8}, {"G2", 5},  {"G3", 8}, {"G4", 4}, {"G5", 4},
                                           {"G6", 2}, {"G7", 12}, {"G8", 7}, {"G9", 6}, {"G10", 4}};

std::string text_of_files(bool tests) {
    std::ostringstream all;
    const std::filesystem::path root =
        std::filesystem::path(HOLDFAST_TEST_DATA) / ".." / ".." / "src" / "engine";
    for (const auto& file : std::filesystem::recursive_directory_iterator(root)) {
        std::string name = file.path().filename().string();
        bool code = name.ends_with(".cpp") || name.ends_with(".h");
        if (code && name.ends_with("_test.cpp") == tests) all << std::ifstream(file.path()).rdbuf();
    }
    return all.str();
}

Json table() {
    auto text = base::read_file(HOLDFAST_TEST_DATA "/kubernetes_rules.json", 1u << 20);
    EXPECT_TRUE(text);
    auto json = base::parse_json(text ? *text : "[]");
    EXPECT_TRUE(json);
    return json ? *json : Json::array();
}

/// "tests/e2e/test_x.py::test_y": whether the file has that function.
bool has_end_to_end_test(const std::string& name) {
    const std::size_t colons = name.find("::");
    const std::string file = std::string(HOLDFAST_TEST_DATA) + "/../../" + name.substr(0, colons);
    const auto text = base::read_file(file, 1u << 20);
    return text && colons != std::string::npos &&
           text->contains("\ndef " + name.substr(colons + 2) + "(");
}

/// A test of the engine is named "Suite.Test", one of the program by its file and function.
bool has_test(const std::string& tests, const std::string& name) {
    if (name.starts_with("tests/e2e/")) return has_end_to_end_test(name);
    std::size_t dot = name.find('.');
    std::string rest = name.substr(0, dot) + ", " + name.substr(dot + 1) + ")";
    return tests.contains("TEST(" + rest) || tests.contains("TEST_F(" + rest);
}

TEST(RulesTable, CoversEveryRule) {
    std::set<std::string> expected;
    for (const auto& [chapter, count] : kRules)
        for (int i = 1; i <= count; ++i) expected.insert(chapter + "." + std::to_string(i));
    std::set<std::string> found;
    for (const Json& row : table())
        EXPECT_TRUE(found.insert(base::text_at(row, "/id")).second) << row.dump();
    EXPECT_EQ(found, expected);
}

TEST(RulesTable, NamesAFunctionAndATestOrSaysWhyThereIsNone) {
    const std::string code = text_of_files(false);
    const std::string tests = text_of_files(true);
    for (const Json& row : table()) {
        std::string id = base::text_at(row, "/id");
        EXPECT_FALSE(base::text_at(row, "/title").empty()) << id;
        if (!base::text_at(row, "/excluded").empty()) continue;
        ASSERT_TRUE(row.contains("functions") && !row["functions"].empty()) << id;
        ASSERT_TRUE(row.contains("tests") && !row["tests"].empty()) << id;
        for (const Json& function : row["functions"])
            EXPECT_TRUE(code.contains(function.get<std::string>() + "(")) << id << function;
        for (const Json& test : row["tests"])
            EXPECT_TRUE(has_test(tests, test.get<std::string>())) << id << test;
    }
}

TEST(RulesTable, KnowsWhichTestsThereAre) {
    const std::string tests = text_of_files(true);
    EXPECT_TRUE(has_test(tests, "RulesTable.CoversEveryRule"));
    EXPECT_FALSE(has_test(tests, "RulesTable.CoversNoRule"));
    const std::string file = "tests/e2e/test_restore.py";
    EXPECT_TRUE(has_test(tests, file + "::test_a_deleted_namespace_comes_back_as_it_was"));
    EXPECT_FALSE(has_test(tests, file + "::test_a_deleted_namespace"));
    EXPECT_FALSE(has_test(tests, file));
    EXPECT_FALSE(has_test(tests, "tests/e2e/test_nothing.py::test_a"));
}

}  // namespace
}  // namespace holdfast::engine::rules
