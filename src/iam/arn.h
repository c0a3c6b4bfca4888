#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace holdfast::iam {

inline constexpr std::size_t kMaxArnBytes = 2048;
inline constexpr std::size_t kArnFields = 6;

/// The fields between the first five colons of an ARN: "arn", partition, service, region, account,
/// resource. They live as long as the text.
using ArnFields = std::array<std::string_view, kArnFields>;

/// The fields of whatever looks like an ARN: "arn", five colons, nothing else is checked.
std::optional<ArnFields> split_arn(std::string_view text);

/// The name of a resource. Region and account may be empty, as in EBS snapshots and IAM.
struct Arn {
    std::string partition;
    std::string service;
    std::string region;
    std::string account;
    std::string resource;

    /// InvalidArgument unless every field has the form that AWS gives it: a known kind of
    /// partition, lower-case service and region, twelve digits (or "aws", or nothing) as account.
    static Result<Arn> parse(std::string_view text);
    std::string format() const;

    bool operator==(const Arn&) const = default;
};

/// Whether `text` is twelve digits.
bool is_account_id(std::string_view text);
/// "aws", or "aws-" and lower-case words, such as "aws-cn", "aws-us-gov" and "aws-iso-b".
bool is_partition(std::string_view text);

}  // namespace holdfast::iam
