#include "iam/managed_policies.h"

#include <gtest/gtest.h>

#include <string>

#include "iam/policy_document.h"
#include "iam/test_policies.h"

namespace holdfast::iam {
namespace {

using testing::Case;
using testing::identity_case;
using testing::parsed;
using testing::session;

TEST(ManagedPolicies, AreDocumentsOfEveryPartition) {
    for (const char* partition : {"aws", "aws-cn", "aws-us-gov"}) {
        const auto policies = managed_policies(partition);
        EXPECT_EQ(policies.size(), 5u);
        for (const ManagedPolicy& policy : policies) {
            EXPECT_TRUE(PolicyDocument::parse(policy.document, DocumentKind::Identity))
                << policy.name;
            EXPECT_EQ(policy.document.find("arn:aws:") != std::string::npos,
                      std::string(partition) == "aws" &&
                          policy.document.find("arn:") != std::string::npos)
                << policy.name;
            const auto found = find_managed_policy(policy.arn);
            ASSERT_TRUE(found) << policy.arn;
            EXPECT_EQ(found->document, policy.document);
            EXPECT_TRUE(is_aws_managed(policy.arn));
        }
    }
}

TEST(ManagedPolicies, StandUnderTheirPaths) {
    EXPECT_TRUE(find_managed_policy(
        "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"));
    EXPECT_TRUE(find_managed_policy("arn:aws-cn:iam::aws:policy/AdministratorAccess"));
    EXPECT_FALSE(
        find_managed_policy("arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForBackup"));
    EXPECT_FALSE(find_managed_policy("arn:aws:iam::111111111111:policy/AdministratorAccess"));
    EXPECT_FALSE(find_managed_policy("AdministratorAccess"));
    EXPECT_FALSE(is_aws_managed("arn:aws:iam::111111111111:policy/AdministratorAccess"));
    EXPECT_TRUE(is_aws_managed("arn:aws:iam::aws:policy/Unknown"));
}

Case with_policy(const std::string& arn, const std::string& action, const std::string& resource) {
    Case it = identity_case(session(), action, resource, "");
    it.identity.push_back(parsed(find_managed_policy(arn)->document));
    return it;
}

TEST(ManagedPolicies, LetARoleOfBackupsReadClustersAndNotRestore) {
    const std::string arn =
        "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup";
    const std::string cluster = "arn:aws:eks:eu-central-1:111111111111:cluster/shop";
    EXPECT_TRUE(with_policy(arn, "eks:DescribeCluster", cluster).allowed());
    EXPECT_TRUE(
        with_policy(arn, "backup:CopyIntoBackupVault", std::string(testing::kVault)).allowed());
    EXPECT_FALSE(with_policy(arn, "backup:StartRestoreJob", cluster).allowed());
    EXPECT_FALSE(with_policy(arn, "iam:PassRole", "arn:aws:iam::111111111111:role/x").allowed());

    const std::string entry = "arn:aws:eks:eu-central-1:111111111111:access-entry/shop/role/x";
    Case associate = with_policy(arn, "eks:AssociateAccessPolicy", entry);
    EXPECT_FALSE(associate.allowed());
    associate.request.keys.set("eks:accessScope", std::string("cluster"));
    associate.request.keys.set(
        "eks:policyArn",
        std::string("arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminPolicy"));
    EXPECT_FALSE(associate.allowed());
    associate.request.keys.set(
        "eks:policyArn",
        std::string("arn:aws:eks::aws:cluster-access-policy/AWSBackupFullAccessPolicyForBackup"));
    EXPECT_TRUE(associate.allowed());
}

TEST(ManagedPolicies, LetAnOperatorStartJobsAndDeleteNothing) {
    const std::string arn = "arn:aws:iam::aws:policy/AWSBackupOperatorAccess";
    const std::string vault(testing::kVault);
    EXPECT_TRUE(with_policy(arn, "backup:StartBackupJob", vault).allowed());
    EXPECT_TRUE(with_policy(arn, "backup:DescribeBackupJob", "*").allowed());
    EXPECT_FALSE(with_policy(arn, "backup:DeleteRecoveryPoint", vault).allowed());
    EXPECT_FALSE(with_policy(arn, "backup:PutBackupVaultAccessPolicy", vault).allowed());
    EXPECT_FALSE(with_policy(arn, "backup:CreateBackupPlan", "*").allowed());
}

}  // namespace
}  // namespace holdfast::iam
