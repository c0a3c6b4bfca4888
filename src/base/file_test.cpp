#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

namespace holdfast::base {
namespace {

class File : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "holdfast-file-XXXXXX";
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        root_ = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(root_); }

    std::string root_;
};

TEST_F(File, ReadsBackWhatItWrote) {
    ASSERT_TRUE(write_file(root_ + "/a", "one", FileMode::Shared));
    ASSERT_TRUE(write_file(root_ + "/a", "two", FileMode::Shared));
    EXPECT_EQ(read_file(root_ + "/a", 100), "two");
}

TEST_F(File, KeepsPrivateFilesToTheirOwner) {
    ASSERT_TRUE(create_file(root_ + "/key", "secret", FileMode::Private));
    struct stat status{};
    ASSERT_EQ(stat((root_ + "/key").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(File, DoesNotReplaceWhatExistsWhenCreating) {
    ASSERT_TRUE(create_file(root_ + "/a", "one", FileMode::Shared));
    EXPECT_EQ(create_file(root_ + "/a", "two", FileMode::Shared).error().code,
              ErrorCode::AlreadyExists);
    EXPECT_EQ(read_file(root_ + "/a", 100), "one");
}

TEST_F(File, RefusesAFileBeyondTheLimit) {
    ASSERT_TRUE(write_file(root_ + "/a", "12345", FileMode::Shared));
    EXPECT_EQ(read_file(root_ + "/a", 4).error().code, ErrorCode::LimitExceeded);
}

TEST_F(File, SaysThatAFileIsMissing) {
    EXPECT_EQ(read_file(root_ + "/none", 4).error().code, ErrorCode::NotFound);
}

TEST_F(File, MakesParents) {
    ASSERT_TRUE(make_directories(root_ + "/a/b/c", FileMode::Private));
    EXPECT_TRUE(std::filesystem::is_directory(root_ + "/a/b/c"));
}

}  // namespace
}  // namespace holdfast::base
