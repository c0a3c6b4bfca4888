#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace holdfast::api {

/// A refusal in the caller's terms. The name is that of a modelled error of the service that was
/// asked, or of one that every service can give (kCommonErrors in api_error.cpp).
struct ApiError {
    ApiError(std::string error_name, std::string sentence)
        : name(std::move(error_name)), message(std::move(sentence)) {}
    /// A failure of our own parts, told in terms that every service knows.
    ApiError(Error error);  // NOLINT(google-explicit-constructor): what TRY returns

    std::string name;
    std::string message;
    std::string code = {};                            ///< such as "ERROR_9101"; backup only
    std::map<std::string, std::string> members = {};  ///< further ones of the modelled shape
};

/// A value or an ApiError. A class, not an alias, so that a dropped one is a warning.
template <class T>
class [[nodiscard]] Answer : public std::expected<T, ApiError> {
public:
    using std::expected<T, ApiError>::expected;
};

inline std::unexpected<ApiError> refuse(std::string_view name, std::string message) {
    return std::unexpected(ApiError(std::string(name), std::move(message)));
}

namespace errors {
inline constexpr std::string_view kAccessDenied = "AccessDeniedException";
inline constexpr std::string_view kAlreadyExists = "AlreadyExistsException";
inline constexpr std::string_view kExpiredToken = "ExpiredTokenException";
inline constexpr std::string_view kIncompleteSignature = "IncompleteSignatureException";
inline constexpr std::string_view kInternal = "InternalFailure";
inline constexpr std::string_view kInvalidParameter = "InvalidParameterValueException";
inline constexpr std::string_view kInvalidRequest = "InvalidRequestException";
inline constexpr std::string_view kInvalidSignature = "InvalidSignatureException";
inline constexpr std::string_view kLimitExceeded = "LimitExceededException";
inline constexpr std::string_view kMissingParameter = "MissingParameterValueException";
inline constexpr std::string_view kMissingToken = "MissingAuthenticationTokenException";
inline constexpr std::string_view kNotFound = "ResourceNotFoundException";
inline constexpr std::string_view kNotImplemented = "NotImplementedException";
inline constexpr std::string_view kSerialization = "SerializationException";
inline constexpr std::string_view kTooLarge = "RequestEntityTooLargeException";
inline constexpr std::string_view kUnknownOperation = "UnknownOperationException";
inline constexpr std::string_view kUnrecognizedClient = "UnrecognizedClientException";
inline constexpr std::string_view kValidation = "ValidationException";
}  // namespace errors

struct Service;

/// How an error travels: its status, and what a query service calls it.
struct ErrorFacts {
    std::string_view code;
    int status = 500;
};
/// A modelled error of the service, else one that all have; 500 for a name that neither knows.
ErrorFacts facts_of(const Service& service, std::string_view name);

}  // namespace holdfast::api
