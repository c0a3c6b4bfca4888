#include "engine/diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string_view>

namespace holdfast::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Json parse(std::string_view text) {
    return *base::parse_json(text);
}

std::vector<std::string> lines(std::string_view before, std::string_view after,
                               const DiffOptions& options = {}) {
    std::vector<std::string> shown;
    for (const Difference& one : differences(parse(before), parse(after), options))
        shown.push_back(display(one));
    return shown;
}

TEST(Diff, NamesPathsAndBothValues) {
    EXPECT_THAT(lines(R"({"spec":{"replicas":3,"gone":1}})", R"({"spec":{"replicas":5,"new":[]}})"),
                ElementsAre("spec.gone: - 1", "spec.new: + []", "spec.replicas: 3 -> 5"));
}

TEST(Diff, MatchesListItemsByName) {
    EXPECT_THAT(lines(R"({"c":[{"name":"a","image":"1"},{"name":"b","image":"1"}]})",
                      R"({"c":[{"name":"b","image":"2"},{"name":"d","image":"1"}]})"),
                ElementsAre(R"(c[a]: - {"image":"1","name":"a"})", R"(c[b].image: "1" -> "2")",
                            R"(c[d]: + {"image":"1","name":"d"})"));
    EXPECT_THAT(lines(R"({"c":["a","b"]})", R"({"c":["a"]})"), ElementsAre(R"(c[1]: - "b")"));
}

TEST(Diff, IgnoresWhatServersAndControllersSet) {
    EXPECT_THAT(lines(R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"},
        "spec":{"replicas":1}})",
                      R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a",
        "uid":"u","generation":4,"managedFields":[],"annotations":{
        "deployment.kubernetes.io/revision":"2"}},"spec":{"replicas":1},"status":{"x":1}})"),
                IsEmpty());
}

TEST(Diff, ComparesTheStatusOnRequest) {
    DiffOptions options{.with_status = true};
    EXPECT_THAT(
        lines(R"({"kind":"W","status":{"a":1}})", R"({"kind":"W","status":{"a":2}})", options),
        ElementsAre("status.a: 1 -> 2"));
}

TEST(Diff, MasksTheValuesOfSecretsUnlessAsked) {
    constexpr std::string_view kOld =
        R"({"apiVersion":"v1","kind":"Secret","data":{"k":"b2xk","gone":"eA=="},"type":"a"})";
    constexpr std::string_view kNew =
        R"({"apiVersion":"v1","kind":"Secret","data":{"k":"bmV3"},"type":"b"})";
    EXPECT_THAT(lines(kOld, kNew),
                ElementsAre("data.gone: - ***", "data.k: *** -> ***", R"(type: "a" -> "b")"));
    DiffOptions options{.show_secrets = true};
    EXPECT_THAT(lines(kOld, kNew, options),
                ElementsAre(R"(data.gone: - "eA==")", R"(data.k: "b2xk" -> "bmV3")",
                            R"(type: "a" -> "b")"));
    EXPECT_EQ(masked(parse(kOld))["data"]["k"], "***");
    EXPECT_EQ(masked(parse(R"({"kind":"ConfigMap","data":{"k":"v"}})"))["data"]["k"], "v");
}

TEST(Diff, StopsAtItsLimit) {
    DiffOptions options{.max_lines = 2};
    EXPECT_EQ(differences(parse(R"({"a":1,"b":1,"c":1})"), parse("{}"), options).size(), 2u);
}

}  // namespace
}  // namespace holdfast::engine
