#include "repo/header.h"

#include <string_view>

#include "base/codec.h"
#include "crypto/secret.h"
#include "repo/ids.h"

namespace holdfast::repo {
namespace {

constexpr std::string_view kMagic = "HOLDFAST";
constexpr std::size_t kMacBytes = 32;
constexpr std::size_t kMaxChunkerBytes = 4096;
constexpr FeatureSets kKnown;

}  // namespace

Bytes encode_header(const VaultHeader& header, const VaultKeys& keys) {
    base::ByteWriter writer;
    writer.raw(base::as_bytes(kMagic));
    writer.u16(header.version);
    writer.sized(header.vault_id);
    writer.u64(header.features.compatible);
    writer.u64(header.features.read_only_compatible);
    writer.u64(header.features.incompatible);
    writer.u8(header.chunk_id_bytes);
    writer.u32(header.key_epoch);
    writer.sized(header.chunker);
    writer.raw(keys.header_mac(writer.view()));
    return writer.take();
}

Result<VaultHeader> parse_header(ByteView bytes) {
    if (bytes.size() > kMaxHeaderBytes || bytes.size() < kMacBytes)
        return fail(ErrorCode::Corrupted, "a header of {} bytes", bytes.size());
    base::ByteReader reader(bytes.first(bytes.size() - kMacBytes));
    if (base::as_text(TRY(reader.raw(kMagic.size()))) != kMagic)
        return fail(ErrorCode::Corrupted, "this is no header of a Holdfast vault");
    VaultHeader header;
    header.version = TRY(reader.u16());
    if (header.version != kFormatVersion)
        return fail(ErrorCode::Unsupported,
                    "the vault has format version {}; this Holdfast reads version {}",
                    header.version, kFormatVersion);
    header.vault_id = TRY(reader.text(PointId::kDigits));
    if (!PointId::parse(header.vault_id))
        return fail(ErrorCode::Corrupted, "a header without a vault id");
    header.features.compatible = TRY(reader.u64());
    header.features.read_only_compatible = TRY(reader.u64());
    header.features.incompatible = TRY(reader.u64());
    header.chunk_id_bytes = TRY(reader.u8());
    if (header.chunk_id_bytes < ChunkId::kMinBytes || header.chunk_id_bytes > ChunkId::kMaxBytes)
        return fail(ErrorCode::Corrupted, "chunk ids of {} bytes", header.chunk_id_bytes);
    header.key_epoch = TRY(reader.u32());
    header.chunker = base::to_bytes(TRY(reader.sized(kMaxChunkerBytes)));
    TRY(reader.expect_end());
    return header;
}

Result<void> authenticate_header(ByteView bytes, const VaultKeys& keys) {
    ASSERT(bytes.size() >= kMacBytes);
    const auto mac = keys.header_mac(bytes.first(bytes.size() - kMacBytes));
    if (!crypto::equal_in_constant_time(mac, bytes.last(kMacBytes)))
        return fail(ErrorCode::Corrupted, "the header fails authentication");
    return {};
}

Result<void> check_features(const FeatureSets& features) {
    const std::uint64_t unknown = features.incompatible & ~kKnown.incompatible;
    if (unknown != 0)
        return fail(ErrorCode::Unsupported,
                    "a newer Holdfast wrote this vault with features ({:#x}) that this one does "
                    "not know: use the newer one",
                    unknown);
    return {};
}

bool must_not_write(const FeatureSets& features) {
    return (features.read_only_compatible & ~kKnown.read_only_compatible) != 0;
}

}  // namespace holdfast::repo
