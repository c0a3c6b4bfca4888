#include "iam/decision.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "iam/test_policies.h"

namespace holdfast::iam {
namespace {

// The structs name the columns of the tables.
// NOLINTBEGIN(modernize-use-designated-initializers)

using testing::alice;
using testing::Case;
using testing::document_of;
using testing::identity_case;
using testing::kAway;
using testing::kVault;
using testing::parsed;
using testing::root;
using testing::session;
using testing::statement;

constexpr std::string_view kDelete = "backup:DeleteBackupVault";

struct StatementRow {
    std::string_view rule;
    std::string_view statements;
    bool allowed;
};

TEST(Decision, FollowsTheStatementsOfIdentityPolicies) {
    constexpr StatementRow kRows[] = {
        {"nothing allows", "", false},
        {"an action by name",
         R"({"Effect":"Allow","Action":"backup:DeleteBackupVault","Resource":"*"})", true},
        {"an action without its case",
         R"({"Effect":"Allow","Action":"BACKUP:deletebackupvault","Resource":"*"})", true},
        {"another action",
         R"({"Effect":"Allow","Action":"backup:DeleteBackupPlan","Resource":"*"})", false},
        {"an action of the same name elsewhere",
         R"({"Effect":"Allow","Action":"s3:DeleteBackupVault","Resource":"*"})", false},
        {"a star", R"({"Effect":"Allow","Action":"*","Resource":"*"})", true},
        {"a star in the name", R"({"Effect":"Allow","Action":"backup:*Vault","Resource":"*"})",
         true},
        {"a question mark",
         R"({"Effect":"Allow","Action":"backup:DeleteBackup?ault","Resource":"*"})", true},
        {"one action of several",
         R"({"Effect":"Allow","Action":["s3:*","backup:*"],"Resource":"*"})", true},
        {"NotAction leaves the action out",
         R"({"Effect":"Allow","NotAction":"backup:Delete*","Resource":"*"})", false},
        {"NotAction leaves others out",
         R"({"Effect":"Allow","NotAction":["iam:*","s3:*"],"Resource":"*"})", true},
        {"the resource by name",
         R"({"Effect":"Allow","Action":"backup:*","Resource":)"
         R"("arn:aws:backup:eu-central-1:111111111111:backup-vault:gold"})",
         true},
        {"another resource",
         R"({"Effect":"Allow","Action":"backup:*","Resource":)"
         R"("arn:aws:backup:eu-central-1:111111111111:backup-vault:silver"})",
         false},
        {"another region",
         R"({"Effect":"Allow","Action":"backup:*","Resource":)"
         R"("arn:aws:backup:eu-west-1:111111111111:backup-vault:*"})",
         false},
        {"NotResource leaves the resource out",
         R"({"Effect":"Allow","Action":"backup:*","NotResource":)"
         R"("arn:aws:backup:*:*:backup-vault:gold"})",
         false},
        {"NotResource leaves another out",
         R"({"Effect":"Allow","Action":"backup:*","NotResource":)"
         R"("arn:aws:backup:*:*:backup-vault:silver"})",
         true},
        {"NotResource with a variable without a value allows nothing",
         R"({"Effect":"Allow","Action":"backup:*","NotResource":)"
         R"("arn:aws:backup:*:*:backup-vault:${aws:PrincipalTag/none}"})",
         false},
        {"a Deny with such a variable denies",
         R"({"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*",)"
         R"("NotResource":"arn:aws:backup:*:*:backup-vault:${aws:PrincipalTag/none}"})",
         false},
        {"a tag of the principal in the resource",
         R"({"Effect":"Allow","Action":"backup:*","Resource":)"
         R"("arn:aws:backup:*:${aws:PrincipalAccount}:)"
         R"(backup-vault:${aws:PrincipalTag/vault, 'gold'}"})",
         true},
        {"a condition that is fulfilled",
         R"({"Effect":"Allow","Action":"*","Resource":"*",)"
         R"("Condition":{"StringEquals":{"aws:PrincipalTag/team":"ops"}}})",
         true},
        {"all conditions have to be",
         R"({"Effect":"Allow","Action":"*","Resource":"*",)"
         R"("Condition":{"StringEquals":{"aws:PrincipalTag/team":"ops"},)"
         R"("Bool":{"aws:SecureTransport":"true"}}})",
         false},
        {"all keys have to be",
         R"({"Effect":"Allow","Action":"*","Resource":"*",)"
         R"("Condition":{"StringEquals":{"aws:PrincipalTag/team":"ops","aws:username":"bob"}}})",
         false},
        {"a deny beats an allow before it",
         R"({"Effect":"Allow","Action":"*","Resource":"*"},)"
         R"({"Effect":"Deny","Action":"backup:Delete*","Resource":"*"})",
         false},
        {"and one after it",
         R"({"Effect":"Deny","Action":"backup:Delete*","Resource":"*"},)"
         R"({"Effect":"Allow","Action":"*","Resource":"*"})",
         false},
        {"a deny whose condition is not fulfilled does not",
         R"({"Effect":"Allow","Action":"*","Resource":"*"},)"
         R"({"Effect":"Deny","Action":"*","Resource":"*",)"
         R"("Condition":{"StringNotEquals":{"aws:PrincipalAccount":"111111111111"}}})",
         true},
        {"a deny with NotAction",
         R"({"Effect":"Allow","Action":"*","Resource":"*"},)"
         R"({"Effect":"Deny","NotAction":"backup:Get*","Resource":"*"})",
         false},
    };
    for (const StatementRow& row : kRows)
        EXPECT_EQ(identity_case(alice(), kDelete, kVault, row.statements).allowed(), row.allowed)
            << row.rule;
}

TEST(Decision, AllowsActionsWithoutResourceOnlyOnEverything) {
    constexpr std::string_view kAll = R"({"Effect":"Allow","Action":"*","Resource":"*"})";
    constexpr std::string_view kVaults =
        R"({"Effect":"Allow","Action":"*","Resource":"arn:aws:backup:*:*:*"})";
    EXPECT_TRUE(identity_case(alice(), "backup:ListBackupJobs", "*", kAll).allowed());
    EXPECT_FALSE(identity_case(alice(), "backup:ListBackupJobs", "*", kVaults).allowed());
}

/// What the other policies say beside an identity policy that allows everything.
struct CeilingRow {
    std::string_view rule;
    std::string_view boundary;
    std::string_view session;
    bool allowed;
    PolicySource source = PolicySource::Identity;
};

TEST(Decision, IsCutByBoundaryAndSessionPolicies) {
    constexpr std::string_view kSame = "backup:*";
    constexpr std::string_view kOther = "s3:*";
    constexpr CeilingRow kRows[] = {
        {"no ceiling", "", "", true},
        {"a boundary with the action", kSame, "", true},
        {"a boundary without it", kOther, "", false, PolicySource::Boundary},
        {"a session policy with the action", "", kSame, true},
        {"a session policy without it", "", kOther, false, PolicySource::Session},
        {"both with it", kSame, kSame, true},
        {"only the session policy has it", kOther, kSame, false, PolicySource::Boundary},
        {"only the boundary has it", kSame, kOther, false, PolicySource::Session},
    };
    for (const CeilingRow& row : kRows) {
        Case it = identity_case(session(), kDelete, kVault, statement("Allow", "*"));
        if (!row.boundary.empty())
            it.boundary = parsed(document_of(statement("Allow", row.boundary)));
        if (!row.session.empty())
            it.session.push_back(parsed(document_of(statement("Allow", row.session))));
        const Decision decision = it.decide();
        EXPECT_EQ(decision.allowed(), row.allowed) << row.rule;
        if (row.allowed) continue;
        EXPECT_EQ(decision.verdict, Verdict::ImplicitDeny) << row.rule;
        EXPECT_EQ(decision.source, row.source) << row.rule;
    }
}

TEST(Decision, GrantsNothingByCeilings) {
    Case it = identity_case(session(), kDelete, kVault, "");
    it.boundary = parsed(document_of(statement("Allow", "*")));
    it.session.push_back(parsed(document_of(statement("Allow", "*"))));
    EXPECT_EQ(it.decide().source, PolicySource::Identity);
    EXPECT_FALSE(it.allowed());
}

TEST(Decision, TakesSeveralSessionPoliciesTogether) {
    Case it = identity_case(session(), kDelete, kVault, statement("Allow", "*"));
    it.session.push_back(parsed(document_of(statement("Allow", "s3:*"))));
    EXPECT_FALSE(it.allowed());
    it.session.push_back(parsed(document_of(statement("Allow", "backup:*"))));
    EXPECT_TRUE(it.allowed());
}

TEST(Decision, NamesTheStatementThatDenies) {
    constexpr std::string_view kDenial =
        R"({"Sid":"NoDeletion","Effect":"Deny","Action":"backup:Delete*","Resource":"*"})";
    constexpr std::string_view kVaultDenial =
        R"({"Sid":"NoDeletion","Effect":"Deny","Principal":"*",)"
        R"("Action":"backup:DeleteBackupVault","Resource":"*"})";
    const auto base = [] {
        return identity_case(session(), kDelete, kVault, statement("Allow", "*"));
    };
    const auto expect_denied_by = [](const Case& it, PolicySource source, std::string_view name,
                                     std::string_view sentence) {
        const Decision decision = it.decide();
        EXPECT_EQ(decision.verdict, Verdict::ExplicitDeny);
        EXPECT_EQ(decision.source, source);
        EXPECT_EQ(decision.policy, name);
        EXPECT_EQ(decision.sid, "NoDeletion");
        EXPECT_EQ(access_denied_message(it.request, decision),
                  "User: arn:aws:sts::111111111111:assumed-role/operator/monday is not authorized "
                  "to perform: backup:DeleteBackupVault on resource: "
                  "arn:aws:backup:eu-central-1:111111111111:backup-vault:gold with an explicit "
                  "deny in " +
                      std::string(sentence));
    };
    Case it = base();
    it.identity.push_back(parsed(document_of(kDenial)));
    expect_denied_by(it, PolicySource::Identity, "identity", "an identity-based policy");
    it = base();
    it.boundary = parsed(document_of(kDenial), DocumentKind::Boundary);
    expect_denied_by(it, PolicySource::Boundary, "boundary", "a permissions boundary");
    it = base();
    it.session.push_back(parsed(document_of(kDenial), DocumentKind::Session));
    expect_denied_by(it, PolicySource::Session, "session", "a session policy");
    it = base();
    it.resource = parsed(document_of(kVaultDenial), DocumentKind::Vault);
    expect_denied_by(it, PolicySource::Resource, "resource", "a resource-based policy");
    it = base();
    it.request.action = "sts:AssumeRole";
    it.resource = parsed(document_of(R"({"Sid":"NoDeletion","Effect":"Deny","Principal":"*",)"
                                     R"("Action":"sts:AssumeRole"})"),
                         DocumentKind::Trust);
    EXPECT_TRUE(access_denied_message(it.request, it.decide())
                    .ends_with(" with an explicit deny in the role trust policy"));
}

TEST(Decision, SaysWhatLacksAnAllow) {
    const auto sentence = [](const Case& it) {
        const std::string text = access_denied_message(it.request, it.decide());
        return text.substr(text.find(" because "));
    };
    Case it = identity_case(alice(), kDelete, kVault, "");
    EXPECT_EQ(access_denied_message(it.request, it.decide()),
              "User: arn:aws:iam::111111111111:user/ops/alice is not authorized to perform: "
              "backup:DeleteBackupVault on resource: "
              "arn:aws:backup:eu-central-1:111111111111:backup-vault:gold because no "
              "identity-based policy allows the backup:DeleteBackupVault action");
    it = identity_case(alice(), kDelete, kVault, statement("Allow", "*"));
    it.boundary = parsed(document_of(statement("Allow", "s3:*")));
    EXPECT_EQ(sentence(it),
              " because no permissions boundary allows the backup:DeleteBackupVault action");
    it.boundary.reset();
    it.session.push_back(parsed(document_of(statement("Allow", "s3:*"))));
    EXPECT_EQ(sentence(it),
              " because no session policy allows the backup:DeleteBackupVault action");
    it.session.clear();
    it.request.owner = kAway;
    EXPECT_EQ(sentence(it),
              " because no resource-based policy allows the backup:DeleteBackupVault action");
    it.request.owner.clear();
    it.request.action = "sts:AssumeRole";
    it.resource = parsed(
        document_of(
            R"({"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"sts:AssumeRole"})"),
        DocumentKind::Trust);
    EXPECT_EQ(sentence(it), " because no role trust policy allows the sts:AssumeRole action");
}

TEST(Decision, LetsTheRootDoEverythingAtHome) {
    EXPECT_TRUE(identity_case(root(), kDelete, kVault, "").allowed());
    Case it = identity_case(root(), kDelete, kVault, "");
    it.resource = parsed(document_of(R"({"Effect":"Deny","Principal":"*",)"
                                     R"("Action":"backup:DeleteBackupVault","Resource":"*"})"),
                         DocumentKind::Vault);
    EXPECT_EQ(it.decide().verdict, Verdict::ExplicitDeny);
    it.resource.reset();
    it.request.owner = kAway;
    EXPECT_EQ(it.decide().source, PolicySource::Resource);
}

TEST(Decision, GivesServicesWhatResourcesGiveThem) {
    Case it = identity_case(Principal::service("backup.amazonaws.com"), "sts:AssumeRole",
                            "arn:aws:iam::111111111111:role/ops/operator", "");
    it.request.owner = testing::kHome;
    EXPECT_FALSE(it.allowed());
    const auto trusting = [](std::string_view service) {
        return parsed(
            document_of(fmt::format(R"({{"Effect":"Allow","Principal":{{"Service":"{}"}},)"
                                    R"("Action":"sts:AssumeRole"}})",
                                    service)),
            DocumentKind::Trust);
    };
    it.resource = trusting("ec2.amazonaws.com");
    EXPECT_FALSE(it.allowed());
    it.resource = trusting("backup.amazonaws.com");
    EXPECT_TRUE(it.allowed());
}

TEST(RequestContext, TellsWhoAsks) {
    const auto value = [](const Request& request, std::string_view key) {
        const auto* values = request.keys.find(key);
        return values == nullptr ? std::string("-") : values->front();
    };
    const Request user = make_request(alice(), kDelete, kVault, "");
    EXPECT_EQ(value(user, "aws:principalarn"), "arn:aws:iam::111111111111:user/ops/alice");
    EXPECT_EQ(value(user, "aws:principalaccount"), "111111111111");
    EXPECT_EQ(value(user, "aws:principalorgid"), "o-holdfast00");
    EXPECT_EQ(value(user, "aws:principaltag/team"), "ops");
    EXPECT_EQ(value(user, "aws:principaltype"), "User");
    EXPECT_EQ(value(user, "aws:username"), "alice");
    EXPECT_EQ(value(user, "aws:userid"), "AIDAAAAAAAAAAAAALICE");
    EXPECT_EQ(value(user, "aws:resourceaccount"), "111111111111");
    EXPECT_EQ(value(user, "aws:principalisawsservice"), "false");

    const Request role = make_request(session(), kDelete, kVault, kAway);
    EXPECT_EQ(value(role, "aws:principalarn"), "arn:aws:iam::111111111111:role/ops/operator");
    EXPECT_EQ(value(role, "aws:username"), "-");
    EXPECT_EQ(value(role, "aws:userid"), "AROAAAAAAAAAAOPERATOR:monday");
    EXPECT_EQ(value(role, "aws:resourceaccount"), "222222222222");

    const Request service =
        make_request(Principal::service("backup.amazonaws.com"), kDelete, kVault, "");
    EXPECT_EQ(value(service, "aws:principalisawsservice"), "true");
    EXPECT_EQ(value(service, "aws:principalarn"), "-");
}

// NOLINTEND(modernize-use-designated-initializers)

}  // namespace
}  // namespace holdfast::iam
