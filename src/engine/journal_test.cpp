#include "engine/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ios>
#include <vector>

#include "base/fake_clock.h"
#include "engine/object_row.h"

namespace holdfast::engine {
namespace {

using testing::ElementsAre;

class JournalTest : public testing::Test {
protected:
    JournalTest() {
        std::string pattern = testing::TempDir() + "journal-XXXXXX";
        folder_ = ::mkdtemp(pattern.data());
        path_ = folder_ + "/journal";
    }
    ~JournalTest() override { std::filesystem::remove_all(folder_); }

    std::vector<std::string> read() {
        std::vector<std::string> lines;
        EXPECT_TRUE(Journal::read(
            path_, {.intent = [&](std::string_view, Intent) { lines.push_back("intent"); },
                    .outcome =
                        [&](std::string_view key, ObjectOutcome outcome) {
                            lines.push_back(std::string(name_of(outcome.outcome)) + " " +
                                            outcome.object.name + " " + outcome.reason);
                            EXPECT_EQ(key, key_);
                            EXPECT_EQ(outcome.notes.size(), 1u);
                        }}));
        return lines;
    }

    std::string folder_;
    std::string path_;
    base::FakeClock clock_;
    std::string key_ = encode_key({.group = "", .kind = "Pod", .ns = "shop", .name = "web"});
    ObjectOutcome failed_{.object = {.group = "", .kind = "Pod", .ns = "shop", .name = "web"},
                          .outcome = Outcome::Failed,
                          .reason = "quota \"q\"\nexceeded",
                          .notes = {"a note"}};
};

TEST_F(JournalTest, ReadsBackWhatWasWritten) {
    auto journal = Journal::open(path_, clock_);
    ASSERT_TRUE(journal);
    ASSERT_TRUE((*journal)->intent(Intent::Update, key_));
    ASSERT_TRUE((*journal)->outcome(key_, failed_));
    EXPECT_THAT(read(), ElementsAre("intent", "failed web quota \"q\"\nexceeded"));
}

TEST_F(JournalTest, PassesOverALineThatACrashCutShort) {
    {
        auto journal = Journal::open(path_, clock_);
        ASSERT_TRUE((*journal)->outcome(key_, failed_));
    }
    std::ofstream(path_, std::ios::app) << "[\"outcome\",\"created\",\"x";
    {
        auto journal = Journal::open(path_, clock_);
        ASSERT_TRUE(journal);
        ASSERT_TRUE((*journal)->outcome(key_, failed_));
    }
    EXPECT_EQ(read().size(), 2u);
}

TEST_F(JournalTest, BelongsToOneProcessAtATime) {
    EXPECT_FALSE(Journal::is_being_written(path_));
    auto journal = Journal::open(path_, clock_);
    ASSERT_TRUE(journal);
    EXPECT_TRUE(Journal::is_being_written(path_));
    auto second = Journal::open(path_, clock_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::Conflict);
    journal->reset();
    EXPECT_FALSE(Journal::is_being_written(path_));
}

TEST_F(JournalTest, WithoutAFileHasNoLines) {
    EXPECT_TRUE(read().empty());
}

}  // namespace
}  // namespace holdfast::engine
