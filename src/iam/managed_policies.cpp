#include "iam/managed_policies.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "iam/arn.h"

namespace holdfast::iam {
namespace {

/// Documents have the ARNs of partition aws; the others replace it.
struct Source {
    std::string_view name;
    std::string_view path;
    std::string_view version;
    std::string_view description;
    std::string_view document;
};

constexpr std::string_view kAdministrator = R"({
  "Version": "2012-10-17",
  "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
})";

constexpr std::string_view kFullAccess = R"({
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Backup",
      "Effect": "Allow",
      "Action": ["backup:*", "backup-storage:*"],
      "Resource": "*"
    },
    {
      "Sid": "ReadClusters",
      "Effect": "Allow",
      "Action": ["eks:DescribeCluster", "eks:ListClusters", "eks:ListTagsForResource"],
      "Resource": "*"
    },
    {
      "Sid": "ReadRoles",
      "Effect": "Allow",
      "Action": ["iam:ListRoles", "iam:GetRole"],
      "Resource": "*"
    },
    {
      "Sid": "PassBackupRoles",
      "Effect": "Allow",
      "Action": "iam:PassRole",
      "Resource": ["arn:aws:iam::*:role/*AwsBackup*", "arn:aws:iam::*:role/*AWSBackup*"],
      "Condition": {
        "StringLike": {
          "iam:PassedToService": ["backup.amazonaws.com", "restore-testing.backup.amazonaws.com"]
        }
      }
    }
  ]
})";

constexpr std::string_view kOperatorAccess = R"({
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Backup",
      "Effect": "Allow",
      "Action": [
        "backup:Get*",
        "backup:List*",
        "backup:Describe*",
        "backup:CreateBackupSelection",
        "backup:DeleteBackupSelection",
        "backup:StartBackupJob",
        "backup:StartRestoreJob",
        "backup:StartCopyJob"
      ],
      "Resource": "*"
    },
    {
      "Sid": "ReadClusters",
      "Effect": "Allow",
      "Action": ["eks:DescribeCluster", "eks:ListClusters", "eks:ListTagsForResource"],
      "Resource": "*"
    },
    {
      "Sid": "ReadRoles",
      "Effect": "Allow",
      "Action": ["iam:ListRoles", "iam:GetRole"],
      "Resource": "*"
    },
    {
      "Sid": "PassBackupRoles",
      "Effect": "Allow",
      "Action": "iam:PassRole",
      "Resource": ["arn:aws:iam::*:role/*AwsBackup*", "arn:aws:iam::*:role/*AWSBackup*"],
      "Condition": {"StringLike": {"iam:PassedToService": "backup.amazonaws.com"}}
    }
  ]
})";

constexpr std::string_view kForBackup = R"({
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "ReadClusters",
      "Effect": "Allow",
      "Action": [
        "eks:ListClusters",
        "eks:ListTagsForResource",
        "eks:DescribeCluster",
        "eks:ListAddons",
        "eks:DescribeAddon",
        "eks:ListNodegroups",
        "eks:DescribeNodegroup",
        "eks:ListPodIdentityAssociations",
        "eks:DescribePodIdentityAssociation",
        "eks:ListAccessEntries",
        "eks:DescribeAccessEntry",
        "eks:ListAssociatedAccessPolicies",
        "eks:ListFargateProfiles",
        "eks:DescribeFargateProfile"
      ],
      "Resource": "*"
    },
    {
      "Sid": "ReadLaunchTemplates",
      "Effect": "Allow",
      "Action": "ec2:DescribeLaunchTemplateVersions",
      "Resource": "*"
    },
    {
      "Sid": "EnterClusters",
      "Effect": "Allow",
      "Action": "eks:CreateAccessEntry",
      "Resource": "arn:aws:eks:*:*:cluster/*"
    },
    {
      "Sid": "ReadObjectsOfClusters",
      "Effect": "Allow",
      "Action": ["eks:AssociateAccessPolicy", "eks:DisassociateAccessPolicy"],
      "Resource": "arn:aws:eks:*:*:access-entry/*",
      "Condition": {
        "StringEquals": {
          "eks:policyArn":
            "arn:aws:eks::aws:cluster-access-policy/AWSBackupFullAccessPolicyForBackup",
          "eks:accessScope": "cluster"
        }
      }
    },
    {
      "Sid": "StoreInVaults",
      "Effect": "Allow",
      "Action": ["backup:DescribeBackupVault", "backup:CopyIntoBackupVault"],
      "Resource": "arn:aws:backup:*:*:backup-vault:*"
    },
    {
      "Sid": "CopyFromVaults",
      "Effect": "Allow",
      "Action": "backup:CopyFromBackupVault",
      "Resource": "*"
    },
    {
      "Sid": "TagRecoveryPoints",
      "Effect": "Allow",
      "Action": "backup:TagResource",
      "Resource": "arn:aws:backup:*:*:recovery-point:*",
      "Condition": {"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}
    }
  ]
})";

constexpr std::string_view kForRestores = R"({
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "RestoreClusters",
      "Effect": "Allow",
      "Action": [
        "eks:CreateCluster",
        "eks:DescribeCluster",
        "eks:CreateAccessEntry",
        "eks:DescribeAccessEntry",
        "eks:ListAssociatedAccessPolicies",
        "eks:CreateAddon",
        "eks:DescribeAddon",
        "eks:CreateNodegroup",
        "eks:DescribeNodegroup",
        "eks:CreateFargateProfile",
        "eks:DescribeFargateProfile",
        "eks:CreatePodIdentityAssociation",
        "eks:DescribePodIdentityAssociation",
        "eks:TagResource"
      ],
      "Resource": "*"
    },
    {
      "Sid": "WriteObjectsOfClusters",
      "Effect": "Allow",
      "Action": ["eks:AssociateAccessPolicy", "eks:DisassociateAccessPolicy"],
      "Resource": "arn:aws:eks:*:*:access-entry/*",
      "Condition": {
        "StringEquals": {
          "eks:policyArn":
            "arn:aws:eks::aws:cluster-access-policy/AWSBackupFullAccessPolicyForRestore"
        }
      }
    },
    {
      "Sid": "PassRoles",
      "Effect": "Allow",
      "Action": "iam:PassRole",
      "Resource": "arn:aws:iam::*:role/*",
      "Condition": {
        "StringEquals": {
          "iam:PassedToService": [
            "eks.amazonaws.com",
            "ec2.amazonaws.com",
            "pods.eks.amazonaws.com",
            "backup.amazonaws.com"
          ]
        }
      }
    },
    {
      "Sid": "ReadRoles",
      "Effect": "Allow",
      "Action": ["iam:GetRole", "iam:ListAttachedRolePolicies"],
      "Resource": "*"
    },
    {
      "Sid": "Nodes",
      "Effect": "Allow",
      "Action": [
        "ec2:DescribeLaunchTemplateVersions",
        "ec2:DescribeSubnets",
        "ec2:RunInstances",
        "ec2:CreateTags"
      ],
      "Resource": "*"
    },
    {
      "Sid": "RestoreNested",
      "Effect": "Allow",
      "Action": [
        "backup:StartRestoreJob",
        "backup:ListRestoreJobs",
        "backup:ListRecoveryPointsByBackupVault",
        "backup:DescribeRestoreJob"
      ],
      "Resource": "*"
    }
  ]
})";

constexpr auto kSources = std::to_array<Source>({
    {.name = "AdministratorAccess",
     .path = "/",
     .version = "v1",
     .description = "Everything in the account.",
     .document = kAdministrator},
    {.name = "AWSBackupFullAccess",
     .path = "/",
     .version = "v30",
     .description = "Everything that concerns backups.",
     .document = kFullAccess},
    {.name = "AWSBackupOperatorAccess",
     .path = "/",
     .version = "v16",
     .description =
         "Backups, restores and copies by hand, and what plans protect; no plans, no deletion.",
     .document = kOperatorAccess},
    {.name = "AWSBackupServiceRolePolicyForBackup",
     .path = "/service-role/",
     .version = "v30",
     .description = "What a role needs that backups are made with.",
     .document = kForBackup},
    {.name = "AWSBackupServiceRolePolicyForRestores",
     .path = "/service-role/",
     .version = "v35",
     .description = "What a role needs that restores are made with.",
     .document = kForRestores},
});

std::string in_partition(std::string_view document, std::string_view partition) {
    constexpr std::string_view kPrefix = "arn:aws:";
    std::string text;
    std::size_t at = 0;
    while (true) {
        const std::size_t found = document.find(kPrefix, at);
        text += document.substr(at, found - at);
        if (found == std::string_view::npos) return text;
        text += fmt::format("arn:{}:", partition);
        at = found + kPrefix.size();
    }
}

ManagedPolicy build(const Source& source, std::string_view partition) {
    return {.name = std::string(source.name),
            .path = std::string(source.path),
            .arn = fmt::format("arn:{}:iam::aws:policy{}{}", partition, source.path, source.name),
            .version = std::string(source.version),
            .description = std::string(source.description),
            .document = in_partition(source.document, partition)};
}

}  // namespace

std::vector<ManagedPolicy> managed_policies(std::string_view partition) {
    std::vector<ManagedPolicy> policies;
    for (const Source& source : kSources) policies.push_back(build(source, partition));
    return policies;
}

bool is_aws_managed(std::string_view arn) {
    const std::optional<ArnFields> fields = split_arn(arn);
    return fields && (*fields)[2] == "iam" && (*fields)[3].empty() && (*fields)[4] == "aws" &&
           (*fields)[5].starts_with("policy/");
}

std::optional<ManagedPolicy> find_managed_policy(std::string_view arn) {
    const Result<Arn> parsed = Arn::parse(arn);
    if (!parsed || !is_aws_managed(arn)) return std::nullopt;
    const auto named = [&](const Source& source) {
        return parsed->resource == fmt::format("policy{}{}", source.path, source.name);
    };
    const auto* found = std::ranges::find_if(kSources, named);
    if (found == kSources.end()) return std::nullopt;
    return build(*found, parsed->partition);
}

}  // namespace holdfast::iam
