#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "iam/request_context.h"

namespace holdfast::iam {

/// How closely a policy names who asks, from not at all to by itself. What an allow is worth
/// depends on it; see decision.h .
enum class Closeness {
    None,
    Account,  ///< Through its account, which still has to let it.
    Role,     ///< As one of a role's sessions, or as anyone at all.
    Direct,   ///< The user, the session, the service or the account itself.
};

/// One principal that a policy names.
struct PrincipalPattern {
    enum class Kind {
        Anyone,
        Account,
        User,
        Role,
        Session,
        UniqueId,
        Service,
        /// Nobody here is authenticated so: web identities, SAML, canonical users of S3.
        Foreign,
    };

    Kind kind = Kind::Foreign;
    std::string text;       ///< The ARN, id or name.
    std::string partition;  ///< Of an account that is named by its ARN.

    /// A value below `type`: "AWS", "Service", "Federated" or "CanonicalUser". InvalidArgument for
    /// what names nobody; wildcards stand only for everybody.
    static Result<PrincipalPattern> parse(std::string_view type, std::string_view value);
};

/// The Principal or NotPrincipal of a statement.
struct PrincipalElement {
    bool negated = false;
    std::vector<PrincipalPattern> patterns;

    /// How closely Principal names whoever asks.
    Closeness names(const Principal& principal) const;

    /// Whether NotPrincipal leaves out whoever asks: it has to name every link of the chain, the
    /// account, the role and the session, or the account and the user.
    bool leaves_out(const Principal& principal) const;
};

}  // namespace holdfast::iam
