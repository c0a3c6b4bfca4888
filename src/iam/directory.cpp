#include "iam/directory.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/bytes.h"
#include "iam/managed_policies.h"
#include "meta/principal_table.h"

namespace holdfast::iam {

namespace {

using meta::AccessKeyRow;
using meta::AccessKeyTable;
using meta::AccountTable;
using meta::PrincipalRow;
using meta::PrincipalTable;
using meta::PrincipalType;

/// How long another server's change may stay unseen here.
constexpr std::chrono::seconds kFreshFor(5);
constexpr std::size_t kMaxKnown = 10'000;
constexpr std::size_t kIdLetters = 17;
constexpr std::size_t kSecretBytes = 30;
constexpr std::string_view kSecretPurpose = "access key";
constexpr std::string_view kServicePolicies[] = {"AWSBackupServiceRolePolicyForBackup",
                                                 "AWSBackupServiceRolePolicyForRestores"};
constexpr std::string_view kDefaultTrust =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow",)"
    R"("Principal":{"Service":"backup.amazonaws.com"},"Action":"sts:AssumeRole"}]})";

std::string policy_arn(std::string_view partition, std::string_view path, std::string_view name) {
    return fmt::format("arn:{}:iam::aws:policy{}{}", partition, path, name);
}

/// The documents that count for a principal, parsed.
Result<void> read_policies(PrincipalTable& table, const PrincipalRow& row, Identity& identity) {
    for (const auto& inline_policy : TRY(table.inline_policies(row.name)))
        identity.policies.push_back(
            {.name = inline_policy.name,
             .document = TRY(PolicyDocument::parse(inline_policy.document, DocumentKind::Identity),
                             "policy {}", inline_policy.name)});
    for (const std::string& arn : TRY(table.attached_policies(row.name))) {
        // One that a newer Holdfast knew gives nothing here.
        const auto managed = find_managed_policy(arn);
        if (!managed) continue;
        identity.policies.push_back(
            {.name = arn,
             .document = TRY(PolicyDocument::parse(managed->document, DocumentKind::Identity),
                             "policy {}", arn)});
    }
    return {};
}

}  // namespace

Directory::Directory(meta::Database& database, const crypto::Sealer& sealer, base::Clock& clock,
                     base::Random& random, Installation installation)
    : database_(database),
      sealer_(sealer),
      clock_(clock),
      random_(random),
      installation_(std::move(installation)) {}

std::string Directory::new_id(std::string_view prefix) {
    constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string id(prefix);
    for (std::size_t i = 0; i < kIdLetters; ++i) id += kLetters[random_.below(kLetters.size())];
    return id;
}

NewAccessKey Directory::new_access_key() {
    return {.id = new_id("AKIA"), .secret = base::to_base64(random_.array<kSecretBytes>())};
}

Result<void> Directory::create_account(std::string_view account, std::string_view name,
                                       const NewAccessKey& key) {
    const base::Time now = clock_.now();
    return database_.write([&](meta::Session& session) -> Result<void> {
        TRY(AccountTable(session).insert(
            {.account = std::string(account), .name = std::string(name), .created_at = now}));
        PrincipalTable roles(session, account, PrincipalType::Role);
        TRY(roles.insert({.name = std::string(kDefaultRole),
                          .path = std::string(kServiceRolePath),
                          .id = new_id("AROA"),
                          .created_at = now,
                          .trust_policy = std::string(kDefaultTrust),
                          .max_session_seconds = 3600}));
        for (std::string_view policy : kServicePolicies)
            TRY(roles.attach(kDefaultRole,
                             policy_arn(installation_.partition, kServiceRolePath, policy)));
        PrincipalTable users(session, account, PrincipalType::User);
        TRY(users.insert(
            {.name = std::string(kAdministrator), .id = new_id("AIDA"), .created_at = now}));
        TRY(users.attach(kAdministrator,
                         policy_arn(installation_.partition, "/", "AdministratorAccess")));
        return AccessKeyTable(session).insert(
            {.id = key.id,
             .account = std::string(account),
             .user = std::string(kAdministrator),
             .sealed_secret = sealer_.seal(kSecretPurpose, key.id, key.secret),
             .created_at = now});
    });
}

Result<std::shared_ptr<const Identity>> Directory::identify(std::string_view access_key_id,
                                                            std::string_view session_token) {
    if (!session_token.empty())
        return fail(ErrorCode::InvalidArgument, "the session token was not made by this server");
    const base::SteadyTime now = clock_.steady_now();
    auto known = known_.update([&](auto& all) -> std::shared_ptr<const Identity> {
        auto found = all.find(access_key_id);
        return found != all.end() && now < found->second.until ? found->second.identity : nullptr;
    });
    if (known) return known;
    auto identity = TRY(look_up(access_key_id));
    known_.update([&](auto& all) {
        if (all.size() >= kMaxKnown) all.clear();
        all[std::string(access_key_id)] = {.identity = identity, .until = now + kFreshFor};
    });
    return identity;
}

void Directory::forget() {
    known_.update([](auto& all) { all.clear(); });
}

Result<std::shared_ptr<const Identity>> Directory::look_up(std::string_view access_key_id) {
    auto identity = std::make_shared<Identity>();
    const auto work = [&](meta::Session& session) -> Result<void> {
        const auto key = TRY(AccessKeyTable(session).find(access_key_id));
        if (!key || key->status != "Active")
            return fail(ErrorCode::NotFound, "there is no active key of that id");
        identity->secret = TRY(sealer_.open(kSecretPurpose, key->id, key->sealed_secret),
                               "access key {}", key->id);
        if (key->user.empty()) {
            identity->principal = Principal::root(installation_.partition, key->account);
            return {};
        }
        PrincipalTable users(session, key->account, PrincipalType::User);
        const auto user = TRY(users.find(key->user));
        if (!user) return fail(ErrorCode::NotFound, "the key's user is gone");
        identity->principal.kind = PrincipalKind::User;
        identity->principal.arn = fmt::format("arn:{}:iam::{}:user{}{}", installation_.partition,
                                              key->account, user->path, user->name);
        identity->principal.account = key->account;
        identity->principal.id = user->id;
        identity->principal.name = user->name;
        identity->principal.organization = installation_.organization;
        return read_policies(users, *user, *identity);
    };
    TRY(database_.read(work));
    return identity;
}

}  // namespace holdfast::iam
