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
        {"", true},
        {"   ", true},
        {"app", true},
        {"!app", false},
        {"! app", false},
        {"missing", false},
        {"!missing", true},
        {"app=web", true},
        {"app==web", true},
        {" app = web ", true},
        {"app=api", false},
        {"app!=web", false},
        {"app!=api", true},
        {"missing!=x", true},
        {"missing=", false},
        {"tier=", true},
        {"tier!=", false},
        {"app in (api,web)", true},
        {"app in(api , web)", true},
        {"app notin (api,web)", false},
        {"missing notin (api)", true},
        {"tier in (,a)", true},
        {"tier in (a,)", true},
        {"tier in (,)", true},
        {"app in (,)", false},
        {"app=web,tier", true},
        {"app=web,!tier", false},
        {"app=web , example.com/rank in (7)", true},
        {"example.com/rank>6", true},
        {"example.com/rank > 7", false},
        {"example.com/rank<8", true},
        {"app>1", false},
        {"missing<1", false},
        {"in=x", true},
        {"in in (in,x)", true},
        {"notin", false},
        {"app=in", false},
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
