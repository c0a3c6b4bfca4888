#include "iam/decision.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "iam/arn.h"
#include "iam/condition.h"
#include "iam/context_keys.h"
#include "iam/principal_pattern.h"

namespace holdfast::iam {
namespace {

constexpr std::string_view kCopyIntoVault = "backup:copyintobackupvault";

/// The request in the form in which statements are compared with it.
struct Facts {
    const Request& request;
    std::string action;
    std::optional<ArnFields> resource;
    bool has_boundary = false;
};

/// How closely a statement without principals means whoever asks: it stands on them.
Closeness closeness(const Statement& statement, const Facts& facts) {
    if (!statement.principal) return Closeness::Direct;
    const Principal& principal = facts.request.principal;
    if (!statement.principal->negated) return statement.principal->names(principal);
    // Only a Deny has NotPrincipal, and AWS lets it deny everyone who has a boundary.
    const bool left_out = !facts.has_boundary && statement.principal->leaves_out(principal);
    return left_out ? Closeness::None : Closeness::Direct;
}

bool covers(const Statement& statement, const Facts& facts) {
    const ContextKeys& keys = facts.request.keys;
    return statement.action.covers(facts.action) &&
           (!statement.resource ||
            statement.resource->covers(facts.resource, keys, statement.effect)) &&
           std::ranges::all_of(statement.conditions, [&](const Condition& condition) {
               return condition.fulfilled(keys, statement.effect);
           });
}

/// What one policy, or all of one kind together, say of a request.
struct Opinion {
    Closeness allows = Closeness::None;
    const NamedPolicy* denying = nullptr;
    const Statement* denial = nullptr;

    bool denies() const { return denial != nullptr; }
};

void consult(const NamedPolicy& policy, const Facts& facts, Opinion& opinion) {
    for (const Statement& statement : policy.document->statements) {
        const bool allow = statement.effect == Effect::Allow;
        const Closeness close = closeness(statement, facts);
        if (close == Closeness::None || (allow && close <= opinion.allows)) continue;
        if (!covers(statement, facts)) continue;
        if (!allow) {
            opinion.denying = &policy;
            opinion.denial = &statement;
            return;
        }
        opinion.allows = close;
    }
}

Opinion opinion_of(std::span<const NamedPolicy> policies, const Facts& facts) {
    Opinion opinion;
    for (const NamedPolicy& policy : policies) {
        consult(policy, facts, opinion);
        if (opinion.denies()) break;
    }
    return opinion;
}

std::span<const NamedPolicy> as_span(const std::optional<NamedPolicy>& policy) {
    return policy ? std::span(&*policy, 1) : std::span<const NamedPolicy>();
}

/// What every kind of policy says.
struct Opinions {
    Opinion identity;
    Opinion boundary;
    Opinion session;
    Opinion resource;
};

bool is_kind(const std::optional<NamedPolicy>& policy, DocumentKind kind) {
    return policy && policy->document->kind == kind;
}

PolicySource resource_source(const Evaluation& evaluation) {
    return is_kind(evaluation.resource, DocumentKind::Trust) ? PolicySource::Trust
                                                             : PolicySource::Resource;
}

std::optional<Decision> explicit_denial(const Evaluation& evaluation, const Opinions& opinions) {
    const std::pair<const Opinion*, PolicySource> sources[] = {
        {&opinions.identity, PolicySource::Identity},
        {&opinions.boundary, PolicySource::Boundary},
        {&opinions.session, PolicySource::Session},
        {&opinions.resource, resource_source(evaluation)},
    };
    for (const auto& [opinion, source] : sources)
        if (opinion->denies())
            return Decision{.verdict = Verdict::ExplicitDeny,
                            .source = source,
                            .policy = std::string(opinion->denying->name),
                            .sid = opinion->denial->sid};
    return std::nullopt;
}

Decision allowed() {
    return {.verdict = Verdict::Allowed, .source = PolicySource::Identity, .policy = {}, .sid = {}};
}

Decision lacks(PolicySource source) {
    return {.verdict = Verdict::ImplicitDeny, .source = source, .policy = {}, .sid = {}};
}

bool allows(const Opinion& opinion) {
    return opinion.allows != Closeness::None;
}

/// Whether the most that the principal may have includes the request.
Decision within_ceilings(const Evaluation& evaluation, const Opinions& opinions) {
    if (evaluation.request.principal.kind == PrincipalKind::Root) return allowed();
    if (evaluation.boundary && !allows(opinions.boundary)) return lacks(PolicySource::Boundary);
    if (!evaluation.session.empty() && !allows(opinions.session))
        return lacks(PolicySource::Session);
    return allowed();
}

bool identity_allows(const Evaluation& evaluation, const Opinions& opinions) {
    return evaluation.request.principal.kind == PrincipalKind::Root || allows(opinions.identity);
}

Decision decide_within_account(const Evaluation& evaluation, const Opinions& opinions) {
    const Closeness granted = opinions.resource.allows;
    const bool trust = is_kind(evaluation.resource, DocumentKind::Trust);
    if (trust && granted == Closeness::None) return lacks(PolicySource::Trust);
    if (granted == Closeness::Direct) return allowed();
    if (granted != Closeness::Role && !identity_allows(evaluation, opinions))
        return lacks(PolicySource::Identity);
    return within_ceilings(evaluation, opinions);
}

Decision decide_across_accounts(const Evaluation& evaluation, const Opinions& opinions,
                                const Facts& facts) {
    const bool vault = is_kind(evaluation.resource, DocumentKind::Vault);
    if (vault && facts.action != kCopyIntoVault) return lacks(PolicySource::Resource);
    if (!identity_allows(evaluation, opinions)) return lacks(PolicySource::Identity);
    if (!allows(opinions.resource)) return lacks(resource_source(evaluation));
    return within_ceilings(evaluation, opinions);
}

Facts facts_of(const Evaluation& evaluation) {
    return {.request = evaluation.request,
            .action = base::to_lower(evaluation.request.action),
            .resource = split_arn(evaluation.request.resource),
            .has_boundary = evaluation.boundary.has_value()};
}

}  // namespace

Decision decide(const Evaluation& evaluation) {
    const Principal& principal = evaluation.request.principal;
    const Facts facts = facts_of(evaluation);
    const Opinions opinions{.identity = opinion_of(evaluation.identity, facts),
                            .boundary = opinion_of(as_span(evaluation.boundary), facts),
                            .session = opinion_of(evaluation.session, facts),
                            .resource = opinion_of(as_span(evaluation.resource), facts)};
    if (auto denial = explicit_denial(evaluation, opinions)) return *std::move(denial);

    const bool trust = is_kind(evaluation.resource, DocumentKind::Trust);
    if (principal.kind == PrincipalKind::Root && trust) return lacks(PolicySource::Trust);
    if (principal.kind == PrincipalKind::Service)
        return allows(opinions.resource) ? allowed() : lacks(resource_source(evaluation));
    const std::string& owner = evaluation.request.owner;
    const bool same_account = owner.empty() || owner == principal.account;
    return same_account ? decide_within_account(evaluation, opinions)
                        : decide_across_accounts(evaluation, opinions, facts);
}

std::string_view describe(PolicySource source) {
    switch (source) {
        case PolicySource::Identity:
            return "an identity-based policy";
        case PolicySource::Boundary:
            return "a permissions boundary";
        case PolicySource::Session:
            return "a session policy";
        case PolicySource::Resource:
            return "a resource-based policy";
        case PolicySource::Trust:
            return "the role trust policy";
    }
    return "";
}

std::string access_denied_message(const Request& request, const Decision& decision) {
    const std::string what =
        fmt::format("User: {} is not authorized to perform: {} on resource: {}",
                    request.principal.arn, request.action, request.resource);
    if (decision.verdict == Verdict::ExplicitDeny)
        return fmt::format("{} with an explicit deny in {}", what, describe(decision.source));
    // Without its article.
    std::string_view policy = describe(decision.source);
    policy.remove_prefix(policy.find(' ') + 1);
    return fmt::format("{} because no {} allows the {} action", what, policy, request.action);
}

}  // namespace holdfast::iam
