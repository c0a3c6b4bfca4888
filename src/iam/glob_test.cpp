#include "iam/glob.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace holdfast::iam {
namespace {

// The structs name the columns of the tables.
// NOLINTBEGIN(modernize-use-designated-initializers)

struct Row {
    std::string_view rule;
    std::string_view glob;
    std::string_view text;
    bool matches;
};

constexpr Row kRows[] = {
    {"no wildcard is equality", "backup", "backup", true},
    {"no wildcard is equality", "backup", "backups", false},
    {"an empty glob matches the empty text", "", "", true},
    {"an empty glob matches no other", "", "a", false},
    {"a star is any run", "a*c", "abbbc", true},
    {"a star is the empty run too", "a*c", "ac", true},
    {"a star at the end", "a*", "a", true},
    {"a star at the beginning", "*c", "abc", true},
    {"stars beside each other", "a**c", "abc", true},
    {"the last star looks back", "*ab", "aab", true},
    {"a question mark is one character", "a?c", "abc", true},
    {"a question mark is not none", "a?c", "ac", false},
    {"a question mark is not two", "a?c", "abbc", false},
    {"a character of UTF-8 is one", "a?c",
     "a\xc3\xa9"
     "c",
     true},
    {"and not two", "a??c",
     "a\xc3\xa9"
     "c",
     false},
    {"star and question mark need one", "*?", "", false},
    {"case counts", "A*", "abc", false},
    {"a star in the text is no wildcard", "a", "*", false},
};

TEST(Glob, MatchesByItsRules) {
    for (const Row& row : kRows)
        EXPECT_EQ(glob_matches(compile_glob(row.glob), row.text), row.matches)
            << row.rule << ": " << row.glob << " with " << row.text;
}

TEST(Glob, TakesAnAsteriskThatWasNotCompiledLiterally) {
    EXPECT_TRUE(glob_matches("a*", "a*"));
    EXPECT_FALSE(glob_matches("a*", "ab"));
}

TEST(Glob, DoesNotExplodeOnManyStars) {
    // A matcher that tries every combination would not end in the life of this machine.
    std::string stars;
    for (int i = 0; i < 1000; ++i) stars += "*a";
    stars += "*b";
    EXPECT_FALSE(glob_matches(compile_glob(stars), std::string(4096, 'a')));
    EXPECT_TRUE(glob_matches(compile_glob(stars), std::string(4096, 'a') + "b"));
}

// NOLINTEND(modernize-use-designated-initializers)

}  // namespace
}  // namespace holdfast::iam
