#include "kube/label_selector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::kube {
namespace {

using testing::HasSubstr;

bool selects(std::string_view selector, const Labels& labels) {
    const auto parsed = LabelSelector::parse(selector);
    EXPECT_TRUE(parsed) << selector << ": " << parsed.error().message;
    return parsed && parsed->matches(labels);
}

TEST(LabelSelector, SelectsAsKubernetesDoes) {
    const Labels labels = {{"app", "web"}, {"tier", ""}, {"example.com/rank", "7"}, {"in", "x"}};
    const struct {
        std::string_view selector;
        bool selected;
    } cases[] = {
        {.selector = "", .selected = true},
        {.selector = "   ", .selected = true},
        {.selector = "app", .selected = true},
        {.selector = "!app", .selected = false},
        {.selector = "! app", .selected = false},
        {.selector = "missing", .selected = false},
        {.selector = "!missing", .selected = true},
        {.selector = "app=web", .selected = true},
        {.selector = "app==web", .selected = true},
        {.selector = " app = web ", .selected = true},
        {.selector = "app=api", .selected = false},
        {.selector = "app!=web", .selected = false},
        {.selector = "app!=api", .selected = true},
        {.selector = "missing!=x", .selected = true},
        {.selector = "missing=", .selected = false},
        {.selector = "tier=", .selected = true},
        {.selector = "tier!=", .selected = false},
        {.selector = "app in (api,web)", .selected = true},
        {.selector = "app in(api , web)", .selected = true},
        {.selector = "app notin (api,web)", .selected = false},
        {.selector = "missing notin (api)", .selected = true},
        {.selector = "tier in (,a)", .selected = true},
        {.selector = "tier in (a,)", .selected = true},
        {.selector = "tier in (,)", .selected = true},
        {.selector = "app in (,)", .selected = false},
        {.selector = "app=web,tier", .selected = true},
        {.selector = "app=web,!tier", .selected = false},
        {.selector = "app=web , example.com/rank in (7)", .selected = true},
        {.selector = "example.com/rank>6", .selected = true},
        {.selector = "example.com/rank > 7", .selected = false},
        {.selector = "example.com/rank<8", .selected = true},
        {.selector = "app>1", .selected = false},
        {.selector = "missing<1", .selected = false},
        {.selector = "in=x", .selected = true},
        {.selector = "in in (in,x)", .selected = true},
        {.selector = "notin", .selected = false},
        {.selector = "app=in", .selected = false},
    };
    for (const auto& [selector, selected] : cases) {
        EXPECT_EQ(selects(selector, labels), selected) << selector;
    }
}

TEST(LabelSelector, RefusesWhatTheApiServerRefuses) {
    const std::string_view refused[] = {
        "=a",
        "app=a=b",
        "app in",
        "app in (",
        "app in ()",
        "app in (a",
        "app in a",
        "app,",
        ",app",
        "app,,b",
        "!",
        "!app=b",
        "app web",
        "app=a b",
        "-app",
        "app_",
        "a/b/c",
        "/app",
        "a/",
        "A.com/app",
        "app=-a",
        "app=a$",
        "app>x",
        "app>",
        "app in (a)(b)",
        "app (a)",
        "app=a,=b",
        "(a)",
        "app in (a,b) c",
        "app=!b",
    };
    for (const std::string_view selector : refused) {
        const auto parsed = LabelSelector::parse(selector);
        ASSERT_FALSE(parsed) << selector;
        EXPECT_EQ(parsed.error().code, ErrorCode::InvalidArgument);
    }
    EXPECT_FALSE(LabelSelector::parse(std::string(64, 'a')));
    EXPECT_TRUE(LabelSelector::parse(std::string(63, 'a')));
    EXPECT_FALSE(LabelSelector::parse("a=" + std::string(64, 'a')));
}

TEST(LabelSelector, NamesThePlaceOfAnError) {
    const auto parsed = LabelSelector::parse("app in web");
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().message,
              "the selector 'app in web' has 'web' at position 8 where '(' is expected");
}

TEST(LabelSelector, HasATextThatParsesToItself) {
    for (const std::string_view selector :
         {"b=2,a=1", "app in (b,a,b)", "!x", "x notin (a)", "x notin (,a)", "n>4,n<9", "tier="}) {
        const auto parsed = LabelSelector::parse(selector);
        ASSERT_TRUE(parsed) << selector;
        const auto again = LabelSelector::parse(parsed->text());
        ASSERT_TRUE(again) << parsed->text();
        EXPECT_EQ(*again, *parsed);
    }
    EXPECT_EQ(LabelSelector::parse("b==2 , a in (y,x,y)")->text(), "a in (x,y),b=2");
}

}  // namespace
}  // namespace holdfast::kube
