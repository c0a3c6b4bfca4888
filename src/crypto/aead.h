#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace holdfast::crypto {

/// 96 bits that must never repeat under one key.
using Nonce = std::array<std::byte, 12>;

/// The nonce that holds `ordinal`, big-endian, in its last eight bytes.
Nonce nonce_of(std::uint64_t ordinal);

/// How much longer sealed bytes are than plain ones.
inline constexpr std::size_t kTagBytes = 16;

/// AES-256-GCM under one key. Not thread-safe: it reuses one cipher context.
class Aead {
public:
    explicit Aead(const Key& key);
    ~Aead();
    Aead(Aead&&) noexcept;
    Aead& operator=(Aead&&) noexcept;

    /// Writes ciphertext and tag, plain.size() + kTagBytes bytes, to `sealed`.
    void seal(const Nonce& nonce, ByteView associated, ByteView plain, std::span<std::byte> sealed);

    /// Writes sealed.size() - kTagBytes bytes to `plain`. Corrupted when the bytes, the nonce or
    /// the associated data are not those that were sealed; `plain` is then worthless.
    Result<void> open(const Nonce& nonce, ByteView associated, ByteView sealed,
                      std::span<std::byte> plain);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace holdfast::crypto
