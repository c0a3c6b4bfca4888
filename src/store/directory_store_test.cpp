#include "store/directory_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/fake_clock.h"
#include "tests/sim/faulty_files.h"
#include "tests/sim/memory_files.h"

namespace holdfast::store {
namespace {

using sim::FaultyFileLayer;
using sim::FileCall;
using sim::FileFault;
using testing::ElementsAre;
using testing::HasSubstr;

class DirectoryStoreTest : public testing::Test {
protected:
    std::unique_ptr<DirectoryStore> open_over(FileLayer& files) {
        return std::move(*DirectoryStore::open("/vault", files, random_));
    }
    /// A layer over the disk where the calls of one kind meet a fault.
    FaultyFileLayer faulty(FileCall call, FileFault fault, int error_number = EIO) {
        return {disk_, [=, this](FileCall called) -> FaultyFileLayer::Verdict {
                    if (called != call || !broken_) return {};
                    return {.fault = fault, .error_number = error_number};
                }};
    }
    std::vector<std::string> temporary_files() {
        std::vector<std::string> names;
        auto entries = disk_.read_directory("/vault/.tmp");
        for (const auto& entry : *entries) names.push_back(entry.name);
        return names;
    }

    bool broken_ = true;
    base::SystemRandom random_;
    base::FakeClock clock_;
    sim::MemoryFileLayer disk_{{.directories = {"/vault"}, .files = {}}, clock_};
};

ByteView bytes(std::string_view text) {
    return base::as_bytes(text);
}

TEST_F(DirectoryStoreTest, RefusesALocationThatIsMissingOrAFile) {
    EXPECT_EQ(DirectoryStore::open("/none", disk_, random_).error().code, ErrorCode::NotFound);
    disk_.close(*disk_.create("/file"));
    EXPECT_FALSE(DirectoryStore::open("/file", disk_, random_));
}

TEST_F(DirectoryStoreTest, LeavesNoTemporaryFileBehind) {
    auto store = open_over(disk_);
    ASSERT_TRUE(store->create("a/b", bytes("1")));
    ASSERT_FALSE(store->create("a/b", bytes("1")));
    ASSERT_TRUE(store->put("a/b", bytes("1")));
    ASSERT_TRUE(store->now());
    EXPECT_THAT(temporary_files(), ElementsAre());
}

TEST_F(DirectoryStoreTest, WritesOnInShortWritesAndReadsOnInShortReads) {
    for (FileCall call : {FileCall::Write, FileCall::Read}) {
        FaultyFileLayer files = faulty(call, FileFault::Shorten);
        auto store = open_over(files);
        std::string name = call == FileCall::Write ? "w" : "r";
        ASSERT_TRUE(store->put(name, bytes("0123456789")));
        ASSERT_TRUE(store->put(name, bytes("0123456789")));
        EXPECT_EQ(base::to_text(*store->get(name)), "0123456789");
        EXPECT_EQ(base::to_text(*store->get(name, Range{2, 5})), "23456");
    }
}

TEST_F(DirectoryStoreTest, SaysThatTheDiskIsFull) {
    for (int number : {ENOSPC, EDQUOT}) {
        FaultyFileLayer files = faulty(FileCall::Write, FileFault::Fail, number);
        auto store = open_over(files);
        auto stored = store->put("x", bytes("1"));
        ASSERT_FALSE(stored);
        EXPECT_EQ(stored.error().code, ErrorCode::LimitExceeded);
        EXPECT_THAT(stored.error().message, HasSubstr("storage location /vault is full"));
        broken_ = false;  // somebody made room
        EXPECT_TRUE(store->put("x", bytes("1")));
        broken_ = true;
    }
}

TEST_F(DirectoryStoreTest, NeverHidesAnInputOutputError) {
    for (FileCall call : {FileCall::Create, FileCall::Write, FileCall::Link, FileCall::Sync,
                          FileCall::SyncDirectory, FileCall::MakeDirectory}) {
        FaultyFileLayer files = faulty(call, FileFault::Fail);
        broken_ = false;
        auto store = open_over(files);
        ASSERT_TRUE(store->put("before", bytes("0")));
        broken_ = true;
        std::string name = "f" + std::to_string(static_cast<int>(call)) + "/x";
        auto stored = store->put(name, bytes("1"));
        ASSERT_FALSE(stored) << static_cast<int>(call);
        EXPECT_EQ(stored.error().code, ErrorCode::Internal) << stored.error().message;
        EXPECT_FALSE(stored.error().retryable());
        EXPECT_THAT(temporary_files(), ElementsAre());
    }
    FaultyFileLayer files = faulty(FileCall::Read, FileFault::Fail);
    EXPECT_EQ(open_over(files)->get("before").error().code, ErrorCode::Internal);
}

TEST_F(DirectoryStoreTest, RemembersAFailedSync) {
    for (FileCall call : {FileCall::Sync, FileCall::SyncDirectory}) {
        broken_ = false;
        FaultyFileLayer files = faulty(call, FileFault::Fail);
        auto store = open_over(files);
        ASSERT_TRUE(store->put("before", bytes("0")));
        broken_ = true;
        std::string name = call == FileCall::Sync ? "file" : "folder";
        EXPECT_FALSE(store->put(name, bytes("1")));
        broken_ = false;
        auto later = store->put("later", bytes("2"));
        ASSERT_FALSE(later);
        EXPECT_THAT(later.error().message, HasSubstr("an earlier sync failed"));
        EXPECT_FALSE(store->put("before", bytes("0")));
        EXPECT_FALSE(store->remove("before"));
        EXPECT_EQ(base::to_text(*store->get("before")), "0");
    }
}

TEST_F(DirectoryStoreTest, RefusesAFileSystemThatCannotKeepItsPromises) {
    struct Case {
        FileCall call;
        FileFault fault;
        int error_number;
        std::string_view reason;
    };
    for (const Case& bad : {Case{.call = FileCall::Link,
                                 .fault = FileFault::Fail,
                                 .error_number = EPERM,
                                 .reason = "no hard links"},
                            Case{.call = FileCall::Link,
                                 .fault = FileFault::PretendSuccess,
                                 .error_number = 0,
                                 .reason = "links over a name"},
                            Case{.call = FileCall::SyncDirectory,
                                 .fault = FileFault::Fail,
                                 .error_number = EINVAL,
                                 .reason = "cannot sync a directory"},
                            Case{.call = FileCall::Sync,
                                 .fault = FileFault::Fail,
                                 .error_number = EINVAL,
                                 .reason = "cannot hold a vault"}}) {
        FaultyFileLayer files = faulty(bad.call, bad.fault, bad.error_number);
        auto store = open_over(files);
        auto stored = store->put("x", bytes("1"));
        ASSERT_FALSE(stored);
        EXPECT_EQ(stored.error().code, ErrorCode::Unsupported);
        EXPECT_THAT(stored.error().message, HasSubstr(bad.reason));
        EXPECT_EQ(store->get("x").error().code, ErrorCode::NotFound);
    }
}

TEST_F(DirectoryStoreTest, ReadsALocationThatItMayNotWriteTo) {
    ASSERT_TRUE(open_over(disk_)->put("f/x", bytes("1")));
    FaultyFileLayer files = faulty(FileCall::Create, FileFault::Fail, EROFS);
    auto store = open_over(files);
    EXPECT_EQ(base::to_text(*store->get("f/x")), "1");
    EXPECT_EQ(list_all(*store, "", 10)->size(), 1u);
    auto stored = store->put("y", bytes("1"));
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().code, ErrorCode::PermissionDenied);
    EXPECT_THAT(stored.error().message, HasSubstr("may not write to the storage location"));
}

TEST_F(DirectoryStoreTest, SweepsOnlyOldTemporaryFilesThatNobodyHolds) {
    ASSERT_TRUE(disk_.make_directory("/vault/.tmp"));
    FileHandle held = *disk_.create("/vault/.tmp/held");
    ASSERT_TRUE(*disk_.try_lock(held));
    disk_.close(*disk_.create("/vault/.tmp/crashed"));
    clock_.advance(DirectoryStore::kSweepAge + std::chrono::minutes(1));
    disk_.close(*disk_.create("/vault/.tmp/young"));
    auto store = open_over(disk_);
    EXPECT_EQ(*store->sweep(), 1u);
    EXPECT_THAT(temporary_files(), ElementsAre("held", "young"));
    EXPECT_EQ(list_all(*store, "", 10)->size(), 0u);
    disk_.close(held);
    ASSERT_TRUE(store->put("x", bytes("1")));  // the first write sweeps by itself
    EXPECT_THAT(temporary_files(), ElementsAre("young"));
}

TEST_F(DirectoryStoreTest, SaysSoWhenTheLocationVanishes) {
    auto store = open_over(disk_);
    ASSERT_TRUE(store->put("x", bytes("1")));
    sim::MemoryFileLayer unmounted({.directories = {"/vault"}, .files = {}}, clock_);
    auto other = open_over(unmounted);
    EXPECT_EQ(list_all(*other, "", 10)->size(), 0u);
    sim::MemoryFileLayer nothing({}, clock_);
    EXPECT_FALSE(DirectoryStore::open("/vault", nothing, random_));
}

/// On the machine's own file system.
class RealDirectoryTest : public testing::Test {
protected:
    RealDirectoryTest() : path_(testing::TempDir() + "holdfast-real-" + base::uuid_v4(random_)) {
        std::filesystem::create_directories(path_);
    }
    ~RealDirectoryTest() override { std::filesystem::remove_all(path_); }

    base::SystemRandom random_;
    PosixFileLayer files_;
    std::string path_;
};

TEST_F(RealDirectoryTest, PassesOverWhatIsNoObject) {
    auto store = std::move(*DirectoryStore::open(path_ + "///", files_, random_));
    ASSERT_TRUE(store->put("packs/x", bytes("1")));
    std::filesystem::create_directories(path_ + "/lost+found");
    std::ofstream(path_ + "/packs/.swp") << "no object";
    std::filesystem::create_symlink("/etc/hostname", path_ + "/packs/link");
    std::filesystem::create_symlink("/etc", path_ + "/etc");
    auto all = list_all(*store, "", 10);
    ASSERT_TRUE(all);
    ASSERT_EQ(all->size(), 1u);
    EXPECT_EQ(all->front().name, "packs/x");
    EXPECT_FALSE(store->get("packs/link"));
    EXPECT_EQ(store->stat("packs/link").error().code, ErrorCode::NotFound);
}

TEST_F(RealDirectoryTest, KeepsItsFilesToItsOwner) {
    auto store = std::move(*DirectoryStore::open(path_, files_, random_));
    ASSERT_TRUE(store->put("packs/x", bytes("1")));
    namespace fs = std::filesystem;
    auto others = fs::perms::group_all | fs::perms::others_all;
    EXPECT_EQ(fs::status(path_ + "/packs/x").permissions() & others, fs::perms::none);
    EXPECT_EQ(fs::status(path_ + "/packs").permissions() & others, fs::perms::none);
}

TEST_F(RealDirectoryTest, ListsALocationThatWasRemovedAsAnErrorNotAsEmpty) {
    auto store = std::move(*DirectoryStore::open(path_, files_, random_));
    ASSERT_TRUE(store->put("packs/x", bytes("1")));
    std::filesystem::remove_all(path_);
    EXPECT_EQ(store->list("", "", 10).error().code, ErrorCode::NotFound);
    EXPECT_EQ(store->list("packs/", "", 10).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace holdfast::store
