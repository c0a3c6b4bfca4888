#include "base/bytes.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace holdfast::base {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

constexpr std::array<signed char, 256> base64_values() {
    std::array<signed char, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < kBase64.size(); ++i)
        values[static_cast<unsigned char>(kBase64[i])] = static_cast<signed char>(i);
    return values;
}

/// Because of its allocator the vector would move its bytes one by one.
void grow(Bytes& to, std::size_t needed) {
    Bytes larger;
    larger.reserve(std::max(needed, 2 * to.capacity()));
    larger.resize(to.size());
    if (!to.empty()) std::memcpy(larger.data(), to.data(), to.size());
    to = std::move(larger);
}

}  // namespace

std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

ByteView as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
}

Bytes to_bytes(std::string_view text) {
    return to_bytes(as_bytes(text));
}

Bytes to_bytes(ByteView bytes) {
    Bytes copy;
    append(copy, bytes);
    return copy;
}

std::string to_text(ByteView bytes) {
    return std::string(as_text(bytes));
}

void append(Bytes& to, ByteView bytes) {
    if (bytes.empty()) return;
    const std::size_t end = to.size();
    if (bytes.size() > to.capacity() - end) grow(to, end + bytes.size());
    to.resize(end + bytes.size());
    std::memcpy(to.data() + end, bytes.data(), bytes.size());
}

std::string to_hex(ByteView bytes) {
    std::string hex;
    hex.reserve(bytes.size() * 2);
    for (std::byte byte : bytes) {
        hex.push_back(kHexDigits[std::to_integer<std::size_t>(byte >> 4)]);
        hex.push_back(kHexDigits[std::to_integer<std::size_t>(byte & std::byte{15})]);
    }
    return hex;
}

Result<Bytes> from_hex(std::string_view hex) {
    if (hex.size() % 2 != 0)
        return fail(ErrorCode::InvalidArgument, "an odd number of hexadecimal digits");
    Bytes bytes;
    bytes.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        int high = hex_value(hex[i]);
        int low = hex_value(hex[i + 1]);
        if (high < 0 || low < 0)
            return fail(ErrorCode::InvalidArgument, "not a hexadecimal digit at offset {}", i);
        bytes.push_back(static_cast<std::byte>(high * 16 + low));
    }
    return bytes;
}

std::string to_base64(ByteView bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j)
            group =
                group << 8 | (i + j < bytes.size() ? std::to_integer<unsigned>(bytes[i + j]) : 0);
        for (std::size_t j = 0; j < 4; ++j) {
            bool padding = i + j > bytes.size();
            text.push_back(padding ? '=' : kBase64[group >> (18 - 6 * j) & 63]);
        }
    }
    return text;
}

Result<Bytes> from_base64(std::string_view text) {
    static constexpr auto kValues = base64_values();
    Bytes bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t group = 0;
    int digits = 0;
    std::size_t at = 0;
    for (; at < text.size() && text[at] != '='; ++at) {
        if (text[at] == '\n' || text[at] == '\r') continue;
        int value = kValues[static_cast<unsigned char>(text[at])];
        if (value < 0)
            return fail(ErrorCode::InvalidArgument, "not a base64 character at offset {}", at);
        group = group << 6 | static_cast<std::uint32_t>(value);
        if (++digits % 4 == 0) {
            for (int shift : {16, 8, 0}) bytes.push_back(static_cast<std::byte>(group >> shift));
            group = 0;
        }
    }
    if (text.find_first_not_of("=\r\n", at) != std::string_view::npos)
        return fail(ErrorCode::InvalidArgument, "text after the padding of base64");
    if (digits % 4 == 1) return fail(ErrorCode::InvalidArgument, "base64 is cut off");
    if (digits % 4 >= 2)
        bytes.push_back(static_cast<std::byte>(group >> (digits % 4 == 2 ? 4 : 10)));
    if (digits % 4 == 3) bytes.push_back(static_cast<std::byte>(group >> 2));
    return bytes;
}

}  // namespace holdfast::base
