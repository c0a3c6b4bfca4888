#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/aead.h"
#include "repo/compress.h"
#include "repo/vault_keys.h"
#include "repo/writer.h"
#include "store/store.h"

namespace holdfast::repo {

/// Bounds of what a pack may state about itself.
inline constexpr std::size_t kMaxFramePlainBytes = 16u << 20;
inline constexpr std::size_t kMaxFramesPerPack = 1u << 18;
inline constexpr std::size_t kMaxChunksPerFrame = 1u << 20;
/// Of the footer, plain as well as sealed.
inline constexpr std::size_t kMaxFooterBytes = 32u << 20;
/// A frame as it lies in a pack.
inline constexpr std::size_t kMaxFrameSealedBytes =
    kMaxFramePlainBytes + kCodedOverhead + crypto::kTagBytes;

/// A pack begins with this many clear bytes and ends with a clear trailer.
inline constexpr std::size_t kPackHeadBytes = 8;
inline constexpr std::size_t kPackTrailerBytes = 8;

/// Where a frame lies in its pack and how large it is.
struct FramePlace {
    std::uint32_t ordinal = 0;
    std::uint32_t offset = 0;
    std::uint32_t sealed_bytes = 0;
    std::uint32_t plain_bytes = 0;

    friend bool operator==(const FramePlace&, const FramePlace&) = default;
};

/// A frame as the footer tells it: the lengths of its chunks, in order, but not their ids.
struct FrameInfo {
    FramePlace place;
    ChunkKind kind = ChunkKind::Data;
    std::vector<std::uint32_t> chunk_bytes;
};

/// Seals and opens the frames of one pack. Not thread-safe; cheap to make.
class FrameSealer {
public:
    FrameSealer(const VaultKeys& keys, std::string pack);

    /// Writes coded.size() + crypto::kTagBytes bytes.
    void seal(std::uint32_t ordinal, ByteView coded, std::span<std::byte> sealed);
    /// Opens and decompresses; Corrupted unless it gives exactly `plain_bytes` bytes.
    Result<void> open(std::uint32_t ordinal, ByteView sealed, std::size_t plain_bytes,
                      Bytes& plain);

private:
    friend Bytes seal_footer(const VaultKeys&, const std::string&, const std::vector<FrameInfo>&);
    friend Result<std::vector<FrameInfo>> open_footer(const VaultKeys&, const std::string&,
                                                      ByteView, std::uint64_t);

    const VaultKeys& keys_;
    std::string pack_;
    crypto::Aead aead_;
    Bytes coded_;
};

/// How many bytes the plain footer needs for a frame.
std::size_t footer_bytes(const FrameInfo& frame);

/// The clear first bytes of a pack.
Bytes pack_head(const VaultKeys& keys);
Result<void> check_pack_head(const VaultKeys& keys, ByteView head);

/// Footer and trailer, to be put behind the last frame.
Bytes seal_footer(const VaultKeys& keys, const std::string& pack,
                  const std::vector<FrameInfo>& frames);

/// The size of the sealed footer, from a pack's last kPackTrailerBytes bytes.
Result<std::uint32_t> parse_trailer(ByteView trailer);

/// The frames of a pack of `pack_bytes` bytes from its sealed footer (without the trailer).
/// Corrupted unless head, frames, footer and trailer fill the pack exactly.
Result<std::vector<FrameInfo>> open_footer(const VaultKeys& keys, const std::string& pack,
                                           ByteView sealed, std::uint64_t pack_bytes);

/// The plain footer alone, for tests of the parser with hostile bytes.
Result<std::vector<FrameInfo>> parse_footer(ByteView plain);

/// Reads a pack's footer from the store, and checks its head.
Result<std::vector<FrameInfo>> read_footer(store::Store& store, const VaultKeys& keys,
                                           const std::string& pack, std::uint64_t pack_bytes);

}  // namespace holdfast::repo
