#include "iam/principal_pattern.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "iam/arn.h"

namespace holdfast::iam {
namespace {

using Kind = PrincipalPattern::Kind;

constexpr std::size_t kMinIdBytes = 16;
constexpr std::size_t kMaxIdBytes = 128;

bool is_unique_id(std::string_view text) {
    return text.size() >= kMinIdBytes && text.size() <= kMaxIdBytes && text.starts_with('A') &&
           std::ranges::all_of(
               text, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

/// What kind of principal an ARN of iam or sts names.
std::optional<Kind> kind_of(const Arn& arn) {
    if (!arn.region.empty() || !is_account_id(arn.account)) return std::nullopt;
    const std::size_t slash = arn.resource.find('/');
    const std::string_view type = std::string_view(arn.resource).substr(0, slash);
    if (arn.service == "iam" && arn.resource == "root") return Kind::Account;
    if (slash == std::string::npos || arn.resource.ends_with('/')) return std::nullopt;
    if (arn.service == "iam" && type == "user") return Kind::User;
    if (arn.service == "iam" && type == "role") return Kind::Role;
    if (arn.service != "sts") return std::nullopt;
    if (type == "federated-user") return Kind::Foreign;
    const bool has_session = arn.resource.find('/', slash + 1) != std::string::npos;
    return type == "assumed-role" && has_session ? std::optional(Kind::Session) : std::nullopt;
}

std::optional<PrincipalPattern> parse_aws(std::string_view value) {
    if (value == "*") return PrincipalPattern{.kind = Kind::Anyone, .text = {}, .partition = {}};
    if (is_account_id(value))
        return PrincipalPattern{.kind = Kind::Account, .text = std::string(value), .partition = {}};
    if (is_unique_id(value))
        return PrincipalPattern{
            .kind = Kind::UniqueId, .text = std::string(value), .partition = {}};
    const Result<Arn> arn = Arn::parse(value);
    if (!arn || value.find_first_of("*?") != std::string_view::npos) return std::nullopt;
    const std::optional<Kind> kind = kind_of(*arn);
    if (!kind) return std::nullopt;
    return PrincipalPattern{.kind = *kind,
                            .text = *kind == Kind::Account ? arn->account : std::string(value),
                            .partition = arn->partition};
}

bool is_service_name(std::string_view name) {
    return name.find('.') != std::string_view::npos && !name.starts_with('.') &&
           !name.ends_with('.') && std::ranges::all_of(name, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
           });
}

/// The id without the name of the session.
std::string_view stable_id(const Principal& principal) {
    return std::string_view(principal.id).substr(0, principal.id.find(':'));
}

bool names_account(const PrincipalPattern& pattern, const Principal& principal) {
    if (principal.account.empty() || pattern.text != principal.account) return false;
    if (pattern.partition.empty()) return true;
    const std::optional<ArnFields> fields = split_arn(principal.arn);
    return fields && (*fields)[1] == pattern.partition;
}

Closeness closeness(const PrincipalPattern& pattern, const Principal& principal) {
    const auto if_so = [](bool named, Closeness named_so) {
        return named ? named_so : Closeness::None;
    };
    const bool is_user = principal.kind == PrincipalKind::User;
    const bool is_session = principal.kind == PrincipalKind::RoleSession;
    switch (pattern.kind) {
        case Kind::Anyone:
            return Closeness::Role;
        case Kind::Account:
            return if_so(names_account(pattern, principal), principal.kind == PrincipalKind::Root
                                                                ? Closeness::Direct
                                                                : Closeness::Account);
        case Kind::User:
            return if_so(is_user && principal.arn == pattern.text, Closeness::Direct);
        case Kind::Role:
            return if_so(is_session && principal.role_arn == pattern.text, Closeness::Role);
        case Kind::Session:
            return if_so(is_session && principal.arn == pattern.text, Closeness::Direct);
        case Kind::UniqueId:
            return if_so((is_user || is_session) && stable_id(principal) == pattern.text,
                         is_user ? Closeness::Direct : Closeness::Role);
        case Kind::Service:
            return if_so(principal.kind == PrincipalKind::Service && principal.arn == pattern.text,
                         Closeness::Direct);
        case Kind::Foreign:
            break;
    }
    return Closeness::None;
}

}  // namespace

Result<PrincipalPattern> PrincipalPattern::parse(std::string_view type, std::string_view value) {
    constexpr std::size_t kMaxValueBytes = 2048;
    std::optional<PrincipalPattern> pattern;
    const bool fits = !value.empty() && value.size() <= kMaxValueBytes;
    if (fits && type == "AWS")
        pattern = parse_aws(value);
    else if (fits && type == "Service" && is_service_name(value))
        pattern = {.kind = Kind::Service, .text = std::string(value), .partition = {}};
    else if (fits && (type == "Federated" || type == "CanonicalUser") &&
             value.find_first_of("*?") == std::string_view::npos)
        pattern = {.kind = Kind::Foreign, .text = std::string(value), .partition = {}};
    if (!pattern)
        return fail(ErrorCode::InvalidArgument, "Invalid principal in policy: \"{}\":\"{}\"", type,
                    value);
    return *std::move(pattern);
}

Closeness PrincipalElement::names(const Principal& principal) const {
    Closeness closest = Closeness::None;
    for (const PrincipalPattern& pattern : patterns)
        closest = std::max(closest, closeness(pattern, principal));
    return closest;
}

bool PrincipalElement::leaves_out(const Principal& principal) const {
    const auto named = [&](auto&& names_link) { return std::ranges::any_of(patterns, names_link); };
    if (named([](const PrincipalPattern& p) { return p.kind == Kind::Anyone; })) return true;
    const bool itself = named([&](const PrincipalPattern& p) {
        return p.kind != Kind::Role && closeness(p, principal) >= Closeness::Role;
    });
    if (principal.kind == PrincipalKind::Service || principal.kind == PrincipalKind::Root)
        return itself;
    const bool account = named([&](const PrincipalPattern& p) {
        return p.kind == Kind::Account && names_account(p, principal);
    });
    if (principal.kind == PrincipalKind::User) return account && itself;
    const bool session = named([&](const PrincipalPattern& p) {
        return p.kind == Kind::Session && closeness(p, principal) == Closeness::Direct;
    });
    const bool role = named([&](const PrincipalPattern& p) {
        return p.kind != Kind::Session && closeness(p, principal) == Closeness::Role;
    });
    return account && role && session;
}

}  // namespace holdfast::iam
