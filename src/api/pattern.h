#pragma once

#include <string_view>

namespace holdfast::api {

/// Whether the whole of `text` fits a pattern of the interfaces in idl/. Each is a function of
/// ours: a pattern that none knows ends the build's test (PatternTest), never a request.
bool fits_pattern(std::string_view pattern, std::string_view text);

bool knows_pattern(std::string_view pattern);

}  // namespace holdfast::api
