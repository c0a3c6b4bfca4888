#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "repo/ids.h"
#include "repo/point.h"
#include "repo/protocol.h"
#include "repo/run.h"

namespace holdfast::repo {

/// The largest chunk. Larger content is cut by its owner.
inline constexpr std::size_t kMaxChunkBytes = 8u << 20;

/// Which frames a chunk shares: content with content, rows with rows, so that reading one row
/// costs a small frame.
enum class ChunkKind : std::uint8_t { Data = 0, Metadata = 1 };

struct WriterOptions {
    /// A point that the new one shares runs or chunks with. Everything in it stays, from begin() on
    /// until the new point is committed or dropped. begin() fails with Conflict when it is no
    /// longer whole: begin again without it and add everything anew.
    std::optional<PointId> base = {};
    int zstd_level = 1;
    /// Rows are a tenth of what a cluster's state takes, so a slow level costs little.
    int metadata_zstd_level = 9;
    std::size_t frame_bytes = 1u << 20;             ///< plain bytes of a frame of Data
    std::size_t metadata_frame_bytes = 192u << 10;  ///< and of Metadata
    std::size_t pack_bytes = 32u << 20;             ///< stored bytes of a pack
    /// Steps of the reliance protocol to leave out. Tests only: it loses data.
    ProtocolSteps skipped_steps = {};
};

struct WriterStats {
    std::uint64_t chunks = 0;  ///< given to add_chunk
    std::uint64_t bytes = 0;
    std::uint64_t new_chunks = 0;  ///< of them, not yet in the vault
    std::uint64_t new_bytes = 0;
    std::uint64_t stored_bytes = 0;  ///< put into the store so far, of everything
    std::uint64_t packs = 0;
};

/// One writing session, which ends as one recovery point or as garbage that collect() removes
/// later. Any method but commit() from any thread. Memory: about twice pack_bytes, and some frames.
class Writer {
public:
    virtual ~Writer() = default;

    /// The id that the point will have.
    virtual const PointId& point_id() const = 0;

    /// The keyed id of these bytes; no I/O.
    virtual ChunkId id_of(ByteView bytes) const = 0;

    /// Stores the bytes unless the vault has them. They are copied; durable after commit().
    /// An error of the pipeline comes back from the next call.
    virtual Result<ChunkId> add_chunk(ByteView bytes, ChunkKind kind = ChunkKind::Data) = 0;

    /// The same for several chunks of Data at once; the ids are in their order. Those that are new
    /// lie side by side, whatever other threads add: alike objects compress better together.
    virtual Result<std::vector<ChunkId>> add_chunks(std::span<const ByteView> chunks) = 0;

    /// Promises that a chunk, known from elsewhere than WriterOptions::base, stays. NotFound when
    /// the vault does not have it or is about to drop it: add it anew.
    virtual Result<void> reuse_chunk(const ChunkId& id) = 0;

    /// Writes a run. Every chunk that its rows name was added or reused in this session or belongs
    /// to the base point. InvalidArgument for keys that do not ascend.
    virtual Result<RunRef> add_run(const RowSource& rows) = 0;

    /// Makes everything durable, then publishes the point. Its runs are of add_run() or of the base
    /// point. Conflict when somebody declared this session dead meanwhile: nothing was published.
    /// Call once, when no other call is running.
    virtual Result<PointId> commit(const PointContent& content) = 0;

    virtual WriterStats stats() const = 0;
};

}  // namespace holdfast::repo
