#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "meta/database.h"
#include "meta/job_table.h"
#include "meta/migrations.h"
#include "meta/point_table.h"
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

JobRow job(const std::string& id, std::int64_t created_at, const std::string& resource = "arn:a") {
    return {.id = id,
            .state = "CREATED",
            .vault = "main",
            .resource_arn = resource,
            .role_arn = "arn:role",
            .created_at = time_of(created_at)};
}

TEST_F(TablesTest, LeaseAJobToOneWorkerAtATime) {
    write([&](Session& session) -> Result<void> {
        JobTable table(session, here_, JobKind::Backup);
        TRY(table.insert(job("A", 1)));
        auto first = TRY(take_due_job(session, time_of(10), time_of(20)));
        EXPECT_EQ(first->row.id, "A");
        EXPECT_EQ(first->row.fence, 1);
        EXPECT_FALSE(TRY(take_due_job(session, time_of(19), time_of(30))));
        auto second = TRY(take_due_job(session, time_of(20), time_of(30)));
        EXPECT_EQ(second->row.fence, 2);
        EXPECT_FALSE(TRY(renew_lease(session, *first, time_of(99))));
        EXPECT_TRUE(TRY(renew_lease(session, *second, time_of(99))));
        EXPECT_FALSE(TRY(is_job_due(session, time_of(98))));
        return {};
    });
}

TEST_F(TablesTest, TakeNothingFromAWorkerThatLostItsLease) {
    write([&](Session& session) -> Result<void> {
        JobTable table(session, here_, JobKind::Backup);
        TRY(table.insert(job("A", 1)));
        auto stale = TRY(take_due_job(session, time_of(10), time_of(20)))->row;
        auto current = TRY(take_due_job(session, time_of(20), time_of(30)))->row;
        stale.state = "COMPLETED";
        EXPECT_EQ(TRY(table.update(stale)), 0);
        EXPECT_EQ(TRY(table.find("A"))->state, "CREATED");
        current.state = "FAILED";
        current.active = false;
        current.message = "why";
        EXPECT_EQ(TRY(table.update(current)), 1);
        EXPECT_EQ(TRY(table.find("A"))->message, "why");
        EXPECT_FALSE(TRY(is_job_due(session, time_of(1000))));
        return {};
    });
}

TEST_F(TablesTest, LetJobsOfOneResourceWaitForEachOther) {
    write([&](Session& session) -> Result<void> {
        JobTable table(session, here_, JobKind::Backup);
        TRY(table.insert(job("A", 1)));
        TRY(table.insert(job("B", 2)));
        TRY(table.insert(job("C", 3, "arn:c")));
        EXPECT_EQ(TRY(take_due_job(session, time_of(10), time_of(20)))->row.id, "A");
        EXPECT_EQ(TRY(take_due_job(session, time_of(10), time_of(20)))->row.id, "C");
        EXPECT_FALSE(TRY(take_due_job(session, time_of(10), time_of(20))));
        auto done = *TRY(table.find("A"));
        done.active = false;
        TRY(table.update(done));
        EXPECT_EQ(TRY(take_due_job(session, time_of(11), time_of(21)))->row.id, "B");
        return {};
    });
}

TEST_F(TablesTest, ListJobsTheNewestFirstAndGoOnBehindAKey) {
    write([&](Session& session) -> Result<void> {
        JobTable table(session, here_, JobKind::Backup);
        for (const auto& [id, at] : {std::pair("A", 1), std::pair("B", 2), std::pair("C", 2)})
            TRY(table.insert(job(id, at)));
        auto child = job("D", 3);
        child.parent_id = "A";
        child.state = "RUNNING";
        TRY(table.insert(child));
        auto ids = [](const std::vector<JobRow>& jobs) {
            std::string all;
            for (const JobRow& each : jobs) all += each.id;
            return all;
        };
        EXPECT_EQ(ids(TRY(table.page({}, {}, 10))), "DCBA");
        EXPECT_EQ(ids(TRY(table.page({}, {.created_at = time_of(2), .id = "C"}, 1))), "B");
        EXPECT_EQ(ids(TRY(table.page({.parent_id = "A"}, {}, 10))), "D");
        EXPECT_EQ(ids(TRY(table.page({.state = "CREATED"}, {}, 10))), "CBA");
        EXPECT_EQ(ids(TRY(table.page({.created_before = time_of(2)}, {}, 10))), "A");
        EXPECT_EQ(ids(TRY(table.page({.created_after = time_of(2)}, {}, 10))), "D");
        EXPECT_EQ(ids(TRY(table.children("A"))), "D");
        EXPECT_FALSE(TRY(JobTable(session, there_, JobKind::Backup).find("A")));
        EXPECT_FALSE(TRY(JobTable(session, here_, JobKind::Copy).find("A")));
        return {};
    });
}

TEST_F(TablesTest, KeepPointsWithTheirVault) {
    write([&](Session& session) -> Result<void> {
        PointTable table(session, here_);
        PointRow point{.arn = "arn:1",
                       .vault = "main",
                       .is_parent = true,
                       .resource_arn = "arn:a",
                       .resource_name = "a",
                       .status = "COMPLETED",
                       .created_at = time_of(5),
                       .bytes = 7,
                       .role_arn = "arn:role"};
        EXPECT_EQ(table.insert(point).error().code, ErrorCode::Conflict);  // there is no vault
        TRY(VaultTable(session, here_).insert(vault("main")));
        TRY(table.insert(point));
        PointRow nested = point;
        nested.arn = "arn:2";
        nested.parent_arn = "arn:1";
        nested.is_parent = false;
        nested.repository_point = "id";
        TRY(table.insert(nested));
        EXPECT_EQ(TRY(table.count_in("main")), 2);
        EXPECT_EQ(TRY(table.page({.parent_arn = "arn:1"}, {}, 10)).at(0).repository_point, "id");
        EXPECT_EQ(TRY(table.page({.vault = "other"}, {}, 10)).size(), 0);
        EXPECT_EQ(VaultTable(session, here_).remove("main").error().code, ErrorCode::Conflict);
        EXPECT_EQ(TRY(table.set_status("arn:1", "EXPIRED", "why")), 1);
        EXPECT_EQ(TRY(table.find("arn:1"))->message, "why");
        EXPECT_EQ(TRY(table.remove("arn:1")), 1);
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
