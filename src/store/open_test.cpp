#include "store/open.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/bytes.h"

namespace holdfast::store {
namespace {

using testing::HasSubstr;

TEST(Location, IsAFileUrlWithAnAbsolutePath) {
    EXPECT_EQ(*path_of_location("file:///var/backups"), "/var/backups");
    EXPECT_EQ(*path_of_location("file:///var/backups//"), "/var/backups");
    EXPECT_EQ(*path_of_location("file:///"), "/");
    EXPECT_EQ(*path_of_location("file://localhost/srv"), "/srv");
    EXPECT_EQ(*path_of_location("file:///my%20disk/%C3%A4/100%25"), "/my disk/\xc3\xa4/100%");
}

TEST(Location, RefusesWhatItIsNot) {
    for (std::string_view url : {"", "/var/backups", "file:", "file://", "file://host/x",
                                 "file://relative", "file:///a%2", "file:///a%zz", "file:///a%00b"})
        EXPECT_EQ(path_of_location(url).error().code, ErrorCode::InvalidArgument) << url;
}

TEST(Location, SaysWhichSchemeIsNotSupported) {
    auto refused = path_of_location("s3://bucket/prefix");
    EXPECT_EQ(refused.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(refused.error().message, HasSubstr("s3:// is not supported by this version"));
}

TEST(Location, IsMadeOnlyWhenAskedFor) {
    base::SystemRandom random;
    std::string path = testing::TempDir() + "holdfast-open-" + base::uuid_v4(random);
    std::string url = "file://" + path + "/a/b";
    EXPECT_EQ(open_store(url, Missing::Fail, random).error().code, ErrorCode::NotFound);
    auto made = open_store(url, Missing::Create, random);
    ASSERT_TRUE(made) << made.error().message;
    ASSERT_TRUE((*made)->put("x", base::as_bytes("1")));
    auto found = open_store(url, Missing::Fail, random);
    ASSERT_TRUE(found);
    EXPECT_EQ(base::to_text(*(*found)->get("x")), "1");
    std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace holdfast::store
