#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace holdfast::crypto {

using Digest = std::array<std::byte, 32>;

Digest sha256(ByteView data);

/// HMAC-SHA-256 under one key, prepared once. compute() may be called from any thread.
class HmacSha256 {
public:
    explicit HmacSha256(ByteView key);
    ~HmacSha256();
    HmacSha256(HmacSha256&&) noexcept;
    HmacSha256& operator=(HmacSha256&&) noexcept;

    Digest compute(ByteView data) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// One MAC under a key that is used once; HmacSha256 is for more.
Digest hmac_sha256(ByteView key, ByteView data);

/// RFC 5869 with SHA-256: a key of 32 bytes from `secret`, told apart by `salt` and `info`.
Key hkdf_sha256(ByteView secret, ByteView salt, std::string_view info);

}  // namespace holdfast::crypto
