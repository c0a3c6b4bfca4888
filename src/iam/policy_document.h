#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "iam/arn.h"
#include "iam/condition.h"
#include "iam/context_keys.h"
#include "iam/policy_text.h"
#include "iam/principal_pattern.h"

namespace holdfast::iam {

/// Where a document stands; it decides which elements it must and must not have.
enum class DocumentKind {
    Identity,  ///< On a user or role.
    Boundary,  ///< The most that a user or role may be given.
    Session,   ///< The most that one session of a role gets.
    Resource,  ///< On a resource; names principals.
    Trust,     ///< On a role: who may assume it. Names no resources.
    Vault,     ///< The access policy of a vault: a resource policy without wildcards in Action.
};

// AWS's limits, in characters that are not white space.
inline constexpr std::size_t kMaxManagedPolicy = 6'144;
inline constexpr std::size_t kMaxUserInlinePolicies = 2'048;   ///< All of one user together.
inline constexpr std::size_t kMaxRoleInlinePolicies = 10'240;  ///< All of one role together.
inline constexpr std::size_t kMaxTrustPolicy = 2'048;
inline constexpr std::size_t kMaxSessionPolicy = 2'048;
inline constexpr std::size_t kMaxResourcePolicy = 20'480;
/// With white space, whatever the kind.
inline constexpr std::size_t kMaxDocumentBytes = 131'072;

/// The size of a document as AWS counts it.
std::size_t policy_characters(std::string_view text);

/// The Action or NotAction of a statement.
struct ActionElement {
    bool negated = false;
    std::vector<std::string> globs;  ///< Compiled, in lower case.

    bool covers(std::string_view lower_action) const;
};

/// The Resource or NotResource of a statement.
struct ResourceElement {
    bool negated = false;
    std::vector<ArnText> patterns;

    /// A variable without a value matches nothing; with NotResource it voids an Allow.
    bool covers(const std::optional<ArnFields>& resource, const ContextKeys& keys,
                Effect effect) const;
};

struct Statement {
    std::string sid;
    Effect effect = Effect::Deny;
    ActionElement action;
    std::optional<ResourceElement> resource;    ///< None in a trust policy.
    std::optional<PrincipalElement> principal;  ///< Only in resource and trust policies.
    std::vector<Condition> conditions;
};

/// A policy document, parsed once and evaluated often. Immutable after parse.
struct PolicyDocument {
    DocumentKind kind = DocumentKind::Identity;
    std::string id;
    std::vector<Statement> statements;

    /// InvalidArgument with a sentence for a document that AWS would call malformed;
    /// LimitExceeded for one that is too large for its kind.
    static Result<PolicyDocument> parse(std::string_view text, DocumentKind kind);
};

}  // namespace holdfast::iam
