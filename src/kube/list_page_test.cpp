#include "kube/list_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/random.h"
#include "kube/object_view.h"

namespace holdfast::kube {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<ListPage> parse(std::string_view text) {
    static ListParser parser;
    return parser.parse(base::to_bytes(text));
}

/// The captured form of the only item of a list.
std::string captured(const std::string& item) {
    const Result<ListPage> page = parse("{\"items\":[" + item + "]}");
    if (!page) return page.error().message;
    if (page->items.size() != 1) return "not one item";
    return base::to_text(captured_form(page->items[0], "v1", "Thing"));
}

constexpr std::string_view kHead = R"({"apiVersion":"v1","kind":"Thing",)";

std::string with_head(std::string_view rest) {
    return std::string(kHead) + std::string(rest);
}

TEST(ListPage, HasTheMetadataOfTheList) {
    const auto page =
        parse(R"({"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"12",)"
              R"("continue":"abc","remainingItemCount":7},"items":[]})");
    ASSERT_TRUE(page);
    EXPECT_EQ(page->resource_version, "12");
    EXPECT_EQ(page->continue_token, "abc");
    EXPECT_EQ(page->remaining, 7);
    EXPECT_TRUE(page->items.empty());
}

TEST(ListPage, MayHaveItsMembersInAnyOrderAndNoItemsAtAll) {
    const auto page = parse(R"( { "items" : null , "metadata" : {"resourceVersion":"5"} } )");
    ASSERT_TRUE(page);
    EXPECT_EQ(page->resource_version, "5");
    EXPECT_TRUE(page->items.empty());
    EXPECT_FALSE(page->remaining);
}

TEST(ListPage, ShowsTheMetadataOfAnObject) {
    const auto page = parse(
        R"({"items":[{"metadata":{"name":"a","namespace":"b","uid":"u","resourceVersion":"9",)"
        R"("generation":3,"creationTimestamp":"2026-01-01T00:00:00Z","deletionTimestamp":)"
        R"("2026-01-02T00:00:00Z","labels":{"x":"y"},"annotations":{"p":"q"},)"
        R"("ownerReferences":[{"uid":"o"}],"managedFields":[{}]},)"
        R"("spec":{"metadata":{"name":"no"}}}]})");
    ASSERT_TRUE(page);
    ASSERT_EQ(page->items.size(), 1u);
    const ObjectView& object = page->items[0];
    EXPECT_EQ(object.name, "a");
    EXPECT_EQ(object.ns, "b");
    EXPECT_EQ(object.uid, "u");
    EXPECT_EQ(object.resource_version, "9");
    EXPECT_EQ(object.generation, "3");
    EXPECT_EQ(object.creation_timestamp, "2026-01-01T00:00:00Z");
    EXPECT_EQ(object.deletion_timestamp, "2026-01-02T00:00:00Z");
    EXPECT_EQ(object.owner_references, R"([{"uid":"o"}])");
    EXPECT_EQ(object.managed_fields, "[{}]");
    EXPECT_TRUE(object.owned);
    EXPECT_EQ(read_labels(object.labels), (Labels{{"x", "y"}}));
    EXPECT_EQ(read_labels(object.annotations), (Labels{{"p", "q"}}));
}

TEST(ListPage, TakesNullAndEmptyMetadataForAbsent) {
    const auto page =
        parse(R"({"items":[{"metadata":{"name":"a","deletionTimestamp":null,"labels":null,)"
              R"("ownerReferences":[ ]}},{"metadata":{}},{}]})");
    ASSERT_TRUE(page);
    ASSERT_EQ(page->items.size(), 3u);
    EXPECT_EQ(page->items[0].deletion_timestamp, "");
    EXPECT_FALSE(page->items[0].owned);
    EXPECT_TRUE(read_labels(page->items[0].labels).empty());
    EXPECT_EQ(page->items[1].name, "");
}

TEST(ListPage, UnescapesNamesButNotObjects) {
    const auto page =
        parse(R"({"items":[{"metadata":{"name":"a\u003cb\"c","uid":"1"},"data":"\u003c"}]})");
    ASSERT_TRUE(page);
    EXPECT_EQ(page->items[0].name, "a<b\"c");
    EXPECT_EQ(captured(R"({"metadata":{"name":"a\u003cb","uid":"1"},"data":"\u003c"})"),
              with_head(R"("metadata":{"name":"a\u003cb"},"data":"\u003c"})"));
}

TEST(ListPage, KnowsTheLabelThatExcludes) {
    const auto page =
        parse(R"({"items":[{"metadata":{"labels":{"velero.io/exclude-from-backup":"true"}}},)"
              R"({"metadata":{"labels":{"velero.io/exclude-from-backup":"false"}}},)"
              R"({"metadata":{"labels":{"velero.io/exclude\u002dfrom-backup":"true"}}},)"
              R"({"metadata":{"annotations":{"velero.io/exclude-from-backup":"true"}}}]})");
    ASSERT_TRUE(page);
    std::vector<bool> excluded;
    for (const ObjectView& object : page->items) excluded.push_back(object.excluded_by_label);
    EXPECT_THAT(excluded, ElementsAre(true, false, true, false));
}

TEST(CapturedForm, CutsWhatTheServerMadeWhereverItStands) {
    const struct {
        std::string_view before;
        std::string_view after;
    } cases[] = {
        {.before = R"("uid":"1","name":"a")", .after = R"("name":"a")"},
        {.before = R"("name":"a","uid":"1")", .after = R"("name":"a")"},
        {.before = R"("name":"a","uid":"1","labels":{})", .after = R"("name":"a","labels":{})"},
        {.before = R"("uid":"1","resourceVersion":"2","name":"a")", .after = R"("name":"a")"},
        {.before = R"("name":"a","uid":"1","resourceVersion":"2")", .after = R"("name":"a")"},
        {.before = R"("uid":"1","name":"a","selfLink":"/x","labels":{},"generation":4)",
         .after = R"("name":"a","labels":{})"},
        {.before = R"("uid":"1")", .after = ""},
        {.before = R"("uid":"1","resourceVersion":"2","generation":1,"creationTimestamp":null,)"
                   R"("selfLink":"","managedFields":[{"f":{"a":[1,2]}}])",
         .after = ""},
    };
    for (const auto& [before, after] : cases) {
        EXPECT_EQ(captured(fmt::format(R"({{"metadata":{{{}}}}})", before)),
                  with_head(fmt::format(R"("metadata":{{{}}}}})", after)))
            << before;
    }
}

TEST(CapturedForm, KeepsWhiteSpaceThatIsNotCut) {
    EXPECT_EQ(captured("{ \"metadata\" : { \"uid\" : \"1\" , \"name\" : \"a\" , \"generation\" : 2 "
                       "} , \"spec\" : 1.0 }"),
              with_head("\"metadata\" : { \"name\" : \"a\" } , \"spec\" : 1.0 }"));
}

TEST(CapturedForm, KeepsNumbersAndNullsAsTheServerWroteThem) {
    const std::string rest =
        R"("metadata":{"name":"a"},"spec":{"n":1.50,"big":123456789012345678901234567890,)"
        R"("e":1E+2,"nothing":null,"zero":-0}})";
    EXPECT_EQ(captured("{" + rest), with_head(rest));
}

TEST(CapturedForm, KeepsTheObjectsOwnVersionAndKind) {
    EXPECT_EQ(captured(R"({"apiVersion":"a/v1","kind":"K","metadata":{"name":"a"}})"),
              R"({"apiVersion":"a/v1","kind":"K","metadata":{"name":"a"}})");
    EXPECT_EQ(captured(R"({"metadata":{"name":"a"},"kind":"K"})"),
              R"({"apiVersion":"v1","metadata":{"name":"a"},"kind":"K"})");
    EXPECT_EQ(captured(R"({"apiVersion":"a/v1","metadata":{"name":"a"}})"),
              R"({"kind":"Thing","apiVersion":"a/v1","metadata":{"name":"a"}})");
    EXPECT_EQ(captured("{ }"), R"({"apiVersion":"v1","kind":"Thing"})");
}

TEST(CapturedForm, LeavesTheMetadataOfTemplatesAlone) {
    const std::string rest =
        R"("metadata":{"name":"a"},"spec":{"template":{"metadata":{"uid":"x","generation":1}}}})";
    EXPECT_EQ(captured("{" + rest), with_head(rest));
}

TEST(ListPage, RefusesWhatIsNoList) {
    const std::string_view refused[] = {
        "",
        "[]",
        "{}",
        "nonsense",
        R"({"items":{}})",
        R"({"items":nul})",
        R"({"items":[{"kind":""}]})",
        R"({"items":[1]})",
        R"({"items":[{"metadata":[]}]})",
        R"({"items":[{"metadata":{"name":1}}]})",
        R"({"items":[{"metadata":{"name":"a","name":"b"}}]})",
        R"({"items":[{"metadata":{},"metadata":{}}]})",
        R"({"items":[],"items":[]})",
        R"({"items":[{"metadata":{"name":"a"}})",
        R"({"items":[]} more)",
        R"({"items":[{"metadata":{"uid":}}]})",
    };
    for (const std::string_view text : refused) {
        const auto page = parse(text);
        ASSERT_FALSE(page) << text;
        EXPECT_EQ(page.error().code, ErrorCode::Corrupted) << text;
    }
}

TEST(ListPage, OutlivesTheParserAndGivesItsBufferBack) {
    auto parser = std::make_unique<ListParser>();
    auto page = parser->parse(base::to_bytes(R"({"items":[{"metadata":{"name":"kept"}}]})"));
    ASSERT_TRUE(page);
    parser.reset();
    EXPECT_EQ(page->items[0].name, "kept");
    ListParser second;
    {
        auto gone = second.parse(base::to_bytes(R"({"items":[]})"));
    }
    EXPECT_GT(second.take_buffer().capacity(), 0u);
}

/// Random objects with members in any order and white space anywhere.
class Generator {
public:
    explicit Generator(std::uint64_t seed) : random_(seed) {}

    std::string object() {
        std::vector<std::string> members;
        if (chance(2)) members.push_back(member("apiVersion", R"("g/v1")"));
        if (chance(2)) members.push_back(member("kind", R"("K")"));
        if (!chance(8)) members.push_back(member("metadata", metadata()));
        if (chance(2)) members.push_back(member("spec", value(0)));
        if (chance(2)) members.push_back(member("status", value(0)));
        return braces(std::move(members));
    }

private:
    bool chance(std::uint64_t of) { return random_.below(of) == 0; }
    std::string space() {
        static constexpr std::string_view kSpaces[] = {"", "", "", "", " ", "\n  ", "\t", " \r\n"};
        return std::string(kSpaces[random_.below(std::size(kSpaces))]);
    }
    std::string member(std::string_view key, const std::string& content) {
        return fmt::format("{}\"{}\"{}:{}{}{}", space(), key, space(), space(), content, space());
    }
    std::string braces(std::vector<std::string> members) {
        for (std::size_t i = members.size(); i > 1; --i) {
            std::swap(members[i - 1], members[random_.below(i)]);
        }
        std::string text = "{" + (members.empty() ? space() : "");
        for (std::size_t i = 0; i < members.size(); ++i) text += (i > 0 ? "," : "") + members[i];
        return text + "}";
    }
    std::string metadata() {
        std::vector<std::string> members;
        const std::pair<const char*, const char*> known[] = {
            {"name", R"("n\u0061\"me")"},
            {"namespace", R"("ns")"},
            {"uid", R"("u-1")"},
            {"resourceVersion", R"("42")"},
            {"generation", "17"},
            {"creationTimestamp", R"("2026-01-01T00:00:00Z")"},
            {"selfLink", R"("/a,b")"},
            {"managedFields", R"([{"a":{"}":"]"}}, 1])"},
            {"labels", R"({ "a" : "b" })"},
        };
        for (const auto& [key, content] : known) {
            if (!chance(3)) members.push_back(member(key, content));
        }
        if (chance(3)) members.push_back(member("other", value(0)));
        return braces(std::move(members));
    }
    std::string value(int depth) {
        static constexpr std::string_view kScalars[] = {
            "null", "true", "1.50", "-0", R"("text, with } and \" and \\")", "[]", "{}", R"("")"};
        if (depth > 3 || chance(2))
            return std::string(kScalars[random_.below(std::size(kScalars))]);
        if (chance(2)) return "[" + value(depth + 1) + space() + "," + value(depth + 1) + "]";
        std::vector<std::string> members;
        for (std::uint64_t i = 0; i < random_.below(4); ++i) {
            members.push_back(member(fmt::format("k{}", i), value(depth + 1)));
        }
        return braces(std::move(members));
    }

    base::SeededRandom random_;
};

TEST(CapturedForm, EqualsWhatADocumentModelWouldGive) {
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        Generator generator(seed);
        const std::string text = generator.object();
        Json expected = *base::parse_json(text);
        const bool has_version = expected.contains("apiVersion");
        const bool has_kind = expected.contains("kind");
        if (expected.contains("metadata")) {
            for (const char* key : {"managedFields", "resourceVersion", "uid", "generation",
                                    "creationTimestamp", "selfLink"}) {
                expected["metadata"].erase(key);
            }
        }
        if (!has_version) expected["apiVersion"] = "v1";
        if (!has_kind) expected["kind"] = "Thing";
        const std::string form = captured(text);
        const Result<Json> actual = base::parse_json(form);
        ASSERT_TRUE(actual) << text << "\n" << form;
        EXPECT_EQ(*actual, expected) << text << "\n" << form;
    }
}

}  // namespace
}  // namespace holdfast::kube
