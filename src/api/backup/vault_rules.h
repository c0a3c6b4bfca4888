#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/api_error.h"
#include "api/call.h"
#include "api/registry.h"
#include "api/services.h"
#include "jobs/retention.h"
#include "meta/vault_table.h"

namespace holdfast::api::backup {

std::string vault_arn(const Call& call, std::string_view name);
/// "arn:{p}:kms:{r}:{a}:key/{uuid}": the key of every vault that names none, made when it is first
/// needed.
Answer<std::string> default_key_arn(const Call& call, meta::Session& session, base::Random& random);

/// What is to be allowed on one of the caller's vaults, with the vault's own policy.
Answer<std::vector<Target>> vault_target(Services& services, const Call& call,
                                         std::string_view name);

/// A vault's lock as the rules of jobs/retention.h take it.
std::optional<jobs::VaultLock> lock_of(const meta::VaultRow& vault);
/// A rule's refusal in AWS's terms: of a value, or of the state that something is in.
std::unexpected<ApiError> refused(const Error& error);

/// What AWS says of a vault that is not there when it is read, so that nobody learns which are.
std::unexpected<ApiError> no_such_vault();
/// The vault, or no_such_vault().
Answer<meta::VaultRow> vault_to_read(meta::Session& session, const Call& call,
                                     std::string_view name);
/// The vault, or ResourceNotFound, as what changes a vault says it.
Answer<meta::VaultRow> vault_to_change(meta::Session& session, const Call& call,
                                       std::string_view name);

}  // namespace holdfast::api::backup
