#include "engine/name_pattern.h"

#include <gtest/gtest.h>

namespace holdfast::engine {
namespace {

bool matches(std::string_view pattern, std::string_view name) {
    auto made = NamePattern::create(pattern);
    EXPECT_TRUE(made) << pattern;
    return made && made->matches(name);
}

TEST(NamePattern, SearchesUnlessAnchored) {
    EXPECT_TRUE(matches("web", "my-web-1"));
    EXPECT_FALSE(matches("^web", "my-web-1"));
    EXPECT_TRUE(matches("^my-(web|api)-\\d+$", "my-api-12"));
    EXPECT_TRUE(matches("(?:a|b){2}", "xab"));
    EXPECT_TRUE(matches(".*", ""));
}

TEST(NamePattern, RefusesWhatCouldExplode) {
    EXPECT_FALSE(NamePattern::create("(a)\\1"));
    EXPECT_FALSE(NamePattern::create("((a{100}){100}){100}"));
    EXPECT_FALSE(NamePattern::create("a{99999999999999999999}"));
    EXPECT_FALSE(NamePattern::create(std::string(2000, 'a')));
}

TEST(NamePattern, RefusesWhatIsNoPattern) {
    EXPECT_FALSE(NamePattern::create("("));
    EXPECT_FALSE(NamePattern::create("a\\"));
    EXPECT_FALSE(NamePattern::create("(?i)a"));
}

}  // namespace
}  // namespace holdfast::engine
