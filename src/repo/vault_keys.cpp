#include "repo/vault_keys.h"

#include <string_view>

#include "base/codec.h"

namespace holdfast::repo {
namespace {

crypto::Key derived(const crypto::Key& root, std::string_view vault_id, std::string_view use) {
    return crypto::hkdf_sha256(root.view(), base::as_bytes(vault_id), use);
}

}  // namespace

VaultKeys::VaultKeys(const crypto::Key& root, std::string vault_id, std::size_t chunk_id_bytes,
                     std::uint32_t epoch)
    : root_(root),
      vault_id_(std::move(vault_id)),
      chunk_id_bytes_(chunk_id_bytes),
      epoch_(epoch),
      id_mac_(derived(root, vault_id_, "holdfast 1 chunk id").view()),
      header_mac_(derived(root, vault_id_, "holdfast 1 header").view()),
      wrap_mac_(derived(root, vault_id_, "holdfast 1 key wrap").view()),
      objects_(derived(root, vault_id_, "holdfast 1 objects")) {}

ChunkId VaultKeys::chunk_id(ByteView bytes) const {
    const crypto::Digest digest = id_mac_.compute(bytes);
    return *ChunkId::from_bytes(ByteView(digest).first(chunk_id_bytes_));
}

crypto::Digest VaultKeys::header_mac(ByteView bytes) const {
    return header_mac_.compute(bytes);
}
crypto::Digest VaultKeys::wrap_mac(ByteView bytes) const {
    return wrap_mac_.compute(bytes);
}

crypto::Key VaultKeys::object_key(ObjectType type, ByteView salt) const {
    base::ByteWriter writer;
    writer.u8(static_cast<std::uint8_t>(type));
    writer.u32(epoch_);
    writer.raw(salt);
    return crypto::hkdf_sha256(objects_.view(), writer.view(), "holdfast 1 object");
}

Bytes VaultKeys::associated_data(ObjectType type, std::string_view name,
                                 std::uint64_t ordinal) const {
    base::ByteWriter writer;
    writer.raw(base::as_bytes("HOLDFAST"));
    writer.u16(kFormatVersion);
    writer.u8(static_cast<std::uint8_t>(type));
    writer.u32(epoch_);
    writer.u64(ordinal);
    writer.sized(vault_id_);
    writer.sized(name);
    return writer.take();
}

}  // namespace holdfast::repo
