#include "iam/request_context.h"

#include <fmt/format.h>

#include <optional>

#include "iam/arn.h"

namespace holdfast::iam {
namespace {

std::string_view type_of(PrincipalKind kind) {
    switch (kind) {
        case PrincipalKind::Root:
            return "Account";
        case PrincipalKind::User:
            return "User";
        case PrincipalKind::RoleSession:
            return "AssumedRole";
        case PrincipalKind::Service:
            return "Service";
    }
    return "";
}

}  // namespace

Principal Principal::root(std::string_view partition, std::string_view account) {
    return {.kind = PrincipalKind::Root,
            .arn = fmt::format("arn:{}:iam::{}:root", partition, account),
            .role_arn = {},
            .account = std::string(account),
            .id = std::string(account),
            .name = {},
            .organization = {},
            .tags = {}};
}

Principal Principal::service(std::string_view name) {
    return {.kind = PrincipalKind::Service,
            .arn = std::string(name),
            .role_arn = {},
            .account = {},
            .id = std::string(name),
            .name = {},
            .organization = {},
            .tags = {}};
}

void set_principal_keys(const Principal& principal, ContextKeys& keys) {
    keys.remove_all("aws:Principal");
    keys.remove("aws:username");
    keys.remove("aws:userid");
    const auto set_if_known = [&](std::string_view key, const std::string& value) {
        if (!value.empty()) keys.set(key, value);
    };
    const bool is_service = principal.kind == PrincipalKind::Service;
    keys.set("aws:PrincipalIsAWSService", is_service);
    if (is_service) {
        keys.set("aws:PrincipalServiceName", principal.arn);
        return;
    }
    // A session counts under the name of its role.
    set_if_known("aws:PrincipalArn",
                 principal.kind == PrincipalKind::RoleSession ? principal.role_arn : principal.arn);
    set_if_known("aws:PrincipalAccount", principal.account);
    set_if_known("aws:PrincipalOrgID", principal.organization);
    keys.set("aws:PrincipalType", std::string(type_of(principal.kind)));
    set_if_known("aws:userid", principal.id);
    if (principal.kind == PrincipalKind::User) set_if_known("aws:username", principal.name);
    for (const auto& [tag, value] : principal.tags)
        keys.add(fmt::format("aws:PrincipalTag/{}", tag), value);
}

Request make_request(Principal principal, std::string_view action, std::string_view resource,
                     std::string_view owner) {
    Request request{.principal = std::move(principal),
                    .action = std::string(action),
                    .resource = std::string(resource),
                    .owner = std::string(owner),
                    .keys = {}};
    set_principal_keys(request.principal, request.keys);
    const std::string& account = owner.empty() ? request.principal.account : request.owner;
    if (!account.empty()) request.keys.set("aws:ResourceAccount", account);
    return request;
}

Request pass_role_request(const Request& call, std::string_view role_arn,
                          std::string_view service) {
    const std::optional<ArnFields> fields = split_arn(role_arn);
    Request request{.principal = call.principal,
                    .action = "iam:PassRole",
                    .resource = std::string(role_arn),
                    .owner = std::string(fields ? (*fields)[4] : std::string_view()),
                    .keys = call.keys};
    for (const std::string_view prefix :
         {"aws:ResourceTag/", "aws:RequestTag/", "aws:TagKeys", "backup:", "iam:", "sts:"})
        request.keys.remove_all(prefix);
    request.keys.set("aws:ResourceAccount", request.owner);
    request.keys.set("iam:PassedToService", std::string(service));
    request.keys.set("iam:AssociatedResourceArn", call.resource);
    return request;
}

}  // namespace holdfast::iam
