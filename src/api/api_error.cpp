#include "api/api_error.h"

#include <algorithm>
#include <array>

#include "api/shape.h"

namespace holdfast::api {

namespace {

struct CommonError {
    std::string_view name;
    std::string_view query_code;
    int status;
};

/// What AWS calls the errors that every service can give, in rest-json and in query services.
constexpr std::array kCommonErrors = {
    CommonError{.name = errors::kAccessDenied, .query_code = "AccessDenied", .status = 403},
    CommonError{.name = errors::kExpiredToken, .query_code = "ExpiredToken", .status = 403},
    CommonError{
        .name = errors::kIncompleteSignature, .query_code = "IncompleteSignature", .status = 403},
    CommonError{.name = errors::kInternal, .query_code = "InternalFailure", .status = 500},
    CommonError{
        .name = errors::kInvalidSignature, .query_code = "SignatureDoesNotMatch", .status = 403},
    CommonError{
        .name = errors::kMissingToken, .query_code = "MissingAuthenticationToken", .status = 403},
    CommonError{.name = errors::kNotImplemented, .query_code = "NotImplemented", .status = 501},
    CommonError{
        .name = errors::kSerialization, .query_code = "MalformedQueryString", .status = 400},
    CommonError{.name = errors::kTooLarge, .query_code = "RequestEntityTooLarge", .status = 413},
    CommonError{.name = errors::kUnknownOperation, .query_code = "InvalidAction", .status = 404},
    CommonError{
        .name = errors::kUnrecognizedClient, .query_code = "InvalidClientTokenId", .status = 403},
    CommonError{.name = errors::kValidation, .query_code = "ValidationError", .status = 400},
};

std::string_view common_name(ErrorCode code) {
    switch (code) {
        case ErrorCode::PermissionDenied:
            return errors::kAccessDenied;
        case ErrorCode::InvalidArgument:
            return errors::kValidation;
        default:
            return errors::kInternal;
    }
}

}  // namespace

ApiError::ApiError(Error error)
    : name(common_name(error.code)), message(std::move(error.message)) {}

ErrorFacts facts_of(const Service& service, std::string_view name) {
    const auto modelled = std::ranges::find(service.errors, name, &ErrorShape::name);
    if (modelled != service.errors.end())
        return {.code = modelled->code, .status = modelled->status};
    const auto* common = std::ranges::find(kCommonErrors, name, &CommonError::name);
    if (common == kCommonErrors.end()) return {.code = name, .status = 500};
    return {.code = service.protocol == Protocol::Query ? common->query_code : common->name,
            .status = common->status};
}

}  // namespace holdfast::api
