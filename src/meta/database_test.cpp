#include "meta/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "meta/migrations.h"
#include "meta/sqlite.h"

namespace holdfast::meta {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A database in a folder of its own.
class DatabaseTest : public testing::Test {
protected:
    DatabaseTest() {
        std::string name = testing::TempDir() + "meta-XXXXXX";
        EXPECT_NE(mkdtemp(name.data()), nullptr);
        folder_ = name;
        database_ = open();
    }
    ~DatabaseTest() override { std::filesystem::remove_all(folder_); }

    std::unique_ptr<Database> open() const {
        auto opened = open_sqlite(path());
        EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
        return std::move(*opened);
    }
    std::string path() const { return folder_ + "/meta.sqlite"; }
    Result<void> run(std::string_view sql, std::initializer_list<Value> values = {}) {
        return database_->write([&](Session& session) -> Result<void> {
            TRY(session.run(sql, values));
            return {};
        });
    }
    std::vector<std::string> column(std::string_view sql) {
        std::vector<std::string> texts;
        auto done = database_->read([&](Session& session) {
            return session.each(sql, {}, [&](const Row& row) -> Result<void> {
                texts.emplace_back(row.is_null(0) ? "NULL" : row.text(0));
                return {};
            });
        });
        EXPECT_TRUE(done) << (done ? "" : done.error().message);
        return texts;
    }

    std::string folder_;
    std::unique_ptr<Database> database_;
};

TEST_F(DatabaseTest, GivesBackWhatWasBound) {
    ASSERT_TRUE(run("CREATE TABLE t (a TEXT, n INTEGER)"));
    ASSERT_TRUE(run("INSERT INTO t VALUES (?1, ?2)", {std::string_view("\0x", 2), -7}));
    ASSERT_TRUE(run("INSERT INTO t VALUES (?1, ?2)", {std::string_view(""), Value()}));
    EXPECT_THAT(column("SELECT a FROM t ORDER BY n"), ElementsAre("", std::string("\0x", 2)));
    EXPECT_THAT(column("SELECT n FROM t ORDER BY n"), ElementsAre("NULL", "-7"));
}

TEST_F(DatabaseTest, KeepsNothingOfAFailedTransaction) {
    ASSERT_TRUE(run("CREATE TABLE t (a TEXT PRIMARY KEY)"));
    auto done = database_->write([&](Session& session) -> Result<void> {
        TRY(session.run("INSERT INTO t VALUES ('one')", {}));
        return fail(ErrorCode::Cancelled, "changed our mind");
    });
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::Cancelled);
    EXPECT_THAT(column("SELECT a FROM t"), ElementsAre());
    ASSERT_TRUE(run("INSERT INTO t VALUES ('two')"));
    EXPECT_THAT(column("SELECT a FROM t"), ElementsAre("two"));
}

TEST_F(DatabaseTest, TellsATakenKeyFromADanglingReference) {
    ASSERT_TRUE(run("CREATE TABLE t (a TEXT PRIMARY KEY)"));
    ASSERT_TRUE(run("CREATE TABLE r (a TEXT REFERENCES t(a))"));
    ASSERT_TRUE(run("INSERT INTO t VALUES ('one')"));
    EXPECT_EQ(run("INSERT INTO t VALUES ('one')").error().code, ErrorCode::AlreadyExists);
    EXPECT_EQ(run("INSERT INTO r VALUES ('none')").error().code, ErrorCode::Conflict);
}

TEST_F(DatabaseTest, RefusesToWriteWhileReading) {
    ASSERT_TRUE(run("CREATE TABLE t (a TEXT)"));
    auto done = database_->read([](Session& session) -> Result<void> {
        TRY(session.run("INSERT INTO t VALUES ('one')", {}));
        return {};
    });
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::PermissionDenied);
}

TEST_F(DatabaseTest, LetsManyThreadsReadAndWrite) {
    ASSERT_TRUE(run("CREATE TABLE t (n INTEGER NOT NULL)"));
    ASSERT_TRUE(run("INSERT INTO t VALUES (0)"));
    constexpr int kThreads = 4;
    constexpr int kRounds = 25;
    std::atomic<int> failures = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < kThreads; ++i)
            threads.emplace_back([&] {
                for (int round = 0; round < kRounds; ++round) {
                    if (!run("UPDATE t SET n = n + 1")) ++failures;
                    if (column("SELECT n FROM t").size() != 1) ++failures;
                }
            });
    }
    EXPECT_EQ(failures, 0);
    EXPECT_THAT(column("SELECT n FROM t"), ElementsAre(std::to_string(kThreads * kRounds)));
}

TEST_F(DatabaseTest, SaysWhatIsWrongWithAFileThatIsNone) {
    database_.reset();
    std::filesystem::remove_all(folder_ + "/meta.sqlite-wal");
    std::FILE* file = std::fopen(path().c_str(), "w");
    ASSERT_NE(file, nullptr);
    std::fputs("this is no database, however long it may be, and it goes on", file);
    std::fclose(file);
    auto opened = open_sqlite(path());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::Corrupted);
    EXPECT_THAT(opened.error().message, HasSubstr(path()));
}

TEST_F(DatabaseTest, IsForItsOwnerOnly) {
    const auto permissions = std::filesystem::status(path()).permissions();
    EXPECT_EQ(permissions,
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(DatabaseTest, MigratesOnceAndRefusesWhatIsNewer) {
    ASSERT_TRUE(migrate(*database_));
    ASSERT_TRUE(migrate(*database_));
    EXPECT_THAT(column("SELECT version FROM schema_version"),
                ElementsAre(std::to_string(schema_version())));
    ASSERT_TRUE(run("INSERT INTO account VALUES ('111122223333', 'first', 0)"));
    ASSERT_TRUE(run("UPDATE schema_version SET version = version + 1"));
    auto refused = migrate(*database_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(refused.error().message, HasSubstr("use the newer Holdfast"));
    EXPECT_THAT(column("SELECT account FROM account"), ElementsAre("111122223333"));
}

}  // namespace
}  // namespace holdfast::meta
