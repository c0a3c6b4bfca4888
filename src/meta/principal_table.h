#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "meta/database.h"

namespace holdfast::meta {

enum class PrincipalType { User, Role };

struct PrincipalRow {
    std::string name;
    std::string path = "/";
    std::string id;  ///< AIDA... or AROA...
    base::Time created_at;
    std::optional<std::string> description;
    std::optional<std::string> trust_policy;  ///< of a role
    std::optional<std::int64_t> max_session_seconds;
    std::optional<std::string> boundary_arn;
};

struct NamedPolicy {
    std::string name;
    std::string document;
};

/// Users and roles of one account, and their policies. Names are unique without regard to case.
class PrincipalTable {
public:
    PrincipalTable(Session& session, std::string_view account, PrincipalType type);

    /// AlreadyExists when the name is taken.
    Result<void> insert(const PrincipalRow& principal);
    Result<std::optional<PrincipalRow>> find(std::string_view name);
    /// Up to `limit` by folded name, those after `after` (folded too).
    Result<std::vector<PrincipalRow>> page(std::string_view after, std::int64_t limit);
    /// Conflict while it has policies.
    Result<std::int64_t> remove(std::string_view name);
    /// Sets everything but name and id.
    Result<std::int64_t> update(const PrincipalRow& principal);

    Result<void> put_inline_policy(std::string_view name, const NamedPolicy& policy);
    Result<std::int64_t> remove_inline_policy(std::string_view name, std::string_view policy);
    /// By name.
    Result<std::vector<NamedPolicy>> inline_policies(std::string_view name);

    /// Attaching what is attached changes nothing.
    Result<void> attach(std::string_view name, std::string_view policy_arn);
    Result<std::int64_t> detach(std::string_view name, std::string_view policy_arn);
    /// ARNs in their order.
    Result<std::vector<std::string>> attached_policies(std::string_view name);

private:
    Session& session_;
    std::string account_;
    std::string_view kind_;
};

struct AccessKeyRow {
    std::string id;
    std::string account;
    std::string user;  ///< in lower case; empty: the account's root
    std::string sealed_secret;
    std::string status = "Active";
    base::Time created_at;
};

/// Access keys of all accounts: who a caller is, is known by the key alone.
class AccessKeyTable {
public:
    explicit AccessKeyTable(Session& session) : session_(session) {}

    Result<void> insert(const AccessKeyRow& key);
    Result<std::optional<AccessKeyRow>> find(std::string_view id);
    Result<std::vector<AccessKeyRow>> of_user(std::string_view account, std::string_view user);
    Result<std::int64_t> set_status(std::string_view id, std::string_view status);
    Result<std::int64_t> remove(std::string_view id);

private:
    Session& session_;
};

struct AccountRow {
    std::string account;
    std::string name;
    base::Time created_at;
};

class AccountTable {
public:
    explicit AccountTable(Session& session) : session_(session) {}

    /// AlreadyExists when there is that account.
    Result<void> insert(const AccountRow& account);
    /// The oldest first; the first one manages the organization.
    Result<std::vector<AccountRow>> all();

private:
    Session& session_;
};

}  // namespace holdfast::meta
