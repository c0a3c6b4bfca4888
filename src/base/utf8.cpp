#include "base/utf8.h"

#include <array>

namespace holdfast::base {

namespace {

unsigned char byte_at(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

/// How many bytes a sequence has by its first one; 0 for none.
std::size_t sequence_length(unsigned char first) {
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return 2;
    if (first >= 0xE0 && first <= 0xEF) return 3;
    if (first >= 0xF0 && first <= 0xF4) return 4;
    return 0;
}

}  // namespace

std::optional<char32_t> take_code_point(std::string_view& text) {
    const unsigned char first = byte_at(text, 0);
    const std::size_t length = sequence_length(first);
    if (length == 0 || length > text.size()) return std::nullopt;
    constexpr std::array<unsigned char, 5> kFirstBits = {0, 0x7F, 0x1F, 0x0F, 0x07};
    constexpr std::array<char32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
    char32_t point = first & kFirstBits.at(length);
    for (std::size_t i = 1; i < length; ++i) {
        const unsigned char next = byte_at(text, i);
        if ((next & 0xC0u) != 0x80u) return std::nullopt;
        point = (point << 6u) | (next & 0x3Fu);
    }
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    if (point < kSmallest.at(length) || point > 0x10FFFF || surrogate) return std::nullopt;
    text.remove_prefix(length);
    return point;
}

std::optional<std::size_t> count_code_points(std::string_view text) {
    std::size_t count = 0;
    while (!text.empty()) {
        if (!take_code_point(text)) return std::nullopt;
        ++count;
    }
    return count;
}

}  // namespace holdfast::base
