#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "iam/decision.h"
#include "iam/policy_document.h"
#include "iam/request_context.h"
#include "iam/test_policies.h"

// Every principal with every way in which a policy of a resource can name it.
namespace holdfast::iam {
namespace {

// The structs name the columns of the tables.
// NOLINTBEGIN(modernize-use-designated-initializers)

using testing::alice;
using testing::Case;
using testing::document_of;
using testing::identity_case;
using testing::kAway;
using testing::kHome;
using testing::kVault;
using testing::parsed;
using testing::root;
using testing::session;
using testing::statement;

constexpr std::string_view kCopyInto = "backup:CopyIntoBackupVault";

/// How the form names the root, the user, the role's session and a service: not at all (-), through
/// the (a)ccount, through the (r)ole or everyone, or (d)irectly.
struct Form {
    std::string_view rule;
    std::string_view principal;
    std::string_view named;
};

constexpr Form kForms[] = {
    {"everyone", R"("*")", "rrrr"},
    {"everyone of AWS", R"({"AWS":"*"})", "rrrr"},
    {"the account by its id", R"({"AWS":"111111111111"})", "daa-"},
    {"the account by its ARN", R"({"AWS":"arn:aws:iam::111111111111:root"})", "daa-"},
    {"an account of that id in another partition", R"({"AWS":"arn:aws-cn:iam::111111111111:root"})",
     "----"},
    {"another account", R"({"AWS":"333333333333"})", "----"},
    {"the user", R"({"AWS":"arn:aws:iam::111111111111:user/ops/alice"})", "-d--"},
    {"a user of that name under another path", R"({"AWS":"arn:aws:iam::111111111111:user/alice"})",
     "----"},
    {"a user of that name elsewhere", R"({"AWS":"arn:aws:iam::333333333333:user/ops/alice"})",
     "----"},
    {"the user by the id", R"({"AWS":"AIDAAAAAAAAAAAAALICE"})", "-d--"},
    {"the role, which means its sessions",
     R"({"AWS":"arn:aws:iam::111111111111:role/ops/operator"})", "--r-"},
    {"another role", R"({"AWS":"arn:aws:iam::111111111111:role/operator"})", "----"},
    {"the role by the id", R"({"AWS":"AROAAAAAAAAAAOPERATOR"})", "--r-"},
    {"the session", R"({"AWS":"arn:aws:sts::111111111111:assumed-role/operator/monday"})", "--d-"},
    {"another session", R"({"AWS":"arn:aws:sts::111111111111:assumed-role/operator/friday"})",
     "----"},
    {"the service", R"({"Service":"backup.amazonaws.com"})", "---d"},
    {"another service", R"({"Service":"ec2.amazonaws.com"})", "----"},
    {"whoever comes from elsewhere", R"({"Federated":"cognito-identity.amazonaws.com"})", "----"},
    {"a canonical user", R"({"CanonicalUser":"79a59df900b949e55d96a1e698fbacedfd6e09d98eac"})",
     "----"},
    {"one of several", R"({"Service":"ec2.amazonaws.com","AWS":["333333333333","111111111111"]})",
     "daa-"},
    {"the closest of several",
     R"({"AWS":["*","111111111111","arn:aws:iam::111111111111:user/ops/alice"]})", "ddrr"},
};

/// What an allow is worth by how closely it names a user or a session: whether the request is
/// allowed when the identity policies allow it, say nothing, or deny it.
struct Worth {
    char named;
    std::string_view rule;
    std::string_view at_home;
    std::string_view from_away;
};

constexpr Worth kWorths[] = {
    {'-', "nobody is named", "+--", "---"},
    {'a', "what the account is given, it has to hand on", "+--", "+--"},
    {'r', "at home one side is enough, from away it takes both", "++-", "+--"},
    {'d', "at home one side is enough, from away it takes both", "++-", "+--"},
};

Case resource_case(const Principal& principal, std::string_view principal_json,
                   std::string_view identity, std::string_view owner,
                   DocumentKind kind = DocumentKind::Vault) {
    Case it = identity_case(principal, kCopyInto, kVault,
                            identity.empty() ? "" : statement(identity, "*"));
    it.request.owner = owner;
    it.resource =
        parsed(document_of(fmt::format(R"({{"Effect":"Allow","Principal":{},)"
                                       R"("Action":"backup:CopyIntoBackupVault","Resource":"*"}})",
                                       principal_json)),
               kind);
    return it;
}

TEST(ResourcePolicy, IsWorthWhatItsPrincipalSays) {
    const std::vector<Principal> principals = {alice(), session()};
    for (const Form& form : kForms) {
        for (std::size_t who = 0; who < principals.size(); ++who) {
            for (const Worth& worth : kWorths) {
                if (form.named[1 + who] != worth.named) continue;
                for (std::size_t i = 0; i < 3; ++i) {
                    constexpr std::string_view kIdentity[] = {"Allow", "", "Deny"};
                    const auto told = fmt::format("{}, {}, identity '{}': {}", form.rule,
                                                  principals[who].arn, kIdentity[i], worth.rule);
                    EXPECT_EQ(resource_case(principals[who], form.principal, kIdentity[i], kHome)
                                  .allowed(),
                              worth.at_home[i] == '+')
                        << "at home: " << told;
                    EXPECT_EQ(resource_case(principals[who], form.principal, kIdentity[i], kAway)
                                  .allowed(),
                              worth.from_away[i] == '+')
                        << "from away: " << told;
                }
            }
        }
    }
}

TEST(ResourcePolicy, GivesRootsAndServicesWhatItSays) {
    const Principal service = Principal::service("backup.amazonaws.com");
    for (const Form& form : kForms) {
        EXPECT_TRUE(resource_case(root(), form.principal, "", kHome).allowed()) << form.rule;
        EXPECT_EQ(resource_case(root(), form.principal, "", kAway).allowed(), form.named[0] != '-')
            << form.rule;
        for (const std::string_view owner : {kHome, kAway})
            EXPECT_EQ(resource_case(service, form.principal, "", owner).allowed(),
                      form.named[3] != '-')
                << form.rule;
    }
}

TEST(ResourcePolicy, DeniesWhomItNamesInEveryWay) {
    const std::vector<Principal> principals = {root(), alice(), session(),
                                               Principal::service("backup.amazonaws.com")};
    for (const Form& form : kForms) {
        for (std::size_t who = 0; who < principals.size(); ++who) {
            Case it = identity_case(principals[who], kCopyInto, kVault, statement("Allow", "*"));
            it.request.owner = kHome;
            it.resource = parsed(
                document_of(fmt::format(
                    R"({{"Effect":"Allow","Principal":"*","Action":"backup:*","Resource":"*"}},)"
                    R"({{"Effect":"Deny","Principal":{},"Action":"backup:*","Resource":"*"}})",
                    form.principal)),
                DocumentKind::Resource);
            EXPECT_EQ(it.allowed(), form.named[who] == '-')
                << form.rule << ", " << principals[who].arn;
        }
    }
}

struct CeilingRow {
    std::string_view rule;
    bool is_session;
    std::string_view principal;
    bool allowed;
};

TEST(ResourcePolicy, PassesCeilingsOnlyForWhomItNamesDirectly) {
    constexpr CeilingRow kRows[] = {
        {"a user by name passes the boundary", false,
         R"({"AWS":"arn:aws:iam::111111111111:user/ops/alice"})", true},
        {"the account's users do not", false, R"({"AWS":"111111111111"})", false},
        {"a user as anyone does not", false, R"("*")", false},
        {"a session by name passes boundary and session policies", true,
         R"({"AWS":"arn:aws:sts::111111111111:assumed-role/operator/monday"})", true},
        {"a session by its role does not", true,
         R"({"AWS":"arn:aws:iam::111111111111:role/ops/operator"})", false},
        {"a session as anyone does not", true, R"("*")", false},
    };
    for (const CeilingRow& row : kRows) {
        Case it = resource_case(row.is_session ? session() : alice(), row.principal, "", kHome);
        it.boundary = parsed(document_of(statement("Allow", "s3:*")), DocumentKind::Boundary);
        if (row.is_session)
            it.session.push_back(
                parsed(document_of(statement("Allow", "s3:*")), DocumentKind::Session));
        EXPECT_EQ(it.allowed(), row.allowed) << row.rule;
        it.request.owner = kAway;
        it.identity.push_back(parsed(document_of(statement("Allow", "*"))));
        EXPECT_FALSE(it.allowed()) << row.rule << ", but never from another account";
    }
}

TEST(ResourcePolicy, LeavesOutOnlyWhoIsNamedWithTheWholeChain) {
    constexpr std::string_view kAccount = R"("111111111111")";
    constexpr std::string_view kUser = R"("arn:aws:iam::111111111111:user/ops/alice")";
    constexpr std::string_view kRole = R"("arn:aws:iam::111111111111:role/ops/operator")";
    constexpr std::string_view kSession =
        R"("arn:aws:sts::111111111111:assumed-role/operator/monday")";
    const auto aws = [](std::initializer_list<std::string_view> names) {
        return fmt::format(R"({{"AWS":[{}]}})", fmt::join(names, ","));
    };
    struct Row {
        std::string_view rule;
        Principal principal;
        std::string left_out;
        bool allowed;
    };
    const Row rows[] = {
        {"a user alone is not enough", alice(), aws({kUser}), false},
        {"the account alone is not enough", alice(), aws({kAccount}), false},
        {"the user and the account are", alice(), aws({kUser, kAccount}), true},
        {"another user is not", alice(), aws({kRole, kAccount}), false},
        {"a role and the account are not enough", session(), aws({kRole, kAccount}), false},
        {"a session and the account are not enough", session(), aws({kSession, kAccount}), false},
        {"session, role and account are", session(), aws({kSession, kRole, kAccount}), true},
        {"the root is its account", root(), aws({kAccount}), true},
        {"the root is no user", root(), aws({kUser}), false},
        {"a service is one link", Principal::service("backup.amazonaws.com"),
         R"({"Service":"backup.amazonaws.com"})", true},
        {"another service is not", Principal::service("backup.amazonaws.com"),
         R"({"Service":"ec2.amazonaws.com"})", false},
        {"everyone is left out", alice(), R"("*")", true},
    };
    for (const Row& row : rows) {
        Case it = identity_case(row.principal, kCopyInto, kVault, statement("Allow", "*"));
        it.request.owner = kHome;
        it.resource = parsed(
            document_of(fmt::format(
                R"({{"Effect":"Allow","Principal":"*","Action":"backup:*","Resource":"*"}},)"
                R"({{"Effect":"Deny","NotPrincipal":{},"Action":"backup:*","Resource":"*"}})",
                row.left_out)),
            DocumentKind::Resource);
        EXPECT_EQ(it.allowed(), row.allowed) << row.rule;
        it.boundary = parsed(document_of(statement("Allow", "*")), DocumentKind::Boundary);
        EXPECT_FALSE(it.allowed()) << row.rule << ", but never with a boundary";
    }
}

TEST(ResourcePolicy, OfAVaultLetsInNothingButCopies) {
    const auto policy = [](std::string_view action) {
        return parsed(
            document_of(fmt::format(
                R"({{"Effect":"Allow","Principal":"*","Action":"{}","Resource":"*"}})", action)),
            DocumentKind::Vault);
    };
    for (const std::string_view action :
         {"backup:CopyIntoBackupVault", "backup:DescribeBackupVault", "backup:StartRestoreJob",
          "backup:DeleteRecoveryPoint"}) {
        Case it = identity_case(alice(), action, kVault, statement("Allow", "*"));
        it.resource = policy(action);
        EXPECT_TRUE(it.allowed()) << action;
        it.request.owner = kAway;
        EXPECT_EQ(it.allowed(), action == kCopyInto) << action;
    }
}

TEST(ResourcePolicy, OfAnotherResourceLetsInWhatItSays) {
    Case it = resource_case(alice(), R"("*")", "Allow", kAway, DocumentKind::Resource);
    EXPECT_TRUE(it.allowed());
    it.request.action = "backup:DescribeBackupVault";
    EXPECT_FALSE(it.allowed());
}

struct TrustRow {
    std::string_view rule;
    std::string_view owner;
    std::string_view identity;
    std::string_view trust;
    bool allowed;
};

TEST(TrustPolicy, DecidesWhoAssumesARole) {
    constexpr std::string_view kUser = R"({"AWS":"arn:aws:iam::111111111111:user/ops/alice"})";
    constexpr std::string_view kAccount = R"({"AWS":"111111111111"})";
    constexpr std::string_view kOther = R"({"AWS":"333333333333"})";
    constexpr TrustRow kRows[] = {
        {"the account, and an own policy", kHome, "Allow", kAccount, true},
        {"the account alone", kHome, "", kAccount, false},
        {"the user by name", kHome, "", kUser, true},
        {"the user by name, whom an own policy denies", kHome, "Deny", kUser, false},
        {"an own policy alone", kHome, "Allow", kOther, false},
        {"from away, both", kAway, "Allow", kAccount, true},
        {"from away, both by name", kAway, "Allow", kUser, true},
        {"from away, the trust policy alone", kAway, "", kUser, false},
        {"from away, an own policy alone", kAway, "Allow", kOther, false},
    };
    for (const TrustRow& row : kRows) {
        Case it = identity_case(alice(), "sts:AssumeRole",
                                fmt::format("arn:aws:iam::{}:role/operator", row.owner),
                                row.identity.empty() ? "" : statement(row.identity, "sts:*"));
        it.request.owner = row.owner;
        it.resource = parsed(
            document_of(fmt::format(
                R"({{"Effect":"Allow","Principal":{},"Action":"sts:AssumeRole"}})", row.trust)),
            DocumentKind::Trust);
        EXPECT_EQ(it.allowed(), row.allowed) << row.rule;
    }
}

TEST(TrustPolicy, NeverTrustsTheRoot) {
    Case it =
        identity_case(root(), "sts:AssumeRole", "arn:aws:iam::111111111111:role/operator", "");
    it.resource = parsed(
        document_of(
            R"({"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole"})"),
        DocumentKind::Trust);
    EXPECT_FALSE(it.allowed());
    EXPECT_EQ(it.decide().source, PolicySource::Trust);
}

TEST(TrustPolicy, AsksForTheExternalId) {
    Case it = identity_case(alice(), "sts:AssumeRole", "arn:aws:iam::222222222222:role/operator",
                            statement("Allow", "sts:AssumeRole"));
    it.request.owner = kAway;
    it.resource = parsed(
        document_of(
            R"({"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole",)"
            R"("Condition":{"StringEquals":{"sts:ExternalId":"42"}}})"),
        DocumentKind::Trust);
    EXPECT_FALSE(it.allowed());
    it.request.keys.set("sts:ExternalId", std::string("41"));
    EXPECT_FALSE(it.allowed());
    it.request.keys.set("sts:ExternalId", std::string("42"));
    EXPECT_TRUE(it.allowed());
}

// NOLINTEND(modernize-use-designated-initializers)

}  // namespace
}  // namespace holdfast::iam
