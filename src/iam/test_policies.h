#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "iam/decision.h"
#include "iam/policy_document.h"
#include "iam/request_context.h"

// Principals and policies for the tests of this layer.
namespace holdfast::iam::testing {

inline constexpr std::string_view kHome = "111111111111";
inline constexpr std::string_view kAway = "222222222222";
inline constexpr std::string_view kVault =
    "arn:aws:backup:eu-central-1:111111111111:backup-vault:gold";

inline Principal alice() {
    return {.kind = PrincipalKind::User,
            .arn = "arn:aws:iam::111111111111:user/ops/alice",
            .role_arn = {},
            .account = std::string(kHome),
            .id = "AIDAAAAAAAAAAAAALICE",
            .name = "alice",
            .organization = "o-holdfast00",
            .tags = {{"team", "ops"}}};
}

/// Whoever assumed the role ops/operator as session "monday".
inline Principal session() {
    return {.kind = PrincipalKind::RoleSession,
            .arn = "arn:aws:sts::111111111111:assumed-role/operator/monday",
            .role_arn = "arn:aws:iam::111111111111:role/ops/operator",
            .account = std::string(kHome),
            .id = "AROAAAAAAAAAAOPERATOR:monday",
            .name = {},
            .organization = "o-holdfast00",
            .tags = {}};
}

inline Principal root() {
    return Principal::root("aws", kHome);
}

inline PolicyDocument parsed(std::string_view text, DocumentKind kind = DocumentKind::Identity) {
    Result<PolicyDocument> document = PolicyDocument::parse(text, kind);
    if (!document) {
        ADD_FAILURE() << document.error().message << " in " << text;
        return {};
    }
    return *std::move(document);
}

/// A document of version 2012-10-17 with these statements.
inline std::string document_of(std::string_view statements) {
    return fmt::format(R"({{"Version":"2012-10-17","Statement":[{}]}})", statements);
}

/// A statement on everything.
inline std::string statement(std::string_view effect, std::string_view action) {
    return fmt::format(R"({{"Effect":"{}","Action":"{}","Resource":"*"}})", effect, action);
}

/// The policies of one case. Owns what an Evaluation borrows.
struct Case {
    Request request;
    std::vector<PolicyDocument> identity;
    std::optional<PolicyDocument> boundary;
    std::vector<PolicyDocument> session;
    std::optional<PolicyDocument> resource;

    Decision decide() const {
        const std::vector<NamedPolicy> identity_policies = named("identity", identity);
        const std::vector<NamedPolicy> session_policies = named("session", session);
        return iam::decide({.request = request,
                            .identity = identity_policies,
                            .boundary = named("boundary", boundary),
                            .session = session_policies,
                            .resource = named("resource", resource)});
    }
    bool allowed() const { return decide().allowed(); }

private:
    static std::vector<NamedPolicy> named(std::string_view name,
                                          const std::vector<PolicyDocument>& documents) {
        std::vector<NamedPolicy> policies;
        for (const PolicyDocument& document : documents)
            policies.push_back({.name = name, .document = &document});
        return policies;
    }
    static std::optional<NamedPolicy> named(std::string_view name,
                                            const std::optional<PolicyDocument>& document) {
        if (!document) return std::nullopt;
        return NamedPolicy{.name = name, .document = &*document};
    }
};

/// A case in which only identity policies with these statements have a say.
inline Case identity_case(Principal principal, std::string_view action, std::string_view resource,
                          std::string_view statements) {
    Case it{.request = make_request(std::move(principal), action, resource, ""),
            .identity = {},
            .boundary = {},
            .session = {},
            .resource = {}};
    if (!statements.empty()) it.identity.push_back(parsed(document_of(statements)));
    return it;
}

}  // namespace holdfast::iam::testing
