#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/api_error.h"

namespace holdfast::api {

inline constexpr std::size_t kMaxParameters = 2000;

/// The decoded parameters of a query string or a form, in their order.
struct Parameters {
    std::vector<std::pair<std::string, std::string>> all;

    /// The value of the first parameter of that name.
    std::optional<std::string_view> find(std::string_view name) const;
};

/// Reads `a=b&c`, with percent-encoding and `+` for a space; a serialization error for anything
/// else and for more than kMaxParameters.
Answer<Parameters> parse_parameters(std::string_view text);

}  // namespace holdfast::api
