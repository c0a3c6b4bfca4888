#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include "base/bytes.h"
#include "base/random.h"

namespace holdfast::crypto {

/// Overwrites memory in a way that the compiler does not leave out.
void wipe(std::span<std::byte> memory);

/// N secret bytes: zeroed when they die or are moved from, never printed, compared in constant
/// time.
template <std::size_t N>
class Secret {
public:
    Secret() { bytes_.fill(std::byte{0}); }
    explicit Secret(std::span<const std::byte, N> bytes) {
        std::copy(bytes.begin(), bytes.end(), bytes_.begin());
    }
    Secret(const Secret&) = default;
    Secret& operator=(const Secret&) = default;
    Secret(Secret&& other) noexcept : bytes_(other.bytes_) { wipe(other.bytes_); }
    Secret& operator=(Secret&& other) noexcept {
        if (this != &other) {
            bytes_ = other.bytes_;
            wipe(other.bytes_);
        }
        return *this;
    }
    ~Secret() { wipe(bytes_); }

    static Secret random(base::Random& random) {
        Secret secret;
        random.fill(secret.bytes_);
        return secret;
    }

    std::span<const std::byte, N> view() const { return bytes_; }
    std::span<std::byte, N> writable() { return bytes_; }

private:
    std::array<std::byte, N> bytes_;
};

/// Any symmetric key of ours.
using Key = Secret<32>;

/// Whether two byte strings are equal, in time that depends on their lengths only.
bool equal_in_constant_time(ByteView a, ByteView b);

}  // namespace holdfast::crypto
