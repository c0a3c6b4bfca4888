#include "base/utf8.h"

#include <gtest/gtest.h>

namespace holdfast::base {
namespace {

TEST(Utf8, TakesOneCodePointAfterTheOther) {
    std::string_view text = "a\u00e9\u20ac\U0001F600";
    EXPECT_EQ(take_code_point(text), U'a');
    EXPECT_EQ(take_code_point(text), U'\u00e9');
    EXPECT_EQ(take_code_point(text), U'\u20ac');
    EXPECT_EQ(take_code_point(text), U'\U0001F600');
    EXPECT_TRUE(text.empty());
}

TEST(Utf8, RefusesWhatIsNoUtf8) {
    for (std::string_view bad : {"\x80", "\xC0\x80", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80",
                                 "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xFF", "\xE2\x28\xA1"})
        EXPECT_EQ(count_code_points(bad), std::nullopt) << testing::PrintToString(bad);
}

TEST(Utf8, CountsCodePointsNotBytes) {
    EXPECT_EQ(count_code_points(""), 0);
    EXPECT_EQ(count_code_points("\u20ac\u20ac"), 2);
    EXPECT_EQ(count_code_points(std::string_view("\0a", 2)), 2);
}

}  // namespace
}  // namespace holdfast::base
