#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace holdfast::base {

/// Takes the first code point off non-empty UTF-8 text (RFC 3629). Nothing when it does not begin
/// with one: overlong forms, surrogates and cut sequences are none.
std::optional<char32_t> take_code_point(std::string_view& text);

/// How many code points the text has; nothing when it is not UTF-8.
std::optional<std::size_t> count_code_points(std::string_view text);

}  // namespace holdfast::base
