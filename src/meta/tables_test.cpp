#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "meta/database.h"
#include "meta/migrations.h"
#include "meta/principal_table.h"
#include "meta/sqlite.h"
#include "meta/tag_table.h"
#include "meta/vault_table.h"

namespace holdfast::meta {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto kAccount = "111122223333";

class TablesTest : public testing::Test {
protected:
    TablesTest() {
        std::string name = testing::TempDir() + "tables-XXXXXX";
        EXPECT_NE(mkdtemp(name.data()), nullptr);
        folder_ = name;
        database_ = std::move(*open_sqlite(folder_ + "/meta.sqlite"));
        EXPECT_TRUE(migrate(*database_));
        write([](Session& session) {
            return AccountTable(session).insert(
                {.account = kAccount, .name = "first", .created_at = time_of(1)});
        });
    }
    ~TablesTest() override { std::filesystem::remove_all(folder_); }

    void write(const Database::Work& work) {
        auto done = database_->write(work);
        EXPECT_TRUE(done) << (done ? "" : done.error().message);
    }

    std::string folder_;
    std::unique_ptr<Database> database_;
    Place here_{.account = kAccount, .region = "eu-west-1"};
    Place there_{.account = kAccount, .region = "cn-north-1"};
};

VaultRow vault(const std::string& name) {
    return {.name = name,
            .repository = "file:///vaults/" + name,
            .key_arn = "arn:aws:kms:eu-west-1:111122223333:key/1",
            .created_at = time_of(1234)};
}

TEST_F(TablesTest, KeepVaultsWithEverythingThatIsKnownOfThem) {
    write([&](Session& session) -> Result<void> {
        VaultTable table(session, here_);
        TRY(table.insert(vault("main")));
        TRY(table.set_lock("main", VaultLock{.min_days = 1, .lock_date = time_of(99)}));
        TRY(table.set_access_policy("main", R"({"Version":"2012-10-17"})"));
        TRY(table.set_topic("main", VaultTopic{.arn = "arn:topic", .events = {"A", "B"}}));
        auto found = TRY(table.find("main"));
        EXPECT_EQ(found->repository, "file:///vaults/main");
        EXPECT_EQ(found->created_at, time_of(1234));
        EXPECT_EQ(found->lock->min_days, 1);
        EXPECT_EQ(found->lock->max_days, std::nullopt);
        EXPECT_EQ(found->lock->lock_date, time_of(99));
        EXPECT_EQ(found->access_policy, R"({"Version":"2012-10-17"})");
        EXPECT_THAT(found->topic->events, ElementsAre("A", "B"));
        TRY(table.set_lock("main", std::nullopt));
        TRY(table.set_topic("main", std::nullopt));
        found = TRY(table.find("main"));
        EXPECT_FALSE(found->lock);
        EXPECT_FALSE(found->topic);
        return {};
    });
}

TEST_F(TablesTest, KeepVaultsOfRegionsApart) {
    write([&](Session& session) -> Result<void> {
        TRY(VaultTable(session, here_).insert(vault("main")));
        EXPECT_FALSE(TRY(VaultTable(session, there_).find("main")));
        EXPECT_EQ(TRY(VaultTable(session, there_).remove("main")), 0);
        EXPECT_EQ(TRY(VaultTable(session, here_).count()), 1);
        auto again = VaultTable(session, here_).insert(vault("main"));
        EXPECT_EQ(again.error().code, ErrorCode::AlreadyExists);
        return {};
    });
}

TEST_F(TablesTest, GiveVaultsPageByPage) {
    write([&](Session& session) -> Result<void> {
        VaultTable table(session, here_);
        for (const char* name : {"c", "a", "b"}) TRY(table.insert(vault(name)));
        auto names = [](const std::vector<VaultRow>& vaults) {
            std::vector<std::string> all;
            for (const VaultRow& each : vaults) all.push_back(each.name);
            return all;
        };
        EXPECT_THAT(names(TRY(table.page("", 2))), ElementsAre("a", "b"));
        EXPECT_THAT(names(TRY(table.page("b", 2))), ElementsAre("c"));
        return {};
    });
}

TEST_F(TablesTest, KeepTagsAndSettings) {
    write([&](Session& session) -> Result<void> {
        TagTable tags(session, kAccount, "eu-west-1");
        TRY(tags.put("arn:1", {{"a", "1"}, {"b", "2"}}));
        TRY(tags.put("arn:1", {{"b", "3"}}));
        TRY(tags.put("arn:2", {{"c", "4"}}));
        EXPECT_EQ(TRY(tags.all("arn:1")), (Tags{{"a", "1"}, {"b", "3"}}));
        TRY(tags.remove("arn:1", "a"));
        EXPECT_EQ(TRY(tags.all("arn:1")), (Tags{{"b", "3"}}));
        TRY(tags.remove_all("arn:1"));
        EXPECT_THAT(TRY(tags.all("arn:1")), IsEmpty());
        EXPECT_EQ(TRY(tags.all("arn:2")).size(), 1);
        SettingTable settings(session, kAccount, "");
        TRY(settings.put("global", {{"x", "true"}}));
        TRY(settings.put("global", {{"x", "false"}, {"y", ""}}));
        EXPECT_EQ(TRY(settings.all("global")), (Tags{{"x", "false"}, {"y", ""}}));
        return {};
    });
}

TEST_F(TablesTest, KnowPrincipalsWithoutRegardToCase) {
    write([&](Session& session) -> Result<void> {
        PrincipalTable roles(session, kAccount, PrincipalType::Role);
        TRY(roles.insert({.name = "Backup",
                          .id = "AROA1",
                          .created_at = time_of(5),
                          .trust_policy = "{}",
                          .max_session_seconds = 3600}));
        EXPECT_EQ(TRY(roles.find("bACKUP"))->name, "Backup");
        EXPECT_EQ(roles.insert({.name = "backup", .id = "AROA2"}).error().code,
                  ErrorCode::AlreadyExists);
        PrincipalTable users(session, kAccount, PrincipalType::User);
        EXPECT_FALSE(TRY(users.find("backup")));
        return {};
    });
}

TEST_F(TablesTest, DoNotRemoveAPrincipalThatHasPolicies) {
    write([&](Session& session) -> Result<void> {
        PrincipalTable users(session, kAccount, PrincipalType::User);
        TRY(users.insert({.name = "ann", .id = "AIDA1"}));
        TRY(users.attach("ann", "arn:policy"));
        TRY(users.attach("ann", "arn:policy"));
        TRY(users.put_inline_policy("ann", {.name = "p", .document = "{}"}));
        EXPECT_THAT(TRY(users.attached_policies("Ann")), ElementsAre("arn:policy"));
        EXPECT_EQ(TRY(users.inline_policies("ann")).size(), 1);
        EXPECT_EQ(users.remove("ann").error().code, ErrorCode::Conflict);
        EXPECT_EQ(TRY(users.detach("ann", "arn:policy")), 1);
        EXPECT_EQ(TRY(users.remove_inline_policy("ann", "p")), 1);
        EXPECT_EQ(TRY(users.remove("ann")), 1);
        return {};
    });
}

TEST_F(TablesTest, FindAnAccessKeyByItsIdAlone) {
    write([&](Session& session) -> Result<void> {
        AccessKeyTable keys(session);
        TRY(keys.insert({.id = "AKIA1",
                         .account = kAccount,
                         .user = "ann",
                         .sealed_secret = "s",
                         .created_at = time_of(1)}));
        EXPECT_EQ(TRY(keys.find("AKIA1"))->user, "ann");
        EXPECT_FALSE(TRY(keys.find("AKIA2")));
        TRY(keys.set_status("AKIA1", "Inactive"));
        EXPECT_EQ(TRY(keys.of_user(kAccount, "ann")).at(0).status, "Inactive");
        EXPECT_EQ(TRY(keys.remove("AKIA1")), 1);
        return {};
    });
}

}  // namespace
}  // namespace holdfast::meta
