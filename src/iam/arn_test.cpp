#include "iam/arn.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace holdfast::iam {
namespace {

TEST(Arn, ReadsBackWhatItWrites) {
    for (const char* text : {
             "arn:aws:backup:eu-central-1:111111111111:backup-vault:gold",
             "arn:aws-cn:backup:cn-north-1:111111111111:recovery-point:composite:eks/shop-2026",
             "arn:aws-us-gov:eks:us-gov-west-1:111111111111:cluster/shop",
             "arn:aws:ec2:eu-central-1::snapshot/snap-0123",
             "arn:aws:iam::111111111111:role/service-role/AWSBackupDefaultServiceRole",
             "arn:aws:iam::aws:policy/AdministratorAccess",
             "arn:aws:eks::aws:cluster-access-policy/AWSBackupFullAccessPolicyForBackup",
             "arn:aws-iso-b:s3:::bucket/key with spaces",
         }) {
        const Result<Arn> arn = Arn::parse(text);
        ASSERT_TRUE(arn) << text;
        EXPECT_EQ(arn->format(), text);
    }
}

TEST(Arn, NamesItsFields) {
    const Arn arn = *Arn::parse("arn:aws:backup:eu-central-1:111111111111:recovery-point:eks/a:b");
    EXPECT_EQ(arn.partition, "aws");
    EXPECT_EQ(arn.service, "backup");
    EXPECT_EQ(arn.region, "eu-central-1");
    EXPECT_EQ(arn.account, "111111111111");
    EXPECT_EQ(arn.resource, "recovery-point:eks/a:b");
}

TEST(Arn, RefusesWhatIsNone) {
    for (const char* text : {
             "",
             "*",
             "arn",
             "arn:aws:backup:eu-central-1:111111111111",
             "arn:aws:backup:eu-central-1:111111111111:",
             "ARN:aws:backup:eu-central-1:111111111111:backup-vault:gold",
             "urn:aws:backup:eu-central-1:111111111111:backup-vault:gold",
             "arn::backup:eu-central-1:111111111111:backup-vault:gold",
             "arn:azure:backup:eu-central-1:111111111111:backup-vault:gold",
             "arn:aws-:backup:eu-central-1:111111111111:backup-vault:gold",
             "arn:aws::eu-central-1:111111111111:backup-vault:gold",
             "arn:aws:Backup:eu-central-1:111111111111:backup-vault:gold",
             "arn:aws:backup:EU:111111111111:backup-vault:gold",
             "arn:aws:backup:eu-central-1:11111111111:backup-vault:gold",
             "arn:aws:backup:eu-central-1:1111111111111:backup-vault:gold",
             "arn:aws:backup:eu-central-1:11111111111a:backup-vault:gold",
             "arn:aws:backup:*:111111111111:backup-vault:gold",
             "arn:aws:backup:eu-central-1:111111111111:a\nb",
         })
        EXPECT_FALSE(Arn::parse(text)) << text;
    EXPECT_FALSE(Arn::parse("arn:aws:s3:::" + std::string(kMaxArnBytes, 'a')));
}

TEST(Arn, KnowsThePartitionsByTheirForm) {
    for (const char* known : {"aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-f"})
        EXPECT_TRUE(is_partition(known)) << known;
    for (const char* unknown : {"", "awscn", "AWS", "aws-", "aws_cn", "azure"})
        EXPECT_FALSE(is_partition(unknown)) << unknown;
}

}  // namespace
}  // namespace holdfast::iam
