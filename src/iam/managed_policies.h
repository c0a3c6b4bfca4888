#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::iam {

/// A policy that every account may attach and nobody may change.
struct ManagedPolicy {
    std::string name;
    std::string path;  ///< "/" or "/service-role/"
    std::string arn;   ///< arn:{partition}:iam::aws:policy{path}{name}
    std::string version;
    std::string description;
    std::string document;  ///< JSON, with the ARNs of the partition.
};

/// AWS's names with what of their content concerns this server: backup, EKS and handing on roles.
std::vector<ManagedPolicy> managed_policies(std::string_view partition);

/// The one with this ARN, in the partition that the ARN names.
std::optional<ManagedPolicy> find_managed_policy(std::string_view arn);

/// Whether an ARN names a policy of AWS, known or not: it can be neither changed nor deleted.
bool is_aws_managed(std::string_view arn);

}  // namespace holdfast::iam
