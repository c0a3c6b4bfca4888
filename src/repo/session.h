#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "base/worker_pool.h"
#include "crypto/mac.h"
#include "repo/chunk_table.h"
#include "repo/core.h"
#include "repo/ids.h"
#include "repo/index.h"
#include "repo/pack_writer.h"
#include "repo/point.h"
#include "repo/records.h"
#include "repo/reliance.h"
#include "repo/repository.h"
#include "repo/run.h"
#include "repo/writer.h"

namespace holdfast::repo {

/// The Writer. Chunks are looked up and copied into the open frame on the caller's thread; full
/// frames are compressed, sealed, packed and stored on the pool.
class Session final : public Writer {
public:
    Session(Repository::Core& core, PointId id, const WriterOptions& options);
    ~Session() override;

    /// Secures everything that the base point needs. Conflict when that is not possible.
    Result<void> secure_base(const PointId& base);

    const PointId& point_id() const override { return id_; }
    ChunkId id_of(ByteView bytes) const override { return core_.keys().chunk_id(bytes); }
    Result<ChunkId> add_chunk(ByteView bytes, ChunkKind kind) override;
    Result<std::vector<ChunkId>> add_chunks(std::span<const ByteView> chunks) override;
    Result<void> reuse_chunk(const ChunkId& id) override;
    Result<RunRef> add_run(const RowSource& rows) override;
    Result<PointId> commit(const PointContent& content) override;
    WriterStats stats() const override;

    /// Makes packs and index runs durable and ends the session without a point: for collectors that
    /// move chunks. The record at points/<id> says so.
    Result<void> close(std::string_view reason);

    /// Chunks in this pack are stored anew.
    void distrust(PackNumber pack) { reliance_.distrust(pack); }

    /// Trusts that the chunk will stay if any known place of it can be relied on.
    Result<bool> secure(const ChunkId& id);

private:
    /// The chunks of one index run to be. When it is full, another one takes over; when all its
    /// chunks are durable, it is written and forgotten.
    struct Table {
        explicit Table(std::size_t id_bytes) : chunks(id_bytes) {}
        ChunkTable chunks;
        std::size_t durable = 0;
        bool full = false;
    };
    struct ChunkRef {
        Table* table = nullptr;
        std::uint32_t position = 0;
    };
    struct NewChunk {
        ByteView bytes;
        ChunkRef chunk;
    };
    struct Frame {
        ChunkKind kind = ChunkKind::Data;
        Bytes plain;
        std::vector<std::uint32_t> chunk_bytes;
        std::vector<ChunkRef> chunks;
    };
    struct Tables {
        std::deque<std::unique_ptr<Table>> tables;  // the last one takes new chunks
        // Both by the session's pack count: chunks per table, and the pack once it is durable.
        std::vector<std::vector<std::pair<Table*, std::size_t>>> in_pack;
        std::vector<std::shared_ptr<const WrittenPack>> packs;
    };

    bool known(const ChunkId& id);
    std::optional<ChunkRef> claim(const ChunkId& id);
    Result<std::vector<ChunkId>> add_all(std::span<const ByteView> chunks, ChunkKind kind);
    Result<void> append(std::span<const NewChunk> chunks, ChunkKind kind);
    Result<void> submit(Frame frame);
    Result<void> encode_frame(Frame& frame);
    void placed(const Frame& frame, const PackWriter::Placed& place);
    void pack_durable(std::uint32_t position, const WrittenPack& pack);
    Frame new_frame(ChunkKind kind);
    std::size_t frame_limit(ChunkKind kind) const;

    Result<void> write_full_tables();
    using WrittenPacks = std::vector<std::shared_ptr<const WrittenPack>>;
    Result<void> write_table(const Table& table, const WrittenPacks& packs);
    Result<void> write_tables();
    Result<void> finish_frames();
    Result<void> check_runs(const PointContent& content);
    Result<crypto::Digest> put_manifest(const PointContent& content, base::Time now);
    Result<void> publish(const PointContent& content);
    Result<void> create_ending(const PointRecord& record);
    void merge_index();
    std::vector<std::string> needed_packs();
    Result<bool> base_is_whole(const ManifestRecord& manifest);

    Repository::Core& core_;
    PointId id_;
    WriterOptions options_;
    Reliance reliance_;
    PackWriter packs_;

    base::Guarded<Tables> tables_;
    std::mutex index_writing_;
    std::atomic<bool> table_full_ = false;

    struct OpenFrame {
        std::mutex mutex;
        Frame frame;
    };
    std::array<OpenFrame, 2> open_frames_;  // by ChunkKind
    base::Guarded<std::vector<Bytes>> free_buffers_;

    base::Guarded<std::unordered_set<PackNumber>> used_packs_;
    base::Guarded<std::vector<RunRef>> runs_;  // that the point may name
    std::atomic<std::uint64_t> chunk_count_{0}, byte_count_{0}, new_chunks_{0}, new_bytes_{0};
    std::atomic<std::uint64_t> other_stored_bytes_{0};
    bool ended_ = false;

    base::WorkerPool pool_;  // last member: its tasks use the others
};

}  // namespace holdfast::repo
