#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "iam/policy_document.h"
#include "iam/request_context.h"

namespace holdfast::iam {

/// A document and the name under which a denial tells of it: the policy's ARN or inline name.
/// Both are borrowed; the caller keeps them while it decides.
struct NamedPolicy {
    std::string_view name;
    const PolicyDocument* document = nullptr;
};

/// Everything that has a say in one request.
struct Evaluation {
    const Request& request;
    std::span<const NamedPolicy> identity;  ///< Inline and attached, of the user or the role.
    std::optional<NamedPolicy> boundary;
    std::span<const NamedPolicy> session;  ///< Of AssumeRole; none, and the session has the role's.
    /// The policy of the resource: of kind Resource, Vault, or Trust when the action is
    /// sts:AssumeRole and the resource the role.
    std::optional<NamedPolicy> resource;
};

enum class Verdict {
    Allowed,
    ExplicitDeny,  ///< A statement denies it.
    ImplicitDeny,  ///< No statement of the named kind of policy allows it.
};

enum class PolicySource { Identity, Boundary, Session, Resource, Trust };

struct Decision {
    Verdict verdict = Verdict::ImplicitDeny;
    /// Of a denial: the kind of policy that denies it, or that lacks an allow.
    PolicySource source = PolicySource::Identity;
    std::string policy;  ///< Of an explicit deny: the policy's name,
    std::string sid;     ///< and the statement's, which may be empty.

    bool allowed() const { return verdict == Verdict::Allowed; }
};

/// Whether the request is allowed, by the rules of AWS:
/// - A statement that denies decides, wherever it stands.
/// - Within an account, the identity policies or the resource's policy allow. What the resource's
///   policy gives to a user or a session by name needs nothing else; what it gives to a role or to
///   everyone is still cut by boundary and session policies; what it gives to the account counts
///   for what the account's own policies allow.
/// - From another account, both sides have to allow. A vault's policy lets in nothing but
///   backup:CopyIntoBackupVault.
/// - A role is assumed only if its trust policy allows it, within an account too; never by the
///   account's root.
/// - The account's root may do everything in its account, a service what a resource's policy says.
/// Pure: no I/O, no state. May be called from any thread.
Decision decide(const Evaluation& evaluation);

/// The sentence of AWS for a denial: "User: ARN is not authorized to perform: ACTION on resource:
/// ARN because no identity-based policy allows the ACTION action".
std::string access_denied_message(const Request& request, const Decision& decision);

/// "an identity-based policy", "a permissions boundary" and so on.
std::string_view describe(PolicySource source);

}  // namespace holdfast::iam
