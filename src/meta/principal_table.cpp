#include "meta/principal_table.h"

#include "base/text.h"

namespace holdfast::meta {

namespace {

#define PRINCIPAL_COLUMNS                                                          \
    "name, path, id, created_at, description, trust_policy, max_session_seconds, " \
    "boundary_arn"

constexpr auto kInsert =
    "INSERT INTO principal (account, kind, name_folded, name, path, id, created_at, description,"
    " trust_policy, max_session_seconds, boundary_arn)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
constexpr auto kFind = "SELECT " PRINCIPAL_COLUMNS
                       " FROM principal WHERE account = ?1 AND kind = ?2 AND name_folded = ?3";
constexpr auto kPage = "SELECT " PRINCIPAL_COLUMNS
                       " FROM principal WHERE account = ?1 AND kind = ?2 AND name_folded > ?3"
                       " ORDER BY name_folded LIMIT ?4";
constexpr auto kRemove =
    "DELETE FROM principal WHERE account = ?1 AND kind = ?2 AND name_folded = ?3";
constexpr auto kUpdate =
    "UPDATE principal SET path = ?4, description = ?5, trust_policy = ?6,"
    " max_session_seconds = ?7, boundary_arn = ?8"
    " WHERE account = ?1 AND kind = ?2 AND name_folded = ?3";
constexpr auto kPutInline =
    "INSERT INTO inline_policy (account, kind, name_folded, policy_name, document)"
    " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (account, kind, name_folded, policy_name)"
    " DO UPDATE SET document = excluded.document";
constexpr auto kRemoveInline =
    "DELETE FROM inline_policy"
    " WHERE account = ?1 AND kind = ?2 AND name_folded = ?3 AND policy_name = ?4";
constexpr auto kInline =
    "SELECT policy_name, document FROM inline_policy"
    " WHERE account = ?1 AND kind = ?2 AND name_folded = ?3 ORDER BY policy_name";
constexpr auto kAttach =
    "INSERT INTO attached_policy (account, kind, name_folded, policy_arn)"
    " VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
constexpr auto kDetach =
    "DELETE FROM attached_policy"
    " WHERE account = ?1 AND kind = ?2 AND name_folded = ?3 AND policy_arn = ?4";
constexpr auto kAttached =
    "SELECT policy_arn FROM attached_policy"
    " WHERE account = ?1 AND kind = ?2 AND name_folded = ?3 ORDER BY policy_arn";
constexpr auto kInsertKey =
    "INSERT INTO access_key (id, account, user_folded, sealed_secret, status, created_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
constexpr auto kFindKey =
    "SELECT id, account, user_folded, sealed_secret, status, created_at FROM access_key"
    " WHERE id = ?1";
constexpr auto kKeysOfUser =
    "SELECT id, account, user_folded, sealed_secret, status, created_at FROM access_key"
    " WHERE account = ?1 AND user_folded = ?2 ORDER BY created_at, id";
constexpr auto kSetKeyStatus = "UPDATE access_key SET status = ?2 WHERE id = ?1";
constexpr auto kRemoveKey = "DELETE FROM access_key WHERE id = ?1";
constexpr auto kInsertAccount =
    "INSERT INTO account (account, name, created_at) VALUES (?1, ?2, ?3)";
constexpr auto kAccounts =
    "SELECT account, name, created_at FROM account ORDER BY created_at, account";

PrincipalRow principal_of(const Row& row) {
    return {.name = std::string(row.text(0)),
            .path = std::string(row.text(1)),
            .id = std::string(row.text(2)),
            .created_at = time_of(row.integer(3)),
            .description = row.optional_text(4),
            .trust_policy = row.optional_text(5),
            .max_session_seconds = row.optional_integer(6),
            .boundary_arn = row.optional_text(7)};
}

AccessKeyRow key_of(const Row& row) {
    return {.id = std::string(row.text(0)),
            .account = std::string(row.text(1)),
            .user = std::string(row.text(2)),
            .sealed_secret = std::string(row.text(3)),
            .status = std::string(row.text(4)),
            .created_at = time_of(row.integer(5))};
}

}  // namespace

PrincipalTable::PrincipalTable(Session& session, std::string_view account, PrincipalType type)
    : session_(session), account_(account), kind_(type == PrincipalType::User ? "user" : "role") {}

Result<void> PrincipalTable::insert(const PrincipalRow& principal) {
    TRY(session_.run(
        kInsert, {account_, kind_, base::to_lower(principal.name), principal.name, principal.path,
                  principal.id, millis_of(principal.created_at), or_null(principal.description),
                  or_null(principal.trust_policy), or_null(principal.max_session_seconds),
                  or_null(principal.boundary_arn)}));
    return {};
}

Result<std::optional<PrincipalRow>> PrincipalTable::find(std::string_view name) {
    std::optional<PrincipalRow> found;
    TRY(session_.each(kFind, {account_, kind_, base::to_lower(name)},
                      [&](const Row& row) -> Result<void> {
                          found = principal_of(row);
                          return {};
                      }));
    return found;
}

Result<std::vector<PrincipalRow>> PrincipalTable::page(std::string_view after, std::int64_t limit) {
    std::vector<PrincipalRow> principals;
    TRY(session_.each(kPage, {account_, kind_, after, limit}, [&](const Row& row) -> Result<void> {
        principals.push_back(principal_of(row));
        return {};
    }));
    return principals;
}

Result<std::int64_t> PrincipalTable::remove(std::string_view name) {
    return session_.run(kRemove, {account_, kind_, base::to_lower(name)});
}

Result<std::int64_t> PrincipalTable::update(const PrincipalRow& principal) {
    return session_.run(kUpdate,
                        {account_, kind_, base::to_lower(principal.name), principal.path,
                         or_null(principal.description), or_null(principal.trust_policy),
                         or_null(principal.max_session_seconds), or_null(principal.boundary_arn)});
}

Result<void> PrincipalTable::put_inline_policy(std::string_view name, const NamedPolicy& policy) {
    TRY(session_.run(kPutInline,
                     {account_, kind_, base::to_lower(name), policy.name, policy.document}));
    return {};
}

Result<std::int64_t> PrincipalTable::remove_inline_policy(std::string_view name,
                                                          std::string_view policy) {
    return session_.run(kRemoveInline, {account_, kind_, base::to_lower(name), policy});
}

Result<std::vector<NamedPolicy>> PrincipalTable::inline_policies(std::string_view name) {
    std::vector<NamedPolicy> policies;
    TRY(session_.each(
        kInline, {account_, kind_, base::to_lower(name)}, [&](const Row& row) -> Result<void> {
            policies.push_back(
                {.name = std::string(row.text(0)), .document = std::string(row.text(1))});
            return {};
        }));
    return policies;
}

Result<void> PrincipalTable::attach(std::string_view name, std::string_view policy_arn) {
    TRY(session_.run(kAttach, {account_, kind_, base::to_lower(name), policy_arn}));
    return {};
}

Result<std::int64_t> PrincipalTable::detach(std::string_view name, std::string_view policy_arn) {
    return session_.run(kDetach, {account_, kind_, base::to_lower(name), policy_arn});
}

Result<std::vector<std::string>> PrincipalTable::attached_policies(std::string_view name) {
    std::vector<std::string> arns;
    TRY(session_.each(kAttached, {account_, kind_, base::to_lower(name)},
                      [&](const Row& row) -> Result<void> {
                          arns.emplace_back(row.text(0));
                          return {};
                      }));
    return arns;
}

Result<void> AccessKeyTable::insert(const AccessKeyRow& key) {
    TRY(session_.run(kInsertKey, {key.id, key.account, key.user, key.sealed_secret, key.status,
                                  millis_of(key.created_at)}));
    return {};
}

Result<std::optional<AccessKeyRow>> AccessKeyTable::find(std::string_view id) {
    std::optional<AccessKeyRow> found;
    TRY(session_.each(kFindKey, {id}, [&](const Row& row) -> Result<void> {
        found = key_of(row);
        return {};
    }));
    return found;
}

Result<std::vector<AccessKeyRow>> AccessKeyTable::of_user(std::string_view account,
                                                          std::string_view user) {
    std::vector<AccessKeyRow> keys;
    TRY(session_.each(kKeysOfUser, {account, user}, [&](const Row& row) -> Result<void> {
        keys.push_back(key_of(row));
        return {};
    }));
    return keys;
}

Result<std::int64_t> AccessKeyTable::set_status(std::string_view id, std::string_view status) {
    return session_.run(kSetKeyStatus, {id, status});
}

Result<std::int64_t> AccessKeyTable::remove(std::string_view id) {
    return session_.run(kRemoveKey, {id});
}

Result<void> AccountTable::insert(const AccountRow& account) {
    TRY(session_.run(kInsertAccount,
                     {account.account, account.name, millis_of(account.created_at)}));
    return {};
}

Result<std::vector<AccountRow>> AccountTable::all() {
    std::vector<AccountRow> accounts;
    TRY(session_.each(kAccounts, {}, [&](const Row& row) -> Result<void> {
        accounts.push_back({.account = std::string(row.text(0)),
                            .name = std::string(row.text(1)),
                            .created_at = time_of(row.integer(2))});
        return {};
    }));
    return accounts;
}

}  // namespace holdfast::meta
