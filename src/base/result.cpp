#include "base/result.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace holdfast::base {

const char* name_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::NotFound:
            return "NotFound";
        case ErrorCode::AlreadyExists:
            return "AlreadyExists";
        case ErrorCode::InvalidArgument:
            return "InvalidArgument";
        case ErrorCode::Conflict:
            return "Conflict";
        case ErrorCode::PermissionDenied:
            return "PermissionDenied";
        case ErrorCode::Unavailable:
            return "Unavailable";
        case ErrorCode::Timeout:
            return "Timeout";
        case ErrorCode::Corrupted:
            return "Corrupted";
        case ErrorCode::Cancelled:
            return "Cancelled";
        case ErrorCode::LimitExceeded:
            return "LimitExceeded";
        case ErrorCode::Unsupported:
            return "Unsupported";
        case ErrorCode::Internal:
            return "Internal";
    }
    return "Internal";
}

Error Error::context(std::string_view doing) && {
    return Error{.code = code, .message = fmt::format("{}: {}", doing, message)};
}

bool Error::retryable() const {
    return code == ErrorCode::Unavailable || code == ErrorCode::Timeout;
}

bool Error::is_damage() const {
    return code == ErrorCode::Corrupted || code == ErrorCode::NotFound;
}

void assertion_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, condition);
    std::abort();
}

}  // namespace holdfast::base
