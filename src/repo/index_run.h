#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "repo/ids.h"
#include "repo/lru_cache.h"
#include "repo/pack.h"
#include "repo/run_source.h"
#include "repo/vault_keys.h"

namespace holdfast::repo {

/// Bounds of an index run. Larger sets of entries make several runs.
inline constexpr std::size_t kMaxEntriesPerRun = 4u << 20;
inline constexpr std::size_t kEntriesPerBlock = 2048;
inline constexpr std::size_t kFramesPerBlock = 4096;
inline constexpr std::size_t kMaxPartPlainBytes = 1u << 20;
inline constexpr std::size_t kMaxIndexFooterBytes = 128u << 20;
inline constexpr std::size_t kMaxSuperseded = 1u << 16;
/// Runs of fewer entries have no filter: their blocks are few.
inline constexpr std::size_t kMinEntriesForFilter = 1u << 18;

/// A pack as an index run names it.
struct PackEntry {
    std::string name;
    std::uint32_t key_epoch = 1;
    std::uint64_t bytes = 0;
    std::string version;             ///< the store's version id, where it has them
    std::uint64_t retain_until = 0;  ///< milliseconds since 1970; 0: not locked
};

/// A frame as an index run numbers it: its pack by position in the run's packs.
struct FrameEntry {
    std::uint32_t pack = 0;
    FramePlace place;
};

/// One chunk: its frame by number, and where it lies in the frame's plain bytes.
struct ChunkEntry {
    ChunkId id;
    std::uint32_t frame = 0;
    std::uint32_t offset = 0;
    std::uint32_t bytes = 0;
};

/// What an index run's footer says.
struct IndexRunFooter {
    struct EntryBlock {
        ChunkId first;
        std::uint32_t entries = 0;
        std::uint32_t sealed_bytes = 0;
        std::uint64_t offset = 0;
    };
    struct Part {
        std::uint32_t sealed_bytes = 0;
        std::uint64_t offset = 0;
    };
    std::uint64_t entries = 0;
    std::uint64_t frames = 0;
    std::vector<std::string> supersedes;  ///< names of runs whose entries this one holds
    std::vector<PackEntry> packs;
    std::vector<EntryBlock> entry_blocks;
    std::vector<Part> frame_blocks;
    std::vector<Part> filter_blocks;
};

/// The plain parts of a run, for the builder and for tests with hostile bytes.
Bytes encode_entries(std::span<const ChunkEntry> entries);
Result<std::vector<ChunkEntry>> parse_entries(ByteView plain, std::size_t chunk_id_bytes);
Bytes encode_frames(std::span<const FrameEntry> frames);
Result<std::vector<FrameEntry>> parse_frames(ByteView plain);
Bytes encode_index_footer(const IndexRunFooter& footer);
Result<IndexRunFooter> parse_index_footer(ByteView plain, std::size_t chunk_id_bytes);

inline constexpr std::string_view kIndexTrailerMagic = "HFIE";
inline constexpr std::size_t kIndexTrailerBytes = 8;
inline constexpr std::uint64_t kIndexFooterOrdinal = ~std::uint64_t{0};

struct BlockKey {
    std::uint64_t run = 0;
    std::uint64_t block = 0;
    friend bool operator==(const BlockKey&, const BlockKey&) = default;
};
struct BlockKeyHash {
    std::size_t operator()(const BlockKey& key) const {
        return key.run * 0x9e3779b97f4a7c15u ^ key.block;
    }
};
/// Decoded blocks of all runs of a vault.
struct IndexBlocks {
    explicit IndexBlocks(std::size_t bytes) : entries(bytes - bytes / 4), frames(bytes / 4) {}
    LruCache<BlockKey, std::vector<ChunkEntry>, BlockKeyHash> entries;
    LruCache<BlockKey, std::vector<FrameEntry>, BlockKeyHash> frames;
};

/// An opened index run: footer and filter in memory, blocks on demand. Any method from any thread.
class IndexRun {
public:
    /// Corrupted when footer or filter cannot be opened.
    static Result<std::shared_ptr<IndexRun>> open(std::unique_ptr<RunSource> source,
                                                  const VaultKeys& keys,
                                                  std::shared_ptr<IndexBlocks> blocks);

    /// An unopened run: open() is the way to get one.
    IndexRun(std::unique_ptr<RunSource> source, const VaultKeys& keys,
             std::shared_ptr<IndexBlocks> blocks);

    const std::string& name() const { return source_->name(); }
    const IndexRunFooter& footer() const { return footer_; }

    struct Found {
        ChunkEntry entry;
        FrameEntry frame;
    };
    /// Appends every place that the run knows for `id`.
    Result<void> find(const ChunkId& id, std::vector<Found>& found) const;
    /// Whether the run may have the chunk, without reading anything.
    bool may_have(const ChunkId& id) const;

    using Entries = std::shared_ptr<const std::vector<ChunkEntry>>;
    using Frames = std::shared_ptr<const std::vector<FrameEntry>>;
    Result<Entries> entries(std::size_t block) const;
    Result<Frames> frames(std::size_t block) const;
    Result<FrameEntry> frame(std::uint32_t number) const;

private:
    Result<void> load();
    Result<Bytes> open_part(std::uint64_t ordinal, std::uint64_t offset, std::size_t sealed_bytes,
                            std::size_t max_plain) const;
    Result<Bytes> open_part_once(std::uint64_t ordinal, std::uint64_t offset,
                                 std::size_t sealed_bytes, std::size_t max_plain) const;
    Result<void> load_footer();
    Result<void> load_filter();

    std::unique_ptr<RunSource> source_;
    const VaultKeys& keys_;
    std::shared_ptr<IndexBlocks> blocks_;
    std::uint64_t serial_;
    crypto::Key key_;
    IndexRunFooter footer_;
    Bytes filter_;
};

}  // namespace holdfast::repo
