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
    KnownStatus{400, "BadRequest", ErrorCode::InvalidArgument},
    KnownStatus{401, "Unauthorized", ErrorCode::PermissionDenied},
    KnownStatus{403, "Forbidden", ErrorCode::PermissionDenied},
    KnownStatus{404, "NotFound", ErrorCode::NotFound},
    KnownStatus{405, "MethodNotAllowed", ErrorCode::Unsupported},
    KnownStatus{406, "NotAcceptable", ErrorCode::Unsupported},
    KnownStatus{409, "Conflict", ErrorCode::AlreadyExists},
    KnownStatus{410, "Expired", ErrorCode::Conflict},
    KnownStatus{413, "RequestEntityTooLarge", ErrorCode::LimitExceeded},
    KnownStatus{415, "UnsupportedMediaType", ErrorCode::Unsupported},
    KnownStatus{422, "Invalid", ErrorCode::InvalidArgument},
    KnownStatus{429, "TooManyRequests", ErrorCode::Unavailable},
    KnownStatus{500, "InternalError", ErrorCode::Unavailable},
    KnownStatus{502, "BadGateway", ErrorCode::Unavailable},
    KnownStatus{503, "ServiceUnavailable", ErrorCode::Unavailable},
    KnownStatus{504, "Timeout", ErrorCode::Timeout},
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
    return Error{code, status.message};
}

}  // namespace holdfast::kube
