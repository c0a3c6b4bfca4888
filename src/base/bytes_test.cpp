#include "base/bytes.h"

#include <gtest/gtest.h>

namespace holdfast::base {
namespace {

TEST(Hex, ReadsBackWhatItWrote) {
    Bytes bytes = to_bytes(std::string_view("\x00\x7f\xff", 3));
    EXPECT_EQ(to_hex(bytes), "007fff");
    EXPECT_EQ(from_hex("007FfF"), bytes);
}

TEST(Hex, RefusesOtherCharactersAndOddLengths) {
    EXPECT_EQ(from_hex("0g").error().code, ErrorCode::InvalidArgument);
    EXPECT_EQ(from_hex("012").error().code, ErrorCode::InvalidArgument);
}

TEST(Base64, FollowsTheVectorsOfRfc4648) {
    const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                     {"f", "Zg=="},
                                                                     {"fo", "Zm8="},
                                                                     {"foo", "Zm9v"},
                                                                     {"foob", "Zm9vYg=="},
                                                                     {"fooba", "Zm9vYmE="},
                                                                     {"foobar", "Zm9vYmFy"}};
    for (auto [plain, encoded] : vectors) {
        EXPECT_EQ(to_base64(as_bytes(plain)), encoded);
        EXPECT_EQ(to_text(*from_base64(encoded)), plain);
    }
}

TEST(Base64, AcceptsLineBreaksAndMissingPadding) {
    EXPECT_EQ(to_text(*from_base64("Zm9v\nYg")), "foob");
}

TEST(Base64, RefusesGarbage) {
    for (std::string_view bad : {"Z", "Zm9v!", "Zg==Zg=="}) EXPECT_FALSE(from_base64(bad)) << bad;
}

}  // namespace
}  // namespace holdfast::base
