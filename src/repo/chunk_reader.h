#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "repo/environment.h"
#include "repo/ids.h"
#include "repo/index.h"
#include "repo/lru_cache.h"
#include "repo/vault_keys.h"
#include "store/store.h"

namespace holdfast::repo {

/// When index runs are damaged, at most this many chunks are found through footers.
inline constexpr std::size_t kMaxFallbackChunks = 2u << 20;

/// Reads chunks: index, frame, check against the id. Any method from any thread.
class ChunkReader {
public:
    ChunkReader(store::Store& store, const VaultKeys& keys, Index& index,
                const Environment& environment);

    Result<Bytes> read(const ChunkId& id);

    using Deliver = std::function<Result<void>(std::size_t position, ByteView bytes)>;
    Result<void> read_many(std::span<const ChunkId> ids, const Deliver& deliver,
                           std::stop_token stop);

    /// The known places of a chunk, best first; looks again for runs made meanwhile, and into the
    /// packs themselves when runs are damaged. NotFound when there is none.
    Result<std::vector<Location>> locate(const ChunkId& id);
    /// The same without looking for runs made meanwhile; none is no error.
    Result<std::vector<Location>> find_known(const ChunkId& id);

private:
    struct FrameKey {
        PackNumber pack;
        std::uint32_t ordinal;
        friend bool operator==(const FrameKey&, const FrameKey&) = default;
    };
    struct FrameKeyHash {
        std::size_t operator()(const FrameKey& key) const {
            return (std::size_t{key.pack} << 32 | key.ordinal) * 0x9e3779b97f4a7c15u;
        }
    };
    using FallbackIndex = std::unordered_map<ChunkId, Location>;

    Result<std::shared_ptr<const Bytes>> frame(const Location& location);
    Result<Bytes> read_at(const ChunkId& id, const Location& location);
    Result<Bytes> read_anywhere(const ChunkId& id, const std::vector<Location>& locations);
    Result<std::shared_ptr<const FallbackIndex>> fallback();
    Result<void> scan_into(FallbackIndex& found, const std::string& pack, std::uint64_t bytes);

    store::Store& store_;
    const VaultKeys& keys_;
    Index& index_;
    std::size_t threads_;
    LruCache<FrameKey, Bytes, FrameKeyHash> frames_;
    std::mutex fallback_mutex_;
    std::shared_ptr<const FallbackIndex> fallback_;
};

}  // namespace holdfast::repo
