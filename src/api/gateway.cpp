#include "api/gateway.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "api/aws_backup.h"
#include "api/aws_eks.h"
#include "api/aws_iam.h"
#include "api/aws_sts.h"
#include "api/own.h"
#include "api/query_protocol.h"
#include "api/rest_json.h"
#include "api/shape.h"
#include "api/validation.h"
#include "base/json.h"
#include "base/log.h"
#include "crypto/secret.h"
#include "iam/decision.h"
#include "iam/policy_document.h"
#include "iam/request_context.h"
#include "net/sigv4.h"

namespace holdfast::api {

namespace {

constexpr std::array kServices = {&aws_backup::kService, &aws_eks::kService, &aws_iam::kService,
                                  &aws_sts::kService, &own::kService};
constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

const Service* find_service(std::string_view signing_name) {
    const auto* found = std::ranges::find(kServices, signing_name, &Service::signing_name);
    return found == kServices.end() ? nullptr : *found;
}

/// Whose words an error is told in when nothing better is known.
const Service& presumed_service(const net::ServerRequest& request) {
    const bool form = request.header("content-type").starts_with(kFormType);
    return form ? aws_sts::kService : aws_backup::kService;
}

/// IAM and STS have no region of their own; every one is right.
bool is_global(const Service& service) {
    return service.protocol == Protocol::Query;
}

ApiError error_of(const net::SignatureRefusal& refusal) {
    switch (refusal.fault) {
        case net::SignatureFault::Missing:
            return {std::string(errors::kMissingToken), refusal.message};
        case net::SignatureFault::Incomplete:
        case net::SignatureFault::Malformed:
            return {std::string(errors::kIncompleteSignature), refusal.message};
        default:
            return {std::string(errors::kInvalidSignature), refusal.message};
    }
}

bool has_error(const Operation& operation, std::string_view name) {
    return std::ranges::any_of(operation.errors, [&](std::uint16_t index) {
        return operation.service->errors[index].name == name;
    });
}

/// The first of the names that the operation can answer.
std::string_view modelled(const Operation& operation,
                          std::initializer_list<std::string_view> names) {
    const auto* found = std::ranges::find_if(
        names, [&](std::string_view name) { return has_error(operation, name); });
    return found == names.end() ? errors::kValidation : *found;
}

ApiError validation_error(const Operation& operation, const std::vector<Violation>& violations) {
    using Kind = Violation::Kind;
    auto any = [&](Kind kind) {
        return std::ranges::find(violations, kind, &Violation::kind) != violations.end();
    };
    std::string message = fmt::format("{} validation error{} detected: ", violations.size(),
                                      violations.size() == 1 ? "" : "s");
    for (const Violation& each : violations) {
        if (&each != &violations.front()) message += "; ";
        message += fmt::format("Value {}at '{}' failed to satisfy constraint: {}",
                               each.value.empty() ? "" : fmt::format("'{}' ", each.value),
                               each.member, each.constraint);
    }
    std::string_view name =
        modelled(operation, {errors::kInvalidParameter, "InvalidParameterException",
                             "BadRequestException", "InvalidInputException"});
    if (operation.service->protocol == Protocol::Query) name = errors::kValidation;
    if (any(Kind::Missing) && has_error(operation, errors::kMissingParameter))
        name = errors::kMissingParameter;
    if (any(Kind::WrongType)) name = errors::kSerialization;
    return {std::string(name), std::move(message)};
}

std::pair<std::string_view, std::string_view> split_target(std::string_view target) {
    const std::size_t mark = std::min(target.find('?'), target.size());
    return {target.substr(0, mark), target.substr(std::min(mark + 1, target.size()))};
}

}  // namespace

/// What is known of a request so far.
struct Gateway::Asked {
    const Service* service = nullptr;
    Call call;
};

Gateway::Gateway(GatewayOptions options, iam::Directory& directory, const Registry& registry,
                 base::Clock& clock, base::Random& random)
    : options_(std::move(options)),
      directory_(directory),
      registry_(registry),
      clock_(clock),
      random_(random) {
    for (const Service* service : kServices)
        if (service->protocol == Protocol::RestJson)
            routers_.emplace(service->signing_name, Router(*service));
}

net::ServerResponse Gateway::handle(const net::ServerRequest& request, std::stop_token stop) const {
    Asked asked;
    asked.service = &presumed_service(request);
    asked.call.request_id = base::uuid_v4(random_);
    asked.call.now = clock_.now();
    asked.call.partition = directory_.installation().partition;
    asked.call.stop = std::move(stop);
    const Answer<Json> output = answer(request, asked);
    const bool query = asked.service->protocol == Protocol::Query;
    net::ServerResponse wire;
    wire.headers = {{"x-amzn-requestid", asked.call.request_id},
                    {"content-type", query ? "text/xml" : "application/json"}};
    if (output) {
        const Operation& operation = *asked.call.operation;
        wire.status = operation.status;
        wire.body = query ? write_query(operation, *output, asked.call.request_id)
                          : write_rest_json(operation, *output);
        return wire;
    }
    const ApiError& error = output.error();
    const ErrorFacts facts = facts_of(*asked.service, error.name);
    wire.status = facts.status;
    wire.body = query ? write_query_error(*asked.service, error, asked.call.request_id)
                      : write_rest_json_error(*asked.service, error);
    if (!query) wire.headers.emplace_back("x-amzn-errortype", error.name);
    if (facts.status == 500)
        base::log::error("request {}: {}: {}", asked.call.request_id, error.name, error.message);
    return wire;
}

Answer<Json> Gateway::answer(const net::ServerRequest& request, Asked& asked) const {
    TRY(authenticate(request, asked));
    const Json input = TRY(understand(request, asked));
    const Operation& operation = *asked.call.operation;
    const Handler* handler = registry_.find(operation);
    if (handler == nullptr)
        return refuse(errors::kNotImplemented,
                      fmt::format("Holdfast does not have the operation {} of {} yet",
                                  operation.name, asked.service->name));
    TRY(authorise(asked.call, *handler, request, input));
    return handler->run(asked.call, input);
}

Answer<void> Gateway::authenticate(const net::ServerRequest& request, Asked& asked) const {
    const net::SignedRequest signed_request{.method = request.method,
                                            .target = request.target,
                                            .headers = request.headers,
                                            .body = request.body};
    const auto claim = net::parse_claim(signed_request);
    if (!claim) return std::unexpected(error_of(claim.error()));
    const Service* service = find_service(claim->scope.service);
    if (service == nullptr)
        return refuse(errors::kInvalidSignature,
                      "Credential should be scoped to correct service: 'backup'.");
    asked.service = service;
    if (!is_global(*service) && !options_.regions.contains(claim->scope.region))
        return refuse(errors::kInvalidSignature, "Credential should be scoped to a valid region.");
    if (auto timely = net::check_time(*claim, asked.call.now); !timely)
        return std::unexpected(error_of(timely.error()));
    auto identity = directory_.identify(claim->access_key_id, claim->session_token);
    if (!identity && identity.error().code != ErrorCode::NotFound &&
        identity.error().code != ErrorCode::InvalidArgument)
        return std::unexpected(ApiError(std::move(identity).error()));
    if (!identity)
        return refuse(errors::kUnrecognizedClient,
                      "The security token included in the request is invalid.");
    const crypto::Key key = net::signing_key((*identity)->secret, claim->scope);
    if (auto good = net::verify(*claim, signed_request, key); !good)
        return std::unexpected(error_of(good.error()));
    if ((*identity)->expires && asked.call.now >= *(*identity)->expires)
        return refuse(errors::kExpiredToken,
                      "The security token included in the request is expired");
    asked.call.identity = std::move(*identity);
    asked.call.place = {.account = asked.call.identity->principal.account,
                        .region = claim->scope.region};
    return {};
}

Answer<Json> Gateway::understand(const net::ServerRequest& request, Asked& asked) const {
    const auto [path, query_text] = split_target(request.target);
    Json input;
    if (asked.service->protocol == Protocol::Query) {
        const Parameters form =
            TRY(parse_parameters(request.method == "GET" ? query_text : request.body));
        asked.call.operation = TRY(find_query_operation(*asked.service, form));
        input = TRY(read_query(*asked.call.operation, form));
    } else {
        const Parameters query = TRY(parse_parameters(query_text));
        const Route route =
            TRY(routers_.at(asked.service->signing_name).find(request.method, path, query));
        asked.call.operation = route.operation;
        input = TRY(read_rest_json(route, query, request.body));
    }
    const auto violations = find_violations(*asked.service, asked.call.operation->input, input);
    if (!violations.empty())
        return std::unexpected(validation_error(*asked.call.operation, violations));
    return input;
}

Answer<void> Gateway::authorise(const Call& call, const Handler& handler,
                                const net::ServerRequest& request, const Json& input) const {
    const iam::Identity& identity = *call.identity;
    std::vector<iam::NamedPolicy> policies;
    for (const iam::OwnedPolicy& each : identity.policies)
        policies.push_back({.name = each.name, .document = &each.document});
    for (const Target& target : TRY(handler.targets(call, input))) {
        const std::string action =
            target.action.empty()
                ? fmt::format("{}:{}", call.operation->service->signing_name, call.operation->name)
                : target.action;
        iam::Request asked =
            iam::make_request(identity.principal, action, target.resource, target.owner);
        asked.keys.set_time(call.now);
        asked.keys.set("aws:SourceIp", request.peer_address);
        asked.keys.set("aws:SecureTransport", request.secure);
        asked.keys.set("aws:RequestedRegion", call.region());
        if (target.passed_to) asked.keys.set("iam:PassedToService", *target.passed_to);
        for (const auto& [key, value] : target.request_tags) {
            asked.keys.set(fmt::format("aws:RequestTag/{}", key), value);
            asked.keys.add("aws:TagKeys", key);
        }
        std::optional<iam::PolicyDocument> document;
        iam::Evaluation evaluation{.request = asked, .identity = policies};
        if (target.policy) {
            document = TRY(iam::PolicyDocument::parse(*target.policy, iam::DocumentKind::Vault),
                           "the policy of {}", target.resource);
            evaluation.resource = {.name = target.resource, .document = &*document};
        }
        const iam::Decision decision = iam::decide(evaluation);
        if (!decision.allowed())
            return refuse(errors::kAccessDenied, iam::access_denied_message(asked, decision));
    }
    return {};
}

}  // namespace holdfast::api
