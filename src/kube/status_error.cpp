#include "kube/status_error.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/json.h"
#include "base/text.h"

namespace holdfast::kube {
namespace {

constexpr std::size_t kMaxMessageBytes = 4096;
constexpr std::size_t kMaxPlainBytes = 300;
constexpr std::size_t kMaxCauses = 32;

struct KnownStatus {
    int status;
    std::string_view reason;
    ErrorCode code;
};
constexpr std::array kKnown = {
    KnownStatus{.status = 400, .reason = "BadRequest", .code = ErrorCode::InvalidArgument},
    KnownStatus{.status = 401, .reason = "Unauthorized", .code = ErrorCode::PermissionDenied},
    KnownStatus{.status = 403, .reason = "Forbidden", .code = ErrorCode::PermissionDenied},
    KnownStatus{.status = 404, .reason = "NotFound", .code = ErrorCode::NotFound},
    KnownStatus{.status = 405, .reason = "MethodNotAllowed", .code = ErrorCode::Unsupported},
    KnownStatus{.status = 406, .reason = "NotAcceptable", .code = ErrorCode::Unsupported},
    KnownStatus{.status = 409, .reason = "Conflict", .code = ErrorCode::AlreadyExists},
    KnownStatus{.status = 410, .reason = "Expired", .code = ErrorCode::Conflict},
    KnownStatus{.status = 413, .reason = "RequestEntityTooLarge", .code = ErrorCode::LimitExceeded},
    KnownStatus{.status = 415, .reason = "UnsupportedMediaType", .code = ErrorCode::Unsupported},
    KnownStatus{.status = 422, .reason = "Invalid", .code = ErrorCode::InvalidArgument},
    KnownStatus{.status = 429, .reason = "TooManyRequests", .code = ErrorCode::Unavailable},
    KnownStatus{.status = 500, .reason = "InternalError", .code = ErrorCode::Unavailable},
    KnownStatus{.status = 502, .reason = "BadGateway", .code = ErrorCode::Unavailable},
    KnownStatus{.status = 503, .reason = "ServiceUnavailable", .code = ErrorCode::Unavailable},
    KnownStatus{.status = 504, .reason = "Timeout", .code = ErrorCode::Timeout},
};

const KnownStatus* known(int status) {
    for (const KnownStatus& entry : kKnown) {
        if (entry.status == status) return &entry;
    }
    return nullptr;
}

/// Text of a server for a terminal: bounded, without control characters.
std::string printable(std::string_view text, std::size_t max) {
    std::string shown;
    for (const char c : base::trim(text).substr(0, max)) {
        const auto byte = static_cast<unsigned char>(c);
        shown += byte < ' ' || byte == 0x7f ? ' ' : c;
    }
    // Not the first half of a character of several bytes.
    if (text.size() > max) {
        while (!shown.empty() && (static_cast<unsigned char>(shown.back()) & 0xc0u) == 0x80u) {
            shown.pop_back();
        }
        if (!shown.empty() && static_cast<unsigned char>(shown.back()) >= 0xc0u) shown.pop_back();
        shown += "...";
    }
    return shown;
}

}  // namespace

bool StatusError::has_cause(std::string_view wanted) const {
    return std::ranges::any_of(causes, [&](const Cause& cause) { return cause.reason == wanted; });
}

StatusError status_error(int status, std::string_view body) {
    StatusError error;
    error.code = status;
    const Result<Json> json = base::parse_json(body);
    if (json && json->is_object() && base::text_at(*json, "/kind") == "Status") {
        error.reason = printable(base::text_at(*json, "/reason"), kMaxPlainBytes);
        error.message = printable(base::text_at(*json, "/message"), kMaxMessageBytes);
        error.retry_after_seconds = static_cast<int>(std::clamp<std::int64_t>(
            base::integer_at(*json, "/details/retryAfterSeconds").value_or(0), 0, 3600));
        if (const Json* causes = base::find_json(*json, "/details/causes");
            causes != nullptr && causes->is_array()) {
            for (const Json& cause : *causes) {
                if (error.causes.size() == kMaxCauses) break;
                error.causes.push_back(
                    {.reason = printable(base::text_at(cause, "/reason"), kMaxPlainBytes),
                     .field = printable(base::text_at(cause, "/field"), kMaxPlainBytes),
                     .message = printable(base::text_at(cause, "/message"), kMaxMessageBytes)});
            }
        }
    } else {
        error.message = printable(body, kMaxPlainBytes);
    }
    const KnownStatus* entry = known(status);
    if (error.reason.empty() && entry != nullptr) error.reason = entry->reason;
    if (error.message.empty()) {
        error.message = fmt::format("the server answered with status {}", status);
    }
    return error;
}

StatusError status_error(const Response& response) {
    StatusError error = status_error(response.status, response.body);
    const std::string_view header = response.header("retry-after");
    int seconds = 0;
    const auto [stopped, failed] =
        std::from_chars(header.data(), header.data() + header.size(), seconds);
    if (failed == std::errc() && stopped == header.data() + header.size() && seconds > 0) {
        error.retry_after_seconds = seconds;
    }
    return error;
}

Error to_error(const StatusError& status) {
    ErrorCode code = status.code >= 500 ? ErrorCode::Unavailable : ErrorCode::InvalidArgument;
    if (const KnownStatus* entry = known(status.code)) code = entry->code;
    return Error{.code = code, .message = status.message};
}

}  // namespace holdfast::kube
