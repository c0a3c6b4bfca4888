#include "api/backup/job_rules.h"

#include <fmt/core.h>

#include "base/bytes.h"
#include "crypto/mac.h"
#include "iam/arn.h"
#include "iam/decision.h"
#include "iam/policy_document.h"
#include "iam/request_context.h"
#include "meta/idempotency_table.h"
#include "meta/point_table.h"
#include "meta/principal_table.h"
#include "meta/vault_table.h"

namespace holdfast::api::backup {

namespace {

constexpr std::string_view kRoleResource = "role/";
constexpr std::string_view kBackupService = "backup.amazonaws.com";

}  // namespace

Answer<void> check_role(meta::Session& session, const Call& call, const std::string& role_arn) {
    const auto refusal =
        refuse(errors::kInvalidParameter,
               fmt::format("IAM Role {} cannot be assumed by AWS Backup", role_arn));
    auto arn = iam::Arn::parse(role_arn);
    if (!arn || arn->service != "iam" || arn->account != call.account() ||
        !arn->resource.starts_with(kRoleResource))
        return refusal;
    const std::string name = arn->resource.substr(arn->resource.rfind('/') + 1);
    const auto role =
        TRY(meta::PrincipalTable(session, call.account(), meta::PrincipalType::Role).find(name));
    if (!role || !role->trust_policy) return refusal;
    auto trust = iam::PolicyDocument::parse(*role->trust_policy, iam::DocumentKind::Trust);
    if (!trust) return refusal;
    const iam::Request request = iam::make_request(iam::Principal::service(kBackupService),
                                                   "sts:AssumeRole", role_arn, call.account());
    const iam::Evaluation evaluation{
        .request = request, .resource = iam::NamedPolicy{.name = role_arn, .document = &*trust}};
    if (!iam::decide(evaluation).allowed()) return refusal;
    return {};
}

Target pass_role(const Call& call, std::string role_arn) {
    return {.action = "iam:PassRole",
            .resource = std::move(role_arn),
            .owner = call.account(),
            .passed_to = std::string(kBackupService)};
}

Answer<void> add_policy_of_point(Services& services, const Call& call, const std::string& point_arn,
                                 Target& target) {
    const auto look = [&](meta::Session& session) -> Result<void> {
        const auto point = TRY(meta::PointTable(session, call.place).find(point_arn));
        if (!point) return {};
        const auto vault = TRY(meta::VaultTable(session, call.place).find(point->vault));
        if (vault) target.policy = vault->access_policy;
        return {};
    };
    TRY(services.database.read(look));
    return {};
}

std::string hash_of(const Json& input) {
    return base::to_hex(crypto::sha256(base::as_bytes(base::dump_json(input))));
}

Answer<SeenJob> once(meta::Session& session, const Call& call,
                     const std::optional<std::string>& token, const std::string& request_hash,
                     const std::function<Answer<std::string>()>& create) {
    meta::IdempotencyTable seen(session, call.place, call.operation->name);
    if (token) {
        if (auto before = TRY(seen.find(*token))) {
            if (before->request_hash != request_hash)
                return refuse(errors::kInvalidParameter,
                              "IdempotencyToken was used for another request.");
            return SeenJob{.id = before->answer, .created_at = before->created_at};
        }
    }
    const std::string id = TRY(create());
    if (token)
        TRY(seen.insert(*token,
                        {.request_hash = request_hash, .answer = id, .created_at = call.now}));
    return SeenJob{.id = id, .created_at = call.now};
}

bool is_own_account(const Call& call, const std::optional<std::string>& account) {
    return !account || *account == "*" || *account == call.account();
}

}  // namespace holdfast::api::backup
