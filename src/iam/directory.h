#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/random.h"
#include "crypto/sealer.h"
#include "iam/policy_document.h"
#include "iam/request_context.h"
#include "meta/database.h"

namespace holdfast::iam {

/// A policy document and the name under which a denial tells of it.
struct OwnedPolicy {
    std::string name;
    PolicyDocument document;
};

/// Whom an access key names, and what has a say in what they may do. Immutable once made.
struct Identity {
    Principal principal;
    std::string secret;  ///< signs their requests; never logged
    std::vector<OwnedPolicy> policies;
    std::optional<OwnedPolicy> boundary;
    std::vector<OwnedPolicy> session;
    std::optional<base::Time> expires;  ///< of temporary credentials
};

/// A key that was just made: the only time that its secret can be seen.
struct NewAccessKey {
    std::string id;
    std::string secret;
};

/// What the installation is: decided when it begins.
struct Installation {
    std::string partition = "aws";
    std::string organization;  ///< "o-..."
};

/// Accounts, users, roles and their keys. Every method may be called from any thread.
class Directory {
public:
    /// Everything given outlives it.
    Directory(meta::Database& database, const crypto::Sealer& sealer, base::Clock& clock,
              base::Random& random, Installation installation);

    const Installation& installation() const { return installation_; }

    /// A key for create_account(): nobody's until then.
    NewAccessKey new_access_key();
    /// The account, with the role that backups run as unless they are told another, and with a user
    /// who may do everything in it and signs with `key`. AlreadyExists when there is that account.
    Result<void> create_account(std::string_view account, std::string_view name,
                                const NewAccessKey& key);

    /// NotFound for a key that is unknown or inactive; InvalidArgument for a session token that is
    /// not ours or does not belong to the key. Whether it has expired is for the caller to see.
    Result<std::shared_ptr<const Identity>> identify(std::string_view access_key_id,
                                                     std::string_view session_token);
    /// Makes identify() look again: call after a change of principals, keys or policies.
    void forget();

    /// "AIDA" and its like, followed by 17 random letters and digits.
    std::string new_id(std::string_view prefix);

private:
    struct Known {
        std::shared_ptr<const Identity> identity;
        base::SteadyTime until;
    };

    Result<std::shared_ptr<const Identity>> look_up(std::string_view access_key_id);

    meta::Database& database_;
    const crypto::Sealer& sealer_;
    base::Clock& clock_;
    base::Random& random_;
    const Installation installation_;
    base::Guarded<std::map<std::string, Known, std::less<>>> known_;
};

/// The role that AWS Backup makes for itself.
inline constexpr std::string_view kDefaultRole = "AWSBackupDefaultServiceRole";
inline constexpr std::string_view kServiceRolePath = "/service-role/";
/// The user that every account begins with.
inline constexpr std::string_view kAdministrator = "administrator";

}  // namespace holdfast::iam
