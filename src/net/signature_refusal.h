#pragma once

#include <fmt/core.h>

#include <expected>
#include <utility>

#include "net/sigv4.h"

namespace holdfast::net {

/// A SignatureRefusal ready to be returned, as base::fail is an Error.
template <class... Args>
std::unexpected<SignatureRefusal> refuse(SignatureFault fault, fmt::format_string<Args...> text,
                                         Args&&... args) {
    return std::unexpected(SignatureRefusal{
        .fault = fault, .message = fmt::format(text, std::forward<Args>(args)...)});
}

}  // namespace holdfast::net
