#include "iam/policy_document.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "iam/test_policies.h"

namespace holdfast::iam {
namespace {

// The structs name the columns of the tables.
// NOLINTBEGIN(modernize-use-designated-initializers)

using testing::document_of;
using testing::parsed;

constexpr auto kIdentity = DocumentKind::Identity;
constexpr auto kTrust = DocumentKind::Trust;
constexpr auto kResource = DocumentKind::Resource;
constexpr auto kVault = DocumentKind::Vault;

TEST(PolicyDocument, TakesEveryElement) {
    const PolicyDocument document = parsed(R"({
        "Version": "2012-10-17",
        "Id": "everything",
        "Statement": [
            {
                "Sid": "one",
                "Effect": "Deny",
                "NotPrincipal": {"AWS": ["111111111111"], "Service": "backup.amazonaws.com"},
                "NotAction": ["backup:Get*", "s3:*"],
                "NotResource": "arn:aws:backup:*:*:backup-vault:${aws:username}",
                "Condition": {
                    "StringNotLike": {"aws:PrincipalArn": ["a", "b"]},
                    "Bool": {"aws:SecureTransport": true},
                    "NumericLessThan": {"backup:MaxRetentionDays": 30}
                }
            },
            {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": ["*"]}
        ]})",
                                           kResource);
    EXPECT_EQ(document.id, "everything");
    ASSERT_EQ(document.statements.size(), 2u);
    const Statement& first = document.statements.front();
    EXPECT_EQ(first.sid, "one");
    EXPECT_EQ(first.effect, Effect::Deny);
    EXPECT_TRUE(first.action.negated);
    EXPECT_TRUE(first.resource->negated);
    EXPECT_TRUE(first.principal->negated);
    EXPECT_EQ(first.principal->patterns.size(), 2u);
    EXPECT_EQ(first.conditions.size(), 3u);
}

TEST(PolicyDocument, TakesOneStatementWithoutAList) {
    EXPECT_EQ(parsed(R"({"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}})")
                  .statements.size(),
              1u);
}

struct Row {
    DocumentKind kind;
    std::string_view text;
    std::string_view sentence;
};

void expect_refused(const Row& row) {
    const auto document = PolicyDocument::parse(row.text, row.kind);
    ASSERT_FALSE(document) << row.text;
    EXPECT_EQ(document.error().message, row.sentence) << row.text;
    EXPECT_EQ(document.error().code, ErrorCode::InvalidArgument) << row.text;
}

TEST(PolicyDocument, RefusesWhatIsNoDocument) {
    constexpr Row kRows[] = {
        {kIdentity, "", "This policy contains invalid Json"},
        {kIdentity, "{", "This policy contains invalid Json"},
        {kIdentity, "{\"Version\":\"2012-10-17\"} x", "This policy contains invalid Json"},
        {kIdentity, "{\"Id\":\"\xff\"}", "This policy contains invalid Json"},
        {kIdentity, "[[[[[[[[[[]]]]]]]]]]", "This policy contains invalid Json"},
        {kIdentity, "[]", "Syntax errors in policy: it is no object."},
        {kIdentity, "null", "Syntax errors in policy: it is no object."},
        {kIdentity, "{}", "Missing required field Statement"},
        {kIdentity, R"({"Statement":[]})",
         "Syntax errors in policy: Statement must not be an empty list."},
        {kIdentity, R"({"Statement":"x"})",
         "Syntax errors in policy: a statement must be an object."},
        {kIdentity, R"({"Statement":[[]]})",
         "Syntax errors in policy: a statement must be an object."},
        {kIdentity, R"({"Version":"2012-10-18","Statement":[]})",
         "The policy must contain a valid version string"},
        {kIdentity, R"({"Version":2012,"Statement":[]})",
         "The policy must contain a valid version string"},
        {kIdentity, R"({"version":"2012-10-17","Statement":[]})",
         "Syntax errors in policy: unknown element version."},
        {kIdentity, R"({"Id":7,"Statement":[]})", "Syntax errors in policy: Id must be a string."},
        {kIdentity, R"({"Statement":[],"Statement":[]})",
         "Syntax errors in policy: the key Statement stands twice."},
    };
    for (const Row& row : kRows) expect_refused(row);
}

TEST(PolicyDocument, RefusesStatementsThatAreNone) {
    constexpr std::string_view kVendor =
        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
    constexpr std::string_view kSid =
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
        "expression [0-9A-Za-z]*";
    constexpr Row kRows[] = {
        {kIdentity, R"({"Action":"s3:*","Resource":"*"})", "Missing required field Effect"},
        {kIdentity, R"({"Effect":"allow","Action":"s3:*","Resource":"*"})",
         R"(Invalid effect: "allow")"},
        {kIdentity, R"({"Effect":"Deny","Effect":"Allow","Action":"s3:*","Resource":"*"})",
         "Syntax errors in policy: the key Effect stands twice."},
        {kIdentity, R"({"Effect":"Allow","Action":"s3:*","Resource":"*","Actions":"x"})",
         "Syntax errors in policy: unknown element Actions."},
        {kIdentity, R"({"Effect":"Allow","Resource":"*"})",
         "Policy statement must contain actions."},
        {kIdentity, R"({"Effect":"Allow","Action":[],"Resource":"*"})",
         "Policy statement must contain actions."},
        {kIdentity, R"({"Effect":"Allow","Action":{},"Resource":"*"})",
         "Syntax errors in policy: Action must be a string."},
        {kIdentity, R"({"Effect":"Allow","Action":["s3:*",null],"Resource":"*"})",
         "Syntax errors in policy: Action must be a string."},
        {kIdentity, R"({"Effect":"Allow","Action":"s3:*","NotAction":"s3:*","Resource":"*"})",
         "Syntax errors in policy: a statement has both Action and NotAction."},
        {kIdentity, R"({"Effect":"Allow","Action":"GetObject","Resource":"*"})", kVendor},
        {kIdentity, R"({"Effect":"Allow","Action":":GetObject","Resource":"*"})", kVendor},
        {kIdentity, R"({"Effect":"Allow","Action":"","Resource":"*"})", kVendor},
        {kIdentity, R"({"Effect":"Allow","Action":"s*:GetObject","Resource":"*"})",
         "Vendor s* is not valid"},
        {kIdentity, R"({"Effect":"Allow","Action":"s3:","Resource":"*"})",
         "Action s3: is not valid"},
        {kIdentity, R"({"Effect":"Allow","Action":"s3:Get Object","Resource":"*"})",
         "Action s3:Get Object is not valid"},
        {kIdentity, R"({"Effect":"Allow","Action":"s3:\u0001","Resource":"*"})",
         "Syntax errors in policy: Action contains a control character."},
        {kIdentity, R"({"Effect":"Allow","Action":"s3:*"})",
         "Policy statement must contain resources."},
        {kIdentity, R"({"Effect":"Allow","Action":"s3:*","Resource":[]})",
         "Policy statement must contain resources."},
        {kIdentity, R"({"Effect":"Allow","Action":"s3:*","Resource":"bucket"})",
         "Resource bucket must be in ARN format or \"*\"."},
        {kIdentity, R"({"Effect":"Allow","Action":"s3:*","Resource":""})",
         "Resource  must be in ARN format or \"*\"."},
        {kIdentity, R"({"Effect":"Allow","Action":"s3:*","Resource":"*","NotResource":"*"})",
         "Syntax errors in policy: a statement has both Resource and NotResource."},
        {kIdentity, R"({"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${x}"})",
         "The policy variable ${x} names no key."},
        {kIdentity, R"({"Effect":"Allow","Action":"s3:*","Resource":"*","Sid":"a b"})", kSid},
        {kIdentity,
         R"({"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"},)"
         R"({"Sid":"a","Effect":"Deny","Action":"s3:*","Resource":"*"})",
         "Statement IDs (SID) in a single policy must be unique."},
        {kIdentity, R"({"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":[]})",
         "Syntax errors in policy: Condition must be an object."},
        {kIdentity, R"({"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":1}})",
         "Syntax errors in policy: the condition Bool must be an object of keys."},
        {kIdentity,
         R"({"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Is":{"aws:x":"y"}}})",
         "Invalid Condition type : Is."},
        {kIdentity,
         R"({"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:x":[]}}})",
         "aws:x must not be an empty list."},
        {kIdentity,
         R"({"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:x":null}}})",
         "Syntax errors in policy: aws:x must be a string."},
    };
    for (const Row& row : kRows) {
        const std::string text = document_of(row.text);
        expect_refused({row.kind, text, row.sentence});
    }
}

TEST(PolicyDocument, HasTheElementsOfItsKind) {
    constexpr Row kRows[] = {
        {kIdentity, R"({"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"})",
         "Policy document should not specify a principal."},
        {DocumentKind::Boundary,
         R"({"Effect":"Allow","NotPrincipal":"*","Action":"s3:*","Resource":"*"})",
         "Policy document should not specify a principal."},
        {DocumentKind::Session,
         R"({"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"})",
         "Policy document should not specify a principal."},
        {kResource, R"({"Effect":"Allow","Action":"s3:*","Resource":"*"})",
         "Missing required field Principal"},
        {kVault, R"({"Effect":"Allow","Action":"backup:GetX","Resource":"*"})",
         "Missing required field Principal"},
        {kVault, R"({"Effect":"Allow","Principal":"*","Action":"backup:GetX"})",
         "Policy statement must contain resources."},
        {kResource, R"({"Effect":"Allow","NotPrincipal":"*","Action":"s3:*","Resource":"*"})",
         "Allow with NotPrincipal is not allowed."},
        {kTrust, R"({"Effect":"Allow","Action":"sts:AssumeRole"})",
         "Missing required field Principal"},
        {kTrust, R"({"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"})",
         "Has prohibited field Resource"},
        {kTrust,
         R"({"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","NotResource":"*"})",
         "Has prohibited field Resource"},
        {kTrust, R"({"Effect":"Deny","NotPrincipal":"*","Action":"sts:AssumeRole"})",
         "Has prohibited field NotPrincipal"},
        {kTrust, R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject"})",
         "AssumeRole policy may only specify STS AssumeRole actions."},
        {kTrust, R"({"Effect":"Allow","Principal":"*","Action":"*"})",
         "AssumeRole policy may only specify STS AssumeRole actions."},
        {kTrust, R"({"Effect":"Allow","Principal":"*","NotAction":"sts:AssumeRole"})",
         "AssumeRole policy may only specify STS AssumeRole actions."},
        {kVault, R"({"Effect":"Deny","Principal":"*","Action":"backup:Delete*","Resource":"*"})",
         "Wildcards are not allowed in the Action of a backup vault access policy."},
        {kVault, R"({"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"})",
         "Wildcards are not allowed in the Action of a backup vault access policy."},
        {kVault, R"({"Effect":"Deny","Principal":"*","Action":"backup:Get?","Resource":"*"})",
         "Wildcards are not allowed in the Action of a backup vault access policy."},
    };
    for (const Row& row : kRows) {
        const std::string text = document_of(row.text);
        expect_refused({row.kind, text, row.sentence});
    }
}

TEST(PolicyDocument, RefusesPrincipalsThatNameNobody) {
    for (const char* principal : {
             R"("alice")",
             R"({"AWS":"alice"})",
             R"({"AWS":"11111111111"})",
             R"({"AWS":"1111*"})",
             R"({"AWS":"arn:aws:iam::111111111111:user/*"})",
             R"({"AWS":"arn:aws:iam::111111111111:role/oper?tor"})",
             R"({"AWS":"arn:aws:iam::*:root"})",
             R"({"AWS":"arn:aws:iam::111111111111:group/ops"})",
             R"({"AWS":"arn:aws:iam::111111111111:user/"})",
             R"({"AWS":"arn:aws:iam::111111111111:user"})",
             R"({"AWS":"arn:aws:iam:eu-central-1:111111111111:user/alice"})",
             R"({"AWS":"arn:aws:s3:::bucket"})",
             R"({"AWS":"arn:aws:sts::111111111111:assumed-role/operator"})",
             R"({"AWS":""})",
             R"({"Service":"*"})",
             R"({"Service":"backup"})",
             R"({"Service":"*.amazonaws.com"})",
             R"({"Federated":"*"})",
             R"({"CanonicalUser":"*"})",
         }) {
        const std::string text = document_of(fmt::format(
            R"({{"Effect":"Allow","Principal":{},"Action":"s3:*","Resource":"*"}})", principal));
        const auto document = PolicyDocument::parse(text, kResource);
        ASSERT_FALSE(document) << principal;
        EXPECT_TRUE(document.error().message.starts_with("Invalid principal in policy: "))
            << document.error().message;
    }
    for (const char* principal : {"[]", "{}", "7", R"(["*"])", R"({"Azure":"x"})", R"({"AWS":[]})",
                                  R"({"AWS":{"x":"y"}})"}) {
        const std::string text = document_of(fmt::format(
            R"({{"Effect":"Allow","Principal":{},"Action":"s3:*","Resource":"*"}})", principal));
        EXPECT_FALSE(PolicyDocument::parse(text, kResource)) << principal;
    }
}

TEST(PolicyDocument, LetsResourcePoliciesNameTheirStatementsFreely) {
    EXPECT_TRUE(PolicyDocument::parse(
        document_of(R"({"Sid":"deny all, but one","Effect":"Deny","Principal":"*",)"
                    R"("Action":"backup:DeleteRecoveryPoint","Resource":"*"})"),
        kVault));
}

struct LimitRow {
    DocumentKind kind;
    std::size_t characters;
    std::string_view sentence;
};

TEST(PolicyDocument, IsAsLargeAsItsKindMayBe) {
    constexpr LimitRow kRows[] = {
        {kIdentity, kMaxRoleInlinePolicies, "Cannot exceed quota for PolicySize: 10240"},
        {DocumentKind::Boundary, kMaxManagedPolicy, "Cannot exceed quota for PolicySize: 6144"},
        {DocumentKind::Session, kMaxSessionPolicy,
         "Cannot exceed quota for SessionPolicySize: 2048"},
        {kTrust, kMaxTrustPolicy, "Cannot exceed quota for ACLSizePerRole: 2048"},
        {kVault, kMaxResourcePolicy, "Cannot exceed quota for ResourcePolicySize: 20480"},
    };
    for (const LimitRow& row : kRows) {
        const std::string_view rest =
            row.kind == kTrust   ? R"("Principal":"*","Action":"sts:AssumeRole"})"
            : row.kind == kVault ? R"("Principal":"*","Action":"backup:GetX","Resource":"*"})"
                                 : R"("Action":"s3:*","Resource":"*"})";
        const auto document_with = [&](std::size_t sid_bytes) {
            return document_of(fmt::format(R"({{"Sid":"{}","Effect":"Deny",{})",
                                           std::string(sid_bytes, 'a'), rest));
        };
        const std::size_t frame = policy_characters(document_with(0));
        // White space does not count.
        const std::string largest = std::string(1000, ' ') + document_with(row.characters - frame);
        EXPECT_TRUE(PolicyDocument::parse(largest, row.kind)) << row.sentence;
        const auto larger =
            PolicyDocument::parse(document_with(row.characters - frame + 1), row.kind);
        ASSERT_FALSE(larger);
        EXPECT_EQ(larger.error().code, ErrorCode::LimitExceeded);
        EXPECT_EQ(larger.error().message, row.sentence);
    }
    const auto blank = PolicyDocument::parse(std::string(kMaxDocumentBytes + 1, ' '), kIdentity);
    ASSERT_FALSE(blank);
    EXPECT_EQ(blank.error().code, ErrorCode::LimitExceeded);
}

// NOLINTEND(modernize-use-designated-initializers)

}  // namespace
}  // namespace holdfast::iam
