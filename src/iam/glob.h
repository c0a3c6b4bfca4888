#pragma once

#include <string>
#include <string_view>

namespace holdfast::iam {

/// The wildcards of a compiled glob. Control characters, which policy documents must not contain,
/// so that a `*` in the value of a policy variable stays an asterisk.
inline constexpr char kAnyRun = '\x01';
inline constexpr char kAnyOne = '\x02';

/// Whether `text` contains a character that a compiled glob would take for a wildcard.
bool holds_wildcard(std::string_view text);

/// `*` becomes kAnyRun and `?` kAnyOne; everything else stands for itself.
std::string compile_glob(std::string_view text);

/// Whether `text` matches a compiled glob. A `?` is one character of UTF-8, not one byte.
/// Looks back to the last `*` only: the time is at most the product of the lengths.
bool glob_matches(std::string_view compiled, std::string_view text);

}  // namespace holdfast::iam
