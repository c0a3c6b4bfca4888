#include "base/text.h"

#include <gtest/gtest.h>

namespace holdfast::base {
namespace {

TEST(Glob, MatchesStarsAndQuestionMarks) {
    EXPECT_TRUE(glob_matches("*", ""));
    EXPECT_TRUE(glob_matches("team-*", "team-a"));
    EXPECT_TRUE(glob_matches("*-prod-*", "eu-prod-1"));
    EXPECT_TRUE(glob_matches("a?c", "abc"));
    EXPECT_FALSE(glob_matches("team-*", "my-team-a"));
    EXPECT_FALSE(glob_matches("a?c", "ac"));
    EXPECT_FALSE(glob_matches("", "x"));
}

TEST(Nearest, FindsATypingError) {
    std::vector<std::string> names = {"backup", "restore", "vault"};
    EXPECT_EQ(nearest("bakcup", names), "backup");
    EXPECT_EQ(nearest("restor", names), "restore");
    EXPECT_EQ(nearest("frobnicate", names), "");
}

TEST(Text, CountsForPeople) {
    EXPECT_EQ(counted(1, "object"), "1 object");
    EXPECT_EQ(counted(0, "object"), "0 objects");
    EXPECT_EQ(human_bytes(1536), "1.5 KiB");
    EXPECT_EQ(human_bytes(7), "7 B");
}

TEST(Text, SplitsAndTrims) {
    EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
    EXPECT_EQ(trim("  x y\n"), "x y");
    EXPECT_EQ(trim(" \t"), "");
}

}  // namespace
}  // namespace holdfast::base
