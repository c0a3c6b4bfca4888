#include "iam/policy_document.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "iam/glob.h"
#include "iam/policy_json.h"

namespace holdfast::iam {
namespace {

bool names_principals(DocumentKind kind) {
    return kind == DocumentKind::Resource || kind == DocumentKind::Trust ||
           kind == DocumentKind::Vault;
}

struct SizeLimit {
    std::size_t characters;
    std::string_view quota;
};

SizeLimit limit_of(DocumentKind kind) {
    switch (kind) {
        case DocumentKind::Identity:
            return {.characters = kMaxRoleInlinePolicies, .quota = "PolicySize"};
        case DocumentKind::Boundary:
            return {.characters = kMaxManagedPolicy, .quota = "PolicySize"};
        case DocumentKind::Session:
            return {.characters = kMaxSessionPolicy, .quota = "SessionPolicySize"};
        case DocumentKind::Trust:
            return {.characters = kMaxTrustPolicy, .quota = "ACLSizePerRole"};
        case DocumentKind::Resource:
        case DocumentKind::Vault:
            break;
    }
    return {.characters = kMaxResourcePolicy, .quota = "ResourcePolicySize"};
}

std::unexpected<Error> malformed(std::string_view sentence) {
    return fail(ErrorCode::InvalidArgument, "{}", sentence);
}

/// Of an element and its negation a statement has one; nullptr when it has neither.
struct Choice {
    const Json* value = nullptr;
    bool negated = false;
};

Result<Choice> choose(const Json& statement, const char* name, const char* negation) {
    const auto plain = statement.find(name);
    const auto negated = statement.find(negation);
    if (plain != statement.end() && negated != statement.end())
        return fail(ErrorCode::InvalidArgument,
                    "Syntax errors in policy: a statement has both {} and {}.", name, negation);
    if (plain != statement.end()) return Choice{.value = &*plain, .negated = false};
    if (negated != statement.end()) return Choice{.value = &*negated, .negated = true};
    return Choice{};
}

/// "service:Name" with wildcards in the name only, or "*".
Result<std::string> parse_action(const std::string& text, DocumentKind kind) {
    constexpr std::size_t kMaxActionBytes = 128;
    const bool wild = text.find_first_of("*?") != std::string::npos;
    if (kind == DocumentKind::Vault && wild)
        return malformed(
            "Wildcards are not allowed in the Action of a backup vault access policy.");
    if (text == "*" && kind != DocumentKind::Trust) return compile_glob(text);
    const std::size_t colon = text.find(':');
    if (kind == DocumentKind::Trust && base::to_lower(text.substr(0, colon)) != "sts")
        return malformed("AssumeRole policy may only specify STS AssumeRole actions.");
    if (colon == std::string::npos || colon == 0 || text.size() > kMaxActionBytes)
        return malformed(
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
    const std::string_view vendor = std::string_view(text).substr(0, colon);
    const std::string_view name = std::string_view(text).substr(colon + 1);
    const auto is_letter_or_digit = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    if (!std::ranges::all_of(vendor, [&](char c) { return is_letter_or_digit(c) || c == '-'; }))
        return fail(ErrorCode::InvalidArgument, "Vendor {} is not valid", vendor);
    if (name.empty() || !std::ranges::all_of(name, [&](char c) {
            return is_letter_or_digit(c) || c == '*' || c == '?';
        }))
        return fail(ErrorCode::InvalidArgument, "Action {} is not valid", text);
    return compile_glob(base::to_lower(text));
}

Result<ActionElement> parse_actions(const Json& statement, DocumentKind kind) {
    const Choice choice = TRY(choose(statement, "Action", "NotAction"));
    if (choice.value == nullptr || (choice.value->is_array() && choice.value->empty()))
        return malformed("Policy statement must contain actions.");
    if (kind == DocumentKind::Trust && choice.negated)
        return malformed("AssumeRole policy may only specify STS AssumeRole actions.");
    ActionElement element{.negated = choice.negated, .globs = {}};
    for (const std::string& text : TRY(texts_of(*choice.value, "Action")))
        element.globs.push_back(TRY(parse_action(text, kind)));
    return element;
}

Result<std::optional<ResourceElement>> parse_resources(const Json& statement, DocumentKind kind,
                                                       Variables variables) {
    const Choice choice = TRY(choose(statement, "Resource", "NotResource"));
    if (kind == DocumentKind::Trust) {
        if (choice.value != nullptr) return malformed("Has prohibited field Resource");
        return std::optional<ResourceElement>();
    }
    if (choice.value == nullptr || (choice.value->is_array() && choice.value->empty()))
        return malformed("Policy statement must contain resources.");
    ResourceElement element{.negated = choice.negated, .patterns = {}};
    for (const std::string& text : TRY(texts_of(*choice.value, "Resource")))
        element.patterns.push_back(TRY(ArnText::parse(text, variables)));
    return std::optional(std::move(element));
}

/// "*", or an object of kinds of principals.
Result<std::vector<PrincipalPattern>> parse_patterns(const Json& value) {
    std::vector<PrincipalPattern> patterns;
    if (value.is_string()) {
        const std::string text = TRY(text_of(value, "Principal"));
        if (text != "*")
            return fail(ErrorCode::InvalidArgument, "Invalid principal in policy: \"{}\"", text);
        patterns.push_back(TRY(PrincipalPattern::parse("AWS", text)));
        return patterns;
    }
    if (!value.is_object() || value.empty())
        return malformed("Syntax errors in policy: Principal must be \"*\" or an object.");
    TRY(expect_only(value, {"AWS", "Service", "Federated", "CanonicalUser"}));
    for (const auto& [type, values] : value.items())
        for (const std::string& text : TRY(texts_of(values, type)))
            patterns.push_back(TRY(PrincipalPattern::parse(type, text)));
    return patterns;
}

Result<std::optional<PrincipalElement>> parse_principals(const Json& statement, DocumentKind kind,
                                                         Effect effect) {
    const Choice choice = TRY(choose(statement, "Principal", "NotPrincipal"));
    if (!names_principals(kind)) {
        if (choice.value != nullptr)
            return malformed("Policy document should not specify a principal.");
        return std::optional<PrincipalElement>();
    }
    if (choice.value == nullptr) return malformed("Missing required field Principal");
    if (choice.negated && kind == DocumentKind::Trust)
        return malformed("Has prohibited field NotPrincipal");
    if (choice.negated && effect == Effect::Allow)
        return malformed("Allow with NotPrincipal is not allowed.");
    return std::optional(PrincipalElement{.negated = choice.negated,
                                          .patterns = TRY(parse_patterns(*choice.value))});
}

Result<std::vector<Condition>> parse_conditions(const Json& statement, Variables variables) {
    std::vector<Condition> conditions;
    const auto found = statement.find("Condition");
    if (found == statement.end()) return conditions;
    if (!found->is_object())
        return malformed("Syntax errors in policy: Condition must be an object.");
    for (const auto& [name, keys] : found->items()) {
        if (!keys.is_object() || keys.empty())
            return fail(ErrorCode::InvalidArgument,
                        "Syntax errors in policy: the condition {} must be an object of keys.",
                        name);
        for (const auto& [key, value] : keys.items()) {
            if (holds_wildcard(key)) return malformed("Syntax errors in policy: invalid key.");
            const std::vector<std::string> texts = TRY(condition_texts_of(value, key));
            conditions.push_back(TRY(Condition::parse(name, key, texts, variables)));
        }
    }
    return conditions;
}

Result<Effect> parse_effect(const Json& statement) {
    const auto found = statement.find("Effect");
    if (found == statement.end()) return malformed("Missing required field Effect");
    if (*found == "Allow") return Effect::Allow;
    if (*found == "Deny") return Effect::Deny;
    return fail(ErrorCode::InvalidArgument, "Invalid effect: {}", found->dump());
}

Result<std::string> parse_sid(const Json& statement, DocumentKind kind) {
    const auto found = statement.find("Sid");
    if (found == statement.end()) return std::string();
    std::string sid = TRY(text_of(*found, "Sid"));
    const bool plain = std::ranges::all_of(sid, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    });
    const bool free = kind == DocumentKind::Resource || kind == DocumentKind::Vault;
    if (!plain && !free)
        return malformed(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the "
            "regular expression [0-9A-Za-z]*");
    return sid;
}

Result<Statement> parse_statement(const Json& json, DocumentKind kind, Variables variables) {
    if (!json.is_object())
        return malformed("Syntax errors in policy: a statement must be an object.");
    TRY(expect_only(json, {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource",
                           "Principal", "NotPrincipal", "Condition"}));
    Statement statement;
    statement.sid = TRY(parse_sid(json, kind));
    statement.effect = TRY(parse_effect(json));
    statement.principal = TRY(parse_principals(json, kind, statement.effect));
    statement.action = TRY(parse_actions(json, kind));
    statement.resource = TRY(parse_resources(json, kind, variables));
    statement.conditions = TRY(parse_conditions(json, variables));
    return statement;
}

/// Version 2008-10-17, which is meant when none is given, knows no variables.
Result<Variables> parse_version(const Json& document) {
    const auto found = document.find("Version");
    if (found == document.end() || *found == "2008-10-17") return Variables::Literal;
    if (*found == "2012-10-17") return Variables::Expand;
    return malformed("The policy must contain a valid version string");
}

Result<std::vector<Statement>> parse_statements(const Json& document, DocumentKind kind,
                                                Variables variables) {
    const auto found = document.find("Statement");
    if (found == document.end()) return malformed("Missing required field Statement");
    std::vector<Statement> statements;
    if (found->is_array()) {
        for (const Json& json : *found)
            statements.push_back(TRY(parse_statement(json, kind, variables)));
    } else {
        statements.push_back(TRY(parse_statement(*found, kind, variables)));
    }
    if (statements.empty())
        return malformed("Syntax errors in policy: Statement must not be an empty list.");
    std::set<std::string_view> sids;
    for (const Statement& statement : statements)
        if (!statement.sid.empty() && !sids.insert(statement.sid).second)
            return malformed("Statement IDs (SID) in a single policy must be unique.");
    return statements;
}

}  // namespace

std::size_t policy_characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return c != ' ' && c != '\t' && c != '\n' && c != '\r'; }));
}

bool ActionElement::covers(std::string_view lower_action) const {
    const bool named = std::ranges::any_of(
        globs, [&](const std::string& glob) { return glob_matches(glob, lower_action); });
    return named != negated;
}

bool ResourceElement::covers(const std::optional<ArnFields>& resource, const ContextKeys& keys,
                             Effect effect) const {
    const bool unknown_matches = negated && effect == Effect::Allow;
    const bool named = std::ranges::any_of(patterns, [&](const ArnText& pattern) {
        const TextMatch match = pattern.matches(resource, keys);
        return match == TextMatch::Yes || (match == TextMatch::Unknown && unknown_matches);
    });
    return named != negated;
}

Result<PolicyDocument> PolicyDocument::parse(std::string_view text, DocumentKind kind) {
    const Json json = TRY(parse_policy_json(text));
    const SizeLimit limit = limit_of(kind);
    if (policy_characters(text) > limit.characters)
        return fail(ErrorCode::LimitExceeded, "Cannot exceed quota for {}: {}", limit.quota,
                    limit.characters);
    TRY(expect_only(json, {"Version", "Id", "Statement"}));
    PolicyDocument document;
    document.kind = kind;
    const auto id = json.find("Id");
    if (id != json.end()) document.id = TRY(text_of(*id, "Id"));
    const Variables variables = TRY(parse_version(json));
    document.statements = TRY(parse_statements(json, kind, variables));
    return document;
}

}  // namespace holdfast::iam
