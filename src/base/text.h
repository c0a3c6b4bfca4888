#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::base {

std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);
std::string join(std::span<const std::string> parts, std::string_view separator);

/// Whether `text` matches a glob in which `*` stands for any run of characters and `?` for one.
bool glob_matches(std::string_view glob, std::string_view text);

/// The candidate that a person who typed `word` most likely meant, within two edits; else empty.
std::string_view nearest(std::string_view word, std::span<const std::string> candidates);

/// "1 object", "2 objects": the count with the noun's plural.
std::string counted(std::uint64_t count, std::string_view noun);
/// Bytes for people in units of 1024, such as "1.4 MiB".
std::string human_bytes(std::uint64_t bytes);

}  // namespace holdfast::base
