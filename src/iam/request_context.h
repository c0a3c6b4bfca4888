#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "iam/context_keys.h"

namespace holdfast::iam {

enum class PrincipalKind {
    Root,         ///< The account itself.
    User,         ///< An IAM user.
    RoleSession,  ///< Whoever assumed a role.
    Service,      ///< A part of the server, such as backup.amazonaws.com.
};

/// Who makes a request.
struct Principal {
    PrincipalKind kind = PrincipalKind::User;
    /// arn:aws:iam::A:root, arn:aws:iam::A:user/PATH/NAME,
    /// arn:aws:sts::A:assumed-role/ROLE/SESSION; of a service its name.
    std::string arn;
    std::string role_arn;  ///< Of a role's session: arn:aws:iam::A:role/PATH/ROLE.
    std::string account;   ///< Empty for a service.
    std::string id;        ///< AIDA..., AROA...:SESSION, or the account.
    std::string name;      ///< The user's name.
    std::string organization;
    std::vector<std::pair<std::string, std::string>> tags;

    static Principal root(std::string_view partition, std::string_view account);
    static Principal service(std::string_view name);
};

/// One action on one resource. An action that needs several resources is several requests, all of
/// which have to be allowed.
struct Request {
    Principal principal;
    std::string action;          ///< "backup:StartBackupJob"
    std::string resource = "*";  ///< An ARN; "*" when the action has no resource.
    std::string owner;           ///< The resource's account; empty when it is the principal's.
    ContextKeys keys;
};

/// Sets what the keys aws:Principal*, aws:username and aws:userid say of `principal`, and removes
/// what they said before.
void set_principal_keys(const Principal& principal, ContextKeys& keys);

/// A request with the principal's keys and aws:ResourceAccount set.
Request make_request(Principal principal, std::string_view action, std::string_view resource,
                     std::string_view owner);

/// Whether the sender of `call` may hand the role to `service`: iam:PassRole on the role. The keys
/// that speak of the call's own resource and tags do not count.
Request pass_role_request(const Request& call, std::string_view role_arn, std::string_view service);

}  // namespace holdfast::iam
