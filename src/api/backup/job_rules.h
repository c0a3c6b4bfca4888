#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/api_error.h"
#include "api/call.h"
#include "api/registry.h"
#include "api/services.h"
#include "base/clock.h"
#include "base/json.h"
#include "meta/database.h"

/// What all kinds of jobs have in common.
namespace holdfast::api::backup {

inline constexpr std::string_view kClusterType = "EKS";

/// Fails unless jobs may run as the role: it is the account's own, and its trust policy lets the
/// backup service assume it.
Answer<void> check_role(meta::Session& session, const Call& call, const std::string& role_arn);
/// The right to hand the role to the backup service.
Target pass_role(const Call& call, std::string role_arn);

/// Gives `target` the policy of the vault that the point lies in, where both are the caller's.
Answer<void> add_policy_of_point(Services& services, const Call& call, const std::string& point_arn,
                                 Target& target);

/// A hash under which two requests are the same one.
std::string hash_of(const Json& input);

struct SeenJob {
    std::string id;
    base::Time created_at;
};
/// The job that `create` makes; the one that was made for the same token before, instead, when
/// the same request comes again. Another request with that token is refused.
Answer<SeenJob> once(meta::Session& session, const Call& call,
                     const std::optional<std::string>& token, const std::string& request_hash,
                     const std::function<Answer<std::string>()>& create);

/// Whether a list for that account, or for all ("*"), is one for the caller's.
bool is_own_account(const Call& call, const std::optional<std::string>& account);

}  // namespace holdfast::api::backup
