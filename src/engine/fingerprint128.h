#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace holdfast::engine {

/// 128 bits that tell texts of honest origin apart; no defence against made-up collisions, which
/// would only make a preview wrong about the attacker's own object.
struct Fingerprint128 {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    auto operator<=>(const Fingerprint128&) const = default;
};

/// FNV-1a with 128 bits.
constexpr Fingerprint128 fingerprint128(std::string_view text) {
    __extension__ using Wide = unsigned __int128;
    constexpr Wide kOffset = (Wide{0x6c62272e07bb0142} << 64) | Wide{0x62b821756295c58d};
    constexpr Wide kPrime = (Wide{1} << 88) | Wide{0x13b};
    Wide hash = kOffset;
    for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
    return {.high = static_cast<std::uint64_t>(hash >> 64),
            .low = static_cast<std::uint64_t>(hash)};
}

}  // namespace holdfast::engine
