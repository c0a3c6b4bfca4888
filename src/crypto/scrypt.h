#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace holdfast::crypto {

/// The cost of guessing a passphrase. With N = 2^log2_n, memory is
/// 128 * r * (N + p + 2) bytes.
struct ScryptCost {
    std::uint8_t log2_n = 17;
    std::uint32_t r = 8;
    std::uint32_t p = 1;
};

/// The most memory that a cost read from storage may ask for.
inline constexpr std::uint64_t kMaxScryptBytes = 512u << 20;

/// RFC 7914. LimitExceeded, before any memory is given, for a cost beyond the bounds.
Result<Key> scrypt(std::string_view passphrase, ByteView salt, const ScryptCost& cost);

}  // namespace holdfast::crypto
