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
    CommonError{errors::kAccessDenied, "AccessDenied", 403},
    CommonError{errors::kExpiredToken, "ExpiredToken", 403},
    CommonError{errors::kIncompleteSignature, "IncompleteSignature", 403},
    CommonError{errors::kInternal, "InternalFailure", 500},
    CommonError{errors::kInvalidSignature, "SignatureDoesNotMatch", 403},
    CommonError{errors::kMissingToken, "MissingAuthenticationToken", 403},
    CommonError{errors::kNotImplemented, "NotImplemented", 501},
    CommonError{errors::kSerialization, "MalformedQueryString", 400},
    CommonError{errors::kTooLarge, "RequestEntityTooLarge", 413},
    CommonError{errors::kUnknownOperation, "InvalidAction", 404},
    CommonError{errors::kUnrecognizedClient, "InvalidClientTokenId", 403},
    CommonError{errors::kValidation, "ValidationError", 400},
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
    if (modelled != service.errors.end()) return {modelled->code, modelled->status};
    const auto* common = std::ranges::find(kCommonErrors, name, &CommonError::name);
    if (common == kCommonErrors.end()) return {name, 500};
    return {service.protocol == Protocol::Query ? common->query_code : common->name,
            common->status};
}

}  // namespace holdfast::api
