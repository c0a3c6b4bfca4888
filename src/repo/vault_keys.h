#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "crypto/mac.h"
#include "crypto/secret.h"
#include "repo/ids.h"
#include "repo/names.h"

namespace holdfast::repo {

/// The version of everything that this code writes.
inline constexpr std::uint16_t kFormatVersion = 1;

/// Every key of a vault, derived from its root key. Any method from any thread.
class VaultKeys {
public:
    VaultKeys(const crypto::Key& root, std::string vault_id, std::size_t chunk_id_bytes,
              std::uint32_t epoch);

    const std::string& vault_id() const { return vault_id_; }
    std::uint32_t epoch() const { return epoch_; }
    std::size_t chunk_id_bytes() const { return chunk_id_bytes_; }
    const crypto::Key& root() const { return root_; }

    ChunkId chunk_id(ByteView bytes) const;
    crypto::Digest header_mac(ByteView bytes) const;
    crypto::Digest wrap_mac(ByteView bytes) const;
    /// The key of one object, told from all others by its type and random salt.
    crypto::Key object_key(ObjectType type, ByteView salt) const;
    /// What sealed bytes are bound to besides their key.
    Bytes associated_data(ObjectType type, std::string_view name, std::uint64_t ordinal) const;

private:
    crypto::Key root_;
    std::string vault_id_;
    std::size_t chunk_id_bytes_;
    std::uint32_t epoch_;
    crypto::HmacSha256 id_mac_;
    crypto::HmacSha256 header_mac_;
    crypto::HmacSha256 wrap_mac_;
    crypto::Key objects_;
};

}  // namespace holdfast::repo
