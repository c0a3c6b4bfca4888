#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "repo/vault_keys.h"

namespace holdfast::repo {

inline constexpr std::size_t kMaxKeyWrapBytes = 16384;
inline constexpr std::size_t kMaxLabelBytes = 256;
/// No more authentic wraps are made. So many objects may lie among them, strays included, for
/// writers may add wraps at the same time and others may have left something there.
inline constexpr std::size_t kMaxWraps = 100;
inline constexpr std::size_t kMaxKeyObjects = 4 * kMaxWraps;

/// One wrap of the root key, as it lies in the vault: readable without any key, since it is what
/// leads to the key, and authenticated once the key is known.
struct KeyWrapRecord {
    std::string id;  ///< 16 hexadecimal digits
    std::string vault_id;
    std::string kind;
    std::string label;
    base::Time created_at;
    std::uint32_t key_epoch = 1;
    Bytes wrapped;
};

Bytes encode_key_wrap(const KeyWrapRecord& record, const VaultKeys& keys);
/// Corrupted also when the checksum, which needs no key, does not fit.
Result<KeyWrapRecord> parse_key_wrap(ByteView bytes);
Result<void> authenticate_key_wrap(ByteView bytes, const VaultKeys& keys);

}  // namespace holdfast::repo
