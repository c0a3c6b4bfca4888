#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "base/clock.h"

namespace holdfast::base {

/// The only source of randomness. Every method may be called from any thread.
class Random {
public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::byte> bytes) = 0;

    std::uint64_t u64();
    /// Uniform in [0, bound); `bound` is at least one.
    std::uint64_t below(std::uint64_t bound);
    template <std::size_t N>
    std::array<std::byte, N> array() {
        std::array<std::byte, N> bytes;
        fill(bytes);
        return bytes;
    }
};

/// The kernel's generator, fit for keys.
class SystemRandom final : public Random {
public:
    void fill(std::span<std::byte> bytes) override;
};

/// Reproducible and not secret: tests and simulation only. Not thread-safe.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
    void fill(std::span<std::byte> bytes) override;

private:
    std::uint64_t state_;
};

/// RFC 9562 version 7: sorts by creation time. Lower case.
std::string uuid_v7(Time now, Random& random);
/// RFC 9562 version 4. Lower case.
std::string uuid_v4(Random& random);

}  // namespace holdfast::base
