#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace holdfast::crypto {

inline constexpr std::size_t kWrapSaltBytes = 16;

/// Salt and sealed root key, under a key derived from `wrapping`, bound to kind and context.
Bytes wrap_root_key(const Key& wrapping, const Key& root, std::string_view kind,
                    std::string_view context, base::Random& random);

/// Reverses wrap_root_key; Corrupted when anything differs.
Result<Key> unwrap_root_key(const Key& wrapping, ByteView wrapped, std::string_view kind,
                            std::string_view context);

}  // namespace holdfast::crypto
