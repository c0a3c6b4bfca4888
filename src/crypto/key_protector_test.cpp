#include "crypto/key_protector.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/file.h"

namespace holdfast::crypto {
namespace {

const ScryptCost kCheap{.log2_n = 4, .r = 8, .p = 1};

class KeyProtectorTest : public testing::Test {
protected:
    KeyProtectorTest() {
        std::string pattern = testing::TempDir() + "keysXXXXXX";
        dir_ = ::mkdtemp(pattern.data());
    }
    ~KeyProtectorTest() override { std::filesystem::remove_all(dir_); }

    base::SeededRandom random_{1};
    Key root_ = Key::random(random_);
    std::string dir_;
};

void expect_same(const Result<Key>& got, const Key& want) {
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_TRUE(equal_in_constant_time(got->view(), want.view()));
}

TEST_F(KeyProtectorTest, AKeyFileOpensWhatItWrapped) {
    const std::string path = dir_ + "/k";
    const auto made = KeyFileProtector::create(path, random_);
    ASSERT_TRUE(made);
    const Bytes wrapped = *made->wrap(root_, "vault", random_);
    const auto loaded = load_key_file(path);
    ASSERT_TRUE(loaded) << loaded.error().message;
    expect_same((*loaded)->unwrap(wrapped, "vault"), root_);
    EXPECT_EQ((*loaded)->unwrap(wrapped, "other vault").error().code, ErrorCode::PermissionDenied);
}

TEST_F(KeyProtectorTest, AKeyFileIsPrivateAndNeverOverwritten) {
    const std::string path = dir_ + "/k";
    ASSERT_TRUE(KeyFileProtector::create(path, random_));
    struct stat info{};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    EXPECT_EQ(KeyFileProtector::create(path, random_).error().code, ErrorCode::AlreadyExists);
    ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
    EXPECT_EQ(load_key_file(path).error().code, ErrorCode::PermissionDenied);
}

TEST_F(KeyProtectorTest, ATypoInAKeyFileIsToldFromAWrongKey) {
    std::string text = KeyFileProtector::to_text(root_);
    ASSERT_TRUE(KeyFileProtector::from_text(text));
    text[text.size() - 20] = text[text.size() - 20] == 'a' ? 'b' : 'a';
    EXPECT_EQ(KeyFileProtector::from_text(text).error().code, ErrorCode::Corrupted);
    EXPECT_EQ(KeyFileProtector::from_text(text.substr(0, text.size() - 12)).error().code,
              ErrorCode::Corrupted);
    EXPECT_EQ(KeyFileProtector::from_text("").error().code, ErrorCode::Corrupted);
}

TEST_F(KeyProtectorTest, APassphraseOpensWhatItWrappedAndNoOtherDoes) {
    const PassphraseProtector right("correct horse", kCheap);
    const Bytes wrapped = *right.wrap(root_, "vault", random_);
    expect_same(right.unwrap(wrapped, "vault"), root_);
    const auto wrong = PassphraseProtector("battery", kCheap).unwrap(wrapped, "vault");
    EXPECT_EQ(wrong.error().code, ErrorCode::PermissionDenied);
    EXPECT_EQ(wrong.error().message, "wrong passphrase");
}

TEST_F(KeyProtectorTest, AHostileCostIsRefusedBeforeMemoryIsGiven) {
    const PassphraseProtector protector("p", kCheap);
    Bytes wrapped = *protector.wrap(root_, "vault", random_);
    wrapped[0] = std::byte{24};  // 16 GiB
    EXPECT_EQ(protector.unwrap(wrapped, "vault").error().code, ErrorCode::LimitExceeded);
    wrapped[0] = std::byte{255};
    EXPECT_EQ(protector.unwrap(wrapped, "vault").error().code, ErrorCode::LimitExceeded);
}

TEST_F(KeyProtectorTest, GivesThePublishedScryptOfRfc7914) {
    const auto key = scrypt("password", base::as_bytes("NaCl"), {.log2_n = 10, .r = 8, .p = 16});
    ASSERT_TRUE(key);
    EXPECT_EQ(base::to_hex(key->view()),
              "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162");
}

TEST_F(KeyProtectorTest, AnExportedRootKeyLoadsAsOne) {
    const std::string path = dir_ + "/root";
    ASSERT_TRUE(base::create_file(path, RootKeyProtector::to_text(root_), base::FileMode::Private));
    const auto loaded = load_key_file(path);
    ASSERT_TRUE(loaded);
    EXPECT_TRUE(equal_in_constant_time((*loaded)->root_key()->view(), root_.view()));
    EXPECT_FALSE((*loaded)->wrap(root_, "vault", random_));
}

}  // namespace
}  // namespace holdfast::crypto
