#pragma once

#include <fmt/core.h>

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast::base {

/// What a caller can do about a failure; the list is closed on purpose.
enum class ErrorCode {
    NotFound,
    AlreadyExists,
    InvalidArgument,
    Conflict,
    PermissionDenied,
    Unavailable,
    Timeout,
    Corrupted,
    Cancelled,
    LimitExceeded,
    Unsupported,
    Internal,
};

/// The name of a code as it appears in logs and JSON, such as "NotFound".
const char* name_of(ErrorCode code);

/// A failure: what can be done about it, and one sentence for a person.
struct Error {
    ErrorCode code;
    std::string message;

    /// The same failure, with what the caller was doing put before the sentence.
    Error context(std::string_view doing) &&;

    /// Whether the same attempt may succeed later without anybody changing anything.
    bool retryable() const;

    /// Whether stored data that was to be read is gone (NotFound) or rotten (Corrupted).
    bool is_damage() const;
};

/// A value or an Error. A class, not an alias, so that a dropped result is a warning.
template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
public:
    using std::expected<T, Error>::expected;
};

/// An Error ready to be returned from a function with any Result.
template <class... Args>
std::unexpected<Error> fail(ErrorCode code, fmt::format_string<Args...> text, Args&&... args) {
    return std::unexpected(Error{code, fmt::format(text, std::forward<Args>(args)...)});
}

/// Ends the process: an invariant of our own code is broken. Never applied to input.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace holdfast::base

namespace holdfast {
using base::Error;
using base::ErrorCode;
using base::fail;
using base::Result;
}  // namespace holdfast

/// The value of `expr`, or a return with its error, optionally with context.
/// The value is moved out of a temporary result and copied or moved exactly once.
#define TRY(expr, ...)                                                                  \
    __extension__({                                                                     \
        auto&& r_ = (expr);                                                             \
        if (!r_) [[unlikely]]                                                           \
            return std::unexpected(std::move(r_).error()                                \
                                       __VA_OPT__(.context(fmt::format(__VA_ARGS__)))); \
        *std::move(r_);                                                                 \
    })

#define ASSERT(condition) \
    ((condition) ? void() : ::holdfast::base::assertion_failed(#condition, __FILE__, __LINE__))
