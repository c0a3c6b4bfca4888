#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "iam/decision.h"
#include "iam/policy_document.h"
#include "iam/request_context.h"
#include "iam/test_policies.h"

// What people try in order to get more than they were given.
namespace holdfast::iam {
namespace {

using testing::alice;
using testing::Case;
using testing::document_of;
using testing::identity_case;
using testing::kAway;
using testing::kHome;
using testing::kVault;
using testing::parsed;
using testing::session;
using testing::statement;

constexpr std::string_view kAdministratorRole = "arn:aws:iam::111111111111:role/Administrator";
constexpr std::string_view kBackupRole =
    "arn:aws:iam::111111111111:role/service-role/AWSBackupDefaultServiceRole";

/// Alice may start backups with the backup role and pass it to nobody else.
constexpr std::string_view kMayBackUp =
    R"({"Effect":"Allow","Action":"backup:StartBackupJob","Resource":"*"},)"
    R"({"Effect":"Allow","Action":"iam:PassRole",)"
    R"("Resource":"arn:aws:iam::111111111111:role/service-role/AWSBackup*",)"
    R"("Condition":{"StringEquals":{"iam:PassedToService":"backup.amazonaws.com"}}})";

Case passing(std::string_view role, std::string_view service, std::string_view statements) {
    Case it = identity_case(alice(), "backup:StartBackupJob", kVault, statements);
    it.request = pass_role_request(it.request, role, service);
    return it;
}

TEST(Escalation, APassedRoleMustBeOneThatMayBePassed) {
    EXPECT_TRUE(passing(kBackupRole, "backup.amazonaws.com", kMayBackUp).allowed());
    EXPECT_FALSE(passing(kAdministratorRole, "backup.amazonaws.com", kMayBackUp).allowed());
    EXPECT_FALSE(passing(kBackupRole, "ec2.amazonaws.com", kMayBackUp).allowed());
    EXPECT_FALSE(passing("arn:aws:iam::111111111111:role/AWSBackupAdministrator",
                         "backup.amazonaws.com", kMayBackUp)
                     .allowed());
    EXPECT_FALSE(passing("arn:aws:iam::222222222222:role/service-role/AWSBackupDefaultServiceRole",
                         "backup.amazonaws.com", kMayBackUp)
                     .allowed());
}

TEST(Escalation, AllOfBackupDoesNotPassRoles) {
    EXPECT_FALSE(
        passing(kBackupRole, "backup.amazonaws.com", statement("Allow", "backup:*")).allowed());
}

TEST(Escalation, ARoleOfAnotherAccountIsNotPassedEvenByAnAdministrator) {
    const Case it = passing("arn:aws:iam::222222222222:role/Administrator", "backup.amazonaws.com",
                            statement("Allow", "*"));
    EXPECT_FALSE(it.allowed());
}

TEST(Escalation, TagsOfTheCallDoNotCountForTheRole) {
    constexpr std::string_view kTagged =
        R"({"Effect":"Allow","Action":"iam:PassRole","Resource":"*",)"
        R"("Condition":{"StringEquals":{"aws:ResourceTag/class":"open"}}})";
    Case it = identity_case(alice(), "backup:StartBackupJob", kVault, kTagged);
    it.request.keys.set("aws:ResourceTag/class", std::string("open"));
    it.request.keys.set("iam:PassedToService", std::string("backup.amazonaws.com"));
    it.request = pass_role_request(it.request, kAdministratorRole, "ec2.amazonaws.com");
    EXPECT_FALSE(it.allowed());
    EXPECT_EQ(it.request.keys.find("iam:passedtoservice")->front(), "ec2.amazonaws.com");
    EXPECT_EQ(it.request.keys.find("iam:associatedresourcearn")->front(), kVault);
}

TEST(Escalation, AStarInATagOpensNothing) {
    constexpr std::string_view kOwnVaults =
        R"({"Effect":"Allow","Action":"backup:*",)"
        R"("Resource":"arn:aws:backup:*:*:backup-vault:${aws:PrincipalTag/team}"})";
    Principal mallory = alice();
    for (const char* team :
         {"*", "????", "g*", "", "\x01", "gold:x", "${*}", "${aws:PrincipalTag/x}"}) {
        mallory.tags = {{"team", team}};
        EXPECT_FALSE(
            identity_case(mallory, "backup:DeleteBackupVault", kVault, kOwnVaults).allowed())
            << team;
    }
    mallory.tags = {{"team", "gold"}};
    EXPECT_TRUE(identity_case(mallory, "backup:DeleteBackupVault", kVault, kOwnVaults).allowed());
}

TEST(Escalation, ATagOfAnotherCaseDoesNotAddAValueToAVariable) {
    Principal mallory = alice();
    mallory.tags = {{"team", "silver"}, {"TEAM", "gold"}};
    constexpr std::string_view kOwnVaults =
        R"({"Effect":"Allow","Action":"backup:*",)"
        R"("Resource":"arn:aws:backup:*:*:backup-vault:${aws:PrincipalTag/team}"})";
    EXPECT_FALSE(identity_case(mallory, "backup:DeleteBackupVault", kVault, kOwnVaults).allowed());
}

TEST(Escalation, ARegionInTheNameOfAVaultIsNoRegion) {
    // A pattern that could cross fields would let "*:111111111111:backup-vault:gold" match a vault
    // of another account with a clever name.
    constexpr std::string_view kOwn =
        R"({"Effect":"Allow","Action":"backup:*",)"
        R"("Resource":"arn:aws:backup:*:111111111111:backup-vault:*"})";
    EXPECT_FALSE(
        identity_case(alice(), "backup:DeleteBackupVault",
                      "arn:aws:backup:eu-central-1:222222222222:x:111111111111:backup-vault:gold",
                      kOwn)
            .allowed());
}

TEST(Escalation, ABoundaryHoldsWhateverIsAttached) {
    constexpr std::string_view kBoundary =
        R"({"Effect":"Allow","Action":"backup:*","Resource":"*"},)"
        R"({"Effect":"Deny","Action":["iam:*","backup:DeleteRecoveryPoint"],"Resource":"*"})";
    for (const std::string_view action :
         {"iam:PutUserPolicy", "iam:DeleteUserPermissionsBoundary", "iam:PassRole",
          "IAM:createaccesskey", "backup:DeleteRecoveryPoint", "s3:GetObject"}) {
        Case it = identity_case(alice(), action, "*", statement("Allow", "*"));
        it.boundary = parsed(document_of(kBoundary), DocumentKind::Boundary);
        EXPECT_FALSE(it.allowed()) << action;
    }
}

TEST(Escalation, ASessionPolicyCannotWidenARole) {
    Case it = identity_case(session(), "iam:CreateUser", "*", statement("Allow", "backup:*"));
    it.session.push_back(parsed(document_of(statement("Allow", "*")), DocumentKind::Session));
    EXPECT_FALSE(it.allowed());
}

TEST(Escalation, AVaultPolicyCannotOpenAVaultToAnotherAccount) {
    constexpr std::string_view kOpen =
        R"({"Effect":"Allow","Principal":"*","Action":["backup:DeleteRecoveryPoint",)"
        R"("backup:PutBackupVaultAccessPolicy","backup:StartRestoreJob"],"Resource":"*"})";
    for (const std::string_view action :
         {"backup:DeleteRecoveryPoint", "backup:PutBackupVaultAccessPolicy",
          "backup:StartRestoreJob"}) {
        Case it = identity_case(alice(), action, kVault, statement("Allow", "*"));
        it.request.owner = kAway;
        it.resource = parsed(document_of(kOpen), DocumentKind::Vault);
        EXPECT_FALSE(it.allowed()) << action;
    }
}

TEST(Escalation, AnAdministratorIsOneAtHomeOnly) {
    Case it = identity_case(alice(), "backup:DeleteBackupVault", kVault, statement("Allow", "*"));
    EXPECT_TRUE(it.allowed());
    it.request.owner = kAway;
    EXPECT_FALSE(it.allowed());
    EXPECT_EQ(it.decide().source, PolicySource::Resource);
}

TEST(Escalation, ARoleTrustsNoServiceThatItDoesNotName) {
    Case it =
        identity_case(Principal::service("ec2.amazonaws.com"), "sts:AssumeRole", kBackupRole, "");
    it.request.owner = kHome;
    it.resource =
        parsed(document_of(R"({"Effect":"Allow","Principal":{"Service":"backup.amazonaws.com"},)"
                           R"("Action":"sts:AssumeRole"})"),
               DocumentKind::Trust);
    EXPECT_FALSE(it.allowed());
}

TEST(Escalation, ASessionWithAUsersNameIsNotTheUser) {
    Principal mallory = session();
    mallory.arn = "arn:aws:sts::111111111111:assumed-role/operator/alice";
    mallory.name = "alice";
    Case it = identity_case(mallory, "backup:DeleteBackupVault", kVault,
                            R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":)"
                            R"({"StringEquals":{"aws:username":"alice"}}})");
    EXPECT_FALSE(it.allowed());
}

TEST(Escalation, TheDeepestDocumentIsRefusedNotFollowed) {
    std::string deep;
    for (int i = 0; i < 30'000; ++i) deep += R"({"Statement":)";
    EXPECT_FALSE(PolicyDocument::parse(deep, DocumentKind::Identity));
    EXPECT_FALSE(PolicyDocument::parse(std::string(60'000, '['), DocumentKind::Identity));
}

}  // namespace
}  // namespace holdfast::iam
