#include "repo/pack.h"

#include <algorithm>
#include <bit>
#include <span>
#include <string_view>

#include "base/codec.h"
#include "crypto/secret.h"
#include "repo/names.h"

namespace holdfast::repo {
namespace {

constexpr std::string_view kHeadMagic = "HFP1";
constexpr std::string_view kTrailerMagic = "HFPE";
constexpr int kFooterLevel = 3;
/// No frame has this ordinal: the footer's nonce is its own.
constexpr std::uint64_t kFooterOrdinal = ~std::uint64_t{0};
constexpr std::size_t kUsualReserve = 4096;

/// The salt of a pack's key is its name, which holds 128 random bits and is used once.
crypto::Key pack_key(const VaultKeys& keys, const std::string& pack) {
    return keys.object_key(ObjectType::Pack, base::as_bytes(pack));
}

std::size_t varint_bytes(std::uint32_t value) {
    return 1 + (static_cast<std::size_t>(std::bit_width(value | 1u)) - 1) / 7;
}

Result<FrameInfo> take_frame(base::ByteReader& reader) {
    FrameInfo frame;
    const std::uint8_t kind = TRY(reader.u8());
    if (kind > 1) return fail(ErrorCode::Corrupted, "a frame of kind {}", kind);
    frame.kind = static_cast<ChunkKind>(kind);
    frame.place.sealed_bytes =
        static_cast<std::uint32_t>(TRY(reader.varint_up_to(kMaxFrameSealedBytes)));
    const auto chunks = TRY(reader.varint_up_to(kMaxChunksPerFrame));
    std::uint64_t plain = 0;
    frame.chunk_bytes.reserve(std::min<std::size_t>(chunks, kUsualReserve));
    for (std::uint64_t i = 0; i < chunks; ++i) {
        const auto bytes = TRY(reader.varint_up_to(kMaxChunkBytes));
        frame.chunk_bytes.push_back(static_cast<std::uint32_t>(bytes));
        plain += bytes;
        if (plain > kMaxFramePlainBytes)
            return fail(ErrorCode::Corrupted, "a frame of more than {} bytes", kMaxFramePlainBytes);
    }
    frame.place.plain_bytes = static_cast<std::uint32_t>(plain);
    return frame;
}

}  // namespace

FrameSealer::FrameSealer(const VaultKeys& keys, std::string pack)
    : keys_(keys), pack_(std::move(pack)), aead_(pack_key(keys, pack_)) {}

void FrameSealer::seal(std::uint32_t ordinal, ByteView coded, std::span<std::byte> sealed) {
    aead_.seal(crypto::nonce_of(ordinal), keys_.associated_data(ObjectType::Pack, pack_, ordinal),
               coded, sealed);
}

Result<void> FrameSealer::open(std::uint32_t ordinal, ByteView sealed, std::size_t plain_bytes,
                               Bytes& plain) {
    if (sealed.size() < crypto::kTagBytes)
        return fail(ErrorCode::Corrupted, "frame {} is cut short", ordinal);
    coded_.resize(sealed.size() - crypto::kTagBytes);
    TRY(aead_.open(crypto::nonce_of(ordinal),
                   keys_.associated_data(ObjectType::Pack, pack_, ordinal), sealed, coded_),
        "frame {}", ordinal);
    TRY(decompress(coded_, plain_bytes, plain), "frame {}", ordinal);
    if (plain.size() != plain_bytes)
        return fail(ErrorCode::Corrupted, "frame {} has {} bytes instead of {}", ordinal,
                    plain.size(), plain_bytes);
    return {};
}

std::size_t footer_bytes(const FrameInfo& frame) {
    std::size_t bytes = 1 + varint_bytes(frame.place.sealed_bytes) +
                        varint_bytes(static_cast<std::uint32_t>(frame.chunk_bytes.size()));
    for (const std::uint32_t chunk : frame.chunk_bytes) bytes += varint_bytes(chunk);
    return bytes;
}

Bytes pack_head(const VaultKeys& keys) {
    base::ByteWriter writer;
    writer.raw(base::as_bytes(kHeadMagic));
    writer.u32(keys.epoch());
    return writer.take();
}

Result<void> check_pack_head(const VaultKeys& keys, ByteView head) {
    if (!std::ranges::equal(head, pack_head(keys)))
        return fail(ErrorCode::Corrupted, "the pack does not begin as one of this vault");
    return {};
}

Bytes seal_footer(const VaultKeys& keys, const std::string& pack,
                  const std::vector<FrameInfo>& frames) {
    base::ByteWriter writer;
    writer.varint(frames.size());
    for (const FrameInfo& frame : frames) {
        writer.u8(static_cast<std::uint8_t>(frame.kind));
        writer.varint(frame.place.sealed_bytes);
        writer.varint(frame.chunk_bytes.size());
        for (const std::uint32_t bytes : frame.chunk_bytes) writer.varint(bytes);
    }
    Bytes coded;
    compress(writer.view(), kFooterLevel, coded);
    Bytes sealed(coded.size() + crypto::kTagBytes);
    FrameSealer sealer(keys, pack);
    sealer.aead_.seal(crypto::nonce_of(kFooterOrdinal),
                      keys.associated_data(ObjectType::Pack, pack, kFooterOrdinal), coded, sealed);
    base::ByteWriter trailer;
    trailer.u32(static_cast<std::uint32_t>(sealed.size()));
    trailer.raw(base::as_bytes(kTrailerMagic));
    base::append(sealed, trailer.view());
    return sealed;
}

Result<std::uint32_t> parse_trailer(ByteView trailer) {
    base::ByteReader reader(trailer);
    const std::uint32_t size = TRY(reader.u32());
    if (base::as_text(TRY(reader.raw(kTrailerMagic.size()))) != kTrailerMagic)
        return fail(ErrorCode::Corrupted, "the pack does not end as a pack does");
    TRY(reader.expect_end());
    if (size < crypto::kTagBytes || size > kMaxFooterBytes)
        return fail(ErrorCode::Corrupted, "a pack footer of {} bytes", size);
    return size;
}

Result<std::vector<FrameInfo>> parse_footer(ByteView plain) {
    base::ByteReader reader(plain);
    const auto count = TRY(reader.varint_up_to(kMaxFramesPerPack));
    std::vector<FrameInfo> frames;
    frames.reserve(std::min<std::size_t>(count, kUsualReserve));
    std::uint64_t offset = kPackHeadBytes;
    for (std::uint32_t i = 0; i < count; ++i) {
        FrameInfo frame = TRY(take_frame(reader));
        frame.place.ordinal = i;
        frame.place.offset = static_cast<std::uint32_t>(offset);
        offset += frame.place.sealed_bytes;
        if (offset > store::kMaxObjectBytes)
            return fail(ErrorCode::Corrupted, "a pack of more than {} bytes",
                        store::kMaxObjectBytes);
        frames.push_back(std::move(frame));
    }
    TRY(reader.expect_end());
    return frames;
}

Result<std::vector<FrameInfo>> open_footer(const VaultKeys& keys, const std::string& pack,
                                           ByteView sealed, std::uint64_t pack_bytes) {
    if (sealed.size() < crypto::kTagBytes)
        return fail(ErrorCode::Corrupted, "the pack's footer is cut short");
    FrameSealer sealer(keys, pack);
    Bytes coded(sealed.size() - crypto::kTagBytes);
    TRY(sealer.aead_.open(crypto::nonce_of(kFooterOrdinal),
                          keys.associated_data(ObjectType::Pack, pack, kFooterOrdinal), sealed,
                          coded),
        "the pack's footer");
    Bytes plain;
    TRY(decompress(coded, kMaxFooterBytes, plain), "the pack's footer");
    std::vector<FrameInfo> frames = TRY(parse_footer(plain), "the pack's footer");
    std::uint64_t end = kPackHeadBytes;
    if (!frames.empty()) end = frames.back().place.offset + frames.back().place.sealed_bytes;
    if (end + sealed.size() + kPackTrailerBytes != pack_bytes)
        return fail(ErrorCode::Corrupted, "the pack has {} bytes, but its parts have {}",
                    pack_bytes, end + sealed.size() + kPackTrailerBytes);
    return frames;
}

Result<std::vector<FrameInfo>> read_footer(store::Store& store, const VaultKeys& keys,
                                           const std::string& pack, std::uint64_t pack_bytes) {
    if (pack_bytes < kPackHeadBytes + crypto::kTagBytes + kPackTrailerBytes)
        return fail(ErrorCode::Corrupted, "the pack is cut short");
    const Bytes head = TRY(store.get(pack, {0, kPackHeadBytes}));
    TRY(check_pack_head(keys, head));
    const std::uint64_t end = pack_bytes - kPackTrailerBytes;
    const Bytes trailer = TRY(store.get(pack, {end, kPackTrailerBytes}));
    const auto size = TRY(parse_trailer(trailer));
    if (size > end - kPackHeadBytes)
        return fail(ErrorCode::Corrupted, "the pack's footer is larger than the pack");
    return open_footer(keys, pack, TRY(store.get(pack, {end - size, size})), pack_bytes);
}

}  // namespace holdfast::repo
