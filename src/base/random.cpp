#include "base/random.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"

namespace holdfast::base {

std::uint64_t Random::u64() {
    std::uint64_t value = 0;
    fill(std::as_writable_bytes(std::span(&value, 1)));
    return value;
}

std::uint64_t Random::below(std::uint64_t bound) {
    ASSERT(bound > 0);
    // Values in the last, incomplete stretch would favour small results.
    std::uint64_t unbiased = UINT64_MAX - UINT64_MAX % bound;
    std::uint64_t value = u64();
    while (value >= unbiased) value = u64();
    return value % bound;
}

void SystemRandom::fill(std::span<std::byte> bytes) {
    while (!bytes.empty()) {
        ssize_t got = getrandom(bytes.data(), bytes.size(), 0);
        ASSERT(got > 0 || errno == EINTR);
        if (got > 0) bytes = bytes.subspan(static_cast<std::size_t>(got));
    }
}

void SeededRandom::fill(std::span<std::byte> bytes) {
    // SplitMix64 (public domain, Sebastiano Vigna): any seed gives a full-period sequence.
    while (!bytes.empty()) {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        z ^= z >> 31;
        std::size_t count = std::min(bytes.size(), sizeof z);
        std::memcpy(bytes.data(), &z, count);
        bytes = bytes.subspan(count);
    }
}

namespace {

std::string format_uuid(std::array<std::byte, 16> bytes, unsigned version) {
    bytes[6] = (bytes[6] & std::byte{0x0f}) | static_cast<std::byte>(version << 4);
    bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};
    std::string hex = to_hex(bytes);
    return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
           hex.substr(16, 4) + "-" + hex.substr(20);
}

}  // namespace

std::string uuid_v7(Time now, Random& random) {
    auto bytes = random.array<16>();
    auto millis = static_cast<std::uint64_t>(now.time_since_epoch().count());
    for (std::size_t i = 0; i < 6; ++i) bytes[i] = static_cast<std::byte>(millis >> (40 - 8 * i));
    return format_uuid(bytes, 7);
}

std::string uuid_v4(Random& random) {
    return format_uuid(random.array<16>(), 4);
}

}  // namespace holdfast::base
