#include "repo/session.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/mac.h"
#include "repo/compress.h"
#include "repo/ids.h"
#include "repo/index.h"
#include "repo/index_merge.h"
#include "repo/index_run.h"
#include "repo/index_run_builder.h"
#include "repo/names.h"
#include "repo/pack.h"
#include "repo/point.h"
#include "repo/protocol.h"
#include "repo/records.h"
#include "repo/repository.h"
#include "repo/run.h"
#include "repo/run_builder.h"

namespace holdfast::repo {
namespace {

/// Chunks of one index run of a session; about 20 MiB while the session runs.
constexpr std::size_t kChunksPerTable = 1u << 19;
constexpr std::size_t kMaxFrameBytes = kMaxFramePlainBytes - kMaxChunkBytes;
constexpr std::size_t kMaxFreeBuffers = 8;

std::size_t slot(ChunkKind kind) {
    return static_cast<std::size_t>(kind);
}

}  // namespace

Session::Session(Repository::Core& core, PointId id, const WriterOptions& options)
    : core_(core),
      id_(std::move(id)),
      options_(options),
      reliance_(core, id_, options.skipped_steps),
      packs_(core.store(), core.keys(), core.environment().random, id_, options.pack_bytes),
      pool_(core.environment().threads, core.environment().threads + 1) {
    packs_.on_durable = [this](std::uint32_t position, const WrittenPack& pack) {
        pack_durable(position, pack);
    };
    tables_.update([&](Tables& tables) {
        tables.tables.push_back(std::make_unique<Table>(core_.keys().chunk_id_bytes()));
    });
    for (const ChunkKind kind : {ChunkKind::Data, ChunkKind::Metadata})
        open_frames_[slot(kind)].frame.kind = kind;
}

Session::~Session() = default;

// --- taking chunks in

Result<ChunkId> Session::add_chunk(ByteView bytes, ChunkKind kind) {
    return TRY(add_all(std::span(&bytes, 1), kind)).front();
}

Result<std::vector<ChunkId>> Session::add_chunks(std::span<const ByteView> chunks) {
    return add_all(chunks, ChunkKind::Data);
}

Result<std::vector<ChunkId>> Session::add_all(std::span<const ByteView> chunks, ChunkKind kind) {
    std::vector<ChunkId> ids;
    ids.reserve(chunks.size());
    std::vector<NewChunk> fresh;
    const auto take = [&](ByteView bytes) -> Result<void> {
        if (bytes.size() > kMaxChunkBytes)
            return fail(ErrorCode::LimitExceeded, "a chunk of {} bytes; {} is the most",
                        bytes.size(), kMaxChunkBytes);
        const ChunkId id = ids.emplace_back(id_of(bytes));
        ++chunk_count_;
        byte_count_ += bytes.size();
        if (known(id) || TRY(secure(id))) return {};
        // Without a claim, another thread was faster.
        if (const auto chunk = claim(id)) fresh.push_back({bytes, *chunk});
        return {};
    };
    Result<void> taken;
    for (std::size_t i = 0; i < chunks.size() && taken; ++i) taken = take(chunks[i]);
    // Also after an error: what was claimed must come, or others would rely on it in vain.
    TRY(append(fresh, kind));
    TRY(std::move(taken));
    if (table_full_) TRY(write_full_tables());
    return ids;
}

bool Session::known(const ChunkId& id) {
    return tables_.update([&](Tables& tables) {
        return std::ranges::any_of(tables.tables,
                                   [&](const auto& table) { return table->chunks.contains(id); });
    });
}

std::optional<Session::ChunkRef> Session::claim(const ChunkId& id) {
    return tables_.update([&](Tables& tables) -> std::optional<ChunkRef> {
        Table* table = tables.tables.back().get();
        if (table->chunks.size() >= kChunksPerTable) {
            table->full = true;
            table_full_ = true;
            tables.tables.push_back(std::make_unique<Table>(core_.keys().chunk_id_bytes()));
            table = tables.tables.back().get();
        }
        for (const auto& other : tables.tables)
            if (other.get() != table && other->chunks.contains(id)) return std::nullopt;
        const auto [position, added] = table->chunks.insert(id);
        if (!added) return std::nullopt;
        return ChunkRef{.table = table, .position = position};
    });
}

Result<bool> Session::secure(const ChunkId& id) {
    const auto locations = TRY(core_.index().find(id));
    if (locations.empty()) return false;
    for (int attempt = 0; attempt < 2; ++attempt) {
        std::vector<PackNumber> unknown;
        for (const Location& location : locations) {
            const auto trust = reliance_.trust(location.pack);
            if (trust == Reliance::Trust::Trusted) {
                used_packs_.update([&](auto& used) { used.insert(location.pack); });
                return true;
            }
            if (trust == Reliance::Trust::Unknown) unknown.push_back(location.pack);
        }
        if (unknown.empty()) return false;
        TRY(reliance_.settle(reliance_.with_siblings(unknown)));
    }
    return false;
}

Result<void> Session::reuse_chunk(const ChunkId& id) {
    if (known(id) || TRY(secure(id))) return {};
    return fail(ErrorCode::NotFound, "chunk {} cannot be relied on", id.hex());
}

std::size_t Session::frame_limit(ChunkKind kind) const {
    const std::size_t wanted =
        kind == ChunkKind::Data ? options_.frame_bytes : options_.metadata_frame_bytes;
    return std::min(wanted, kMaxFrameBytes);
}

Result<void> Session::append(std::span<const NewChunk> chunks, ChunkKind kind) {
    OpenFrame& open = open_frames_[slot(kind)];
    std::vector<Frame> full;
    {
        const std::lock_guard lock(open.mutex);
        for (const auto& [bytes, chunk] : chunks) {
            const bool fits = open.frame.plain.size() + bytes.size() <= frame_limit(kind) &&
                              open.frame.chunks.size() < kMaxChunksPerFrame;
            if (!fits && !open.frame.chunks.empty()) {
                full.push_back(std::move(open.frame));
                open.frame = new_frame(kind);
            }
            base::append(open.frame.plain, bytes);
            open.frame.chunk_bytes.push_back(static_cast<std::uint32_t>(bytes.size()));
            open.frame.chunks.push_back(chunk);
            ++new_chunks_;
            new_bytes_ += bytes.size();
        }
    }
    for (Frame& frame : full) TRY(submit(std::move(frame)));
    return {};
}

/// Frames come and go all the time: their memory is kept, for giving it back and taking it anew
/// costs more than compressing a tenth of it.
Session::Frame Session::new_frame(ChunkKind kind) {
    Frame frame;
    frame.kind = kind;
    if (kind != ChunkKind::Data) return frame;
    free_buffers_.update([&](std::vector<Bytes>& free) {
        if (free.empty()) return;
        frame.plain = std::move(free.back());
        free.pop_back();
    });
    frame.plain.clear();
    frame.plain.reserve(frame_limit(kind));
    return frame;
}

Result<void> Session::submit(Frame frame) {
    return pool_.submit(
        [this, frame = std::move(frame)]() mutable -> Result<void> { return encode_frame(frame); });
}

Result<void> Session::encode_frame(Frame& frame) {
    thread_local Bytes coded;
    const bool data = frame.kind == ChunkKind::Data;
    compress(frame.plain, data ? options_.zstd_level : options_.metadata_zstd_level, coded);
    TRY(packs_.add(frame.plain, coded, frame.kind, frame.chunk_bytes,
                   [&](const PackWriter::Placed& place) { placed(frame, place); }));
    free_buffers_.update([&](std::vector<Bytes>& free) {
        if (free.size() < kMaxFreeBuffers) free.push_back(std::move(frame.plain));
    });
    return {};
}

void Session::placed(const Frame& frame, const PackWriter::Placed& place) {
    tables_.update([&](Tables& tables) {
        if (tables.in_pack.size() <= place.pack) tables.in_pack.resize(place.pack + 1);
        auto& counts = tables.in_pack[place.pack];
        std::uint32_t offset = 0;
        for (std::size_t i = 0; i < frame.chunks.size(); ++i) {
            const ChunkRef& chunk = frame.chunks[i];
            const std::uint32_t bytes = frame.chunk_bytes[i];
            chunk.table->chunks.place(chunk.position) = {
                .pack = place.pack, .frame = place.frame, .offset = offset, .bytes = bytes};
            offset += bytes;
            if (counts.empty() || counts.back().first != chunk.table)
                counts.emplace_back(chunk.table, 0);
            ++counts.back().second;
        }
    });
}

void Session::pack_durable(std::uint32_t position, const WrittenPack& pack) {
    reliance_.trust_own(core_.index().packs().number_of(pack.name));
    tables_.update([&](Tables& tables) {
        if (tables.packs.size() <= position) tables.packs.resize(position + 1);
        tables.packs[position] = std::make_shared<const WrittenPack>(pack);
        for (const auto& [table, chunks] : tables.in_pack[position]) table->durable += chunks;
        tables.in_pack[position].clear();
    });
}

// --- runs

Result<RunRef> Session::add_run(const RowSource& rows) {
    RunBuilder builder([this](ByteView block) { return add_chunk(block, ChunkKind::Metadata); });
    while (std::optional<Row> row = TRY(rows())) TRY(builder.add(std::move(*row)));
    const RunRef run = TRY(builder.finish());
    runs_.update([&](std::vector<RunRef>& runs) { runs.push_back(run); });
    return run;
}

// --- the index

Result<void> Session::write_full_tables() {
    const std::unique_lock lock(index_writing_, std::try_to_lock);
    if (!lock) return {};
    WrittenPacks packs;
    const Table* table = tables_.update([&](Tables& tables) -> const Table* {
        packs = tables.packs;
        bool full = false;
        const Table* ready = nullptr;
        for (const auto& candidate : tables.tables) {
            full = full || candidate->full;
            if (candidate->full && candidate->durable == candidate->chunks.size())
                ready = candidate.get();
        }
        table_full_ = full;
        return ready;
    });
    if (table == nullptr) return {};
    TRY(write_table(*table, packs));
    tables_.update([&](Tables& tables) {
        std::erase_if(tables.tables, [&](const auto& other) { return other.get() == table; });
    });
    return {};
}

Result<void> Session::write_table(const Table& table, const WrittenPacks& packs) {
    const ChunkTable& chunks = table.chunks;
    if (chunks.size() == 0) return {};
    IndexRunBuilder builder(core_.keys(), core_.environment().random, chunks.size());
    // The number of a pack's first frame in the run, for packs of this table.
    std::vector<std::uint32_t> first_frame(packs.size(), ChunkTable::kNowhere);
    std::vector<bool> used(packs.size());
    for (std::uint32_t i = 0; i < chunks.size(); ++i) {
        ASSERT(chunks.place(i).pack < packs.size());
        used[chunks.place(i).pack] = true;
    }
    for (std::size_t i = 0; i < packs.size(); ++i) {
        if (!used[i]) continue;
        PackEntry entry;
        entry.name = packs[i]->name;
        entry.key_epoch = core_.keys().epoch();
        entry.bytes = packs[i]->bytes;
        const std::uint32_t number = builder.add_pack(std::move(entry));
        for (const FramePlace& frame : packs[i]->frames) {
            const std::uint32_t at = builder.add_frame({.pack = number, .place = frame});
            if (frame.ordinal == 0) first_frame[i] = at;
        }
    }
    for (const std::uint32_t position : chunks.sorted()) {
        const ChunkTable::Place& place = chunks.place(position);
        builder.add({.id = chunks.id(position),
                     .frame = first_frame[place.pack] + place.frame,
                     .offset = place.offset,
                     .bytes = place.bytes});
    }
    const Bytes run = builder.finish();
    other_stored_bytes_ += run.size();
    return core_.index().add(builder.name(), run);
}

Result<void> Session::write_tables() {
    WrittenPacks packs;
    std::deque<std::unique_ptr<Table>> left;
    tables_.update([&](Tables& tables) {
        packs = tables.packs;
        left.swap(tables.tables);
    });
    for (const auto& table : left) TRY(write_table(*table, packs));
    return {};
}

/// Merging keeps the index small for everybody; when it fails, it is tried by the next writer.
void Session::merge_index() {
    const auto runs = runs_to_merge(*core_.index().runs());
    if (runs.empty()) return;
    const auto merged =
        merge_runs(core_.index(), core_.keys(), core_.environment().random, runs, {});
    if (!merged) base::log::warning("the index was not merged: {}", merged.error().message);
}

// --- the base point

Result<void> Session::secure_base(const PointId& base) {
    const auto ending = TRY(core_.ending(base), "reading the base point");
    if (!ending || ending->kind != PointRecord::Kind::Commit)
        return fail(ErrorCode::Conflict, "the base point {} does not exist", base.text());
    auto manifest = core_.manifest_of(base, *ending);
    if (!manifest && !manifest.error().is_damage()) return std::unexpected(manifest.error());
    if (!manifest || !TRY(base_is_whole(*manifest)))
        return fail(ErrorCode::Conflict, "the base point {} is no longer whole", base.text());
    runs_.update([&](std::vector<RunRef>& runs) { runs = manifest->runs; });
    return {};
}

Result<bool> Session::base_is_whole(const ManifestRecord& manifest) {
    std::vector<PackNumber> listed;
    for (const std::string& pack : manifest.packs)
        listed.push_back(core_.index().packs().number_of(pack));
    TRY(reliance_.settle(listed));
    const bool told = !listed.empty() || manifest.runs.empty();
    const bool all = told && std::ranges::all_of(listed, [&](PackNumber pack) {
                         return reliance_.trust(pack) == Reliance::Trust::Trusted;
                     });
    if (all) {
        used_packs_.update([&](auto& used) { used.insert(listed.begin(), listed.end()); });
        return true;
    }
    // Collection has moved chunks since: find out where each of them is now.
    bool whole = true;
    const auto check = [&](const ChunkId& id) -> Result<void> {
        if (TRY(secure(id))) return {};
        whole = false;
        return fail(ErrorCode::Conflict, "chunk {} cannot be relied on", id.hex());
    };
    for (const RunRef& run : manifest.runs) {
        auto visited = core_.visit_run(run, check);
        if (!visited && whole && !visited.error().is_damage())
            return std::unexpected(visited.error());
        if (!visited) return false;
    }
    return true;
}

// --- the end

/// The last frame of rows lies behind all frames of data, whichever thread is faster: a small
/// backup always has the same layout.
Result<void> Session::finish_frames() {
    Frame& data = open_frames_[slot(ChunkKind::Data)].frame;
    if (!data.chunks.empty()) TRY(submit(std::move(data)));
    TRY(pool_.finish());
    Frame& rows = open_frames_[slot(ChunkKind::Metadata)].frame;
    if (!rows.chunks.empty()) TRY(encode_frame(rows));
    return packs_.flush();
}

Result<void> Session::check_runs(const PointContent& content) {
    if (content.runs.size() > kMaxRunsPerPoint)
        return fail(ErrorCode::InvalidArgument, "a point of {} runs; {} is the most",
                    content.runs.size(), kMaxRunsPerPoint);
    if (content.summary_json.size() > kMaxSummaryBytes ||
        content.manifest_json.size() > kMaxManifestBytes)
        return fail(ErrorCode::LimitExceeded, "the point's summary or manifest is too large");
    const auto known = runs_.update([](std::vector<RunRef>& runs) { return runs; });
    for (const RunRef& run : content.runs)
        if (std::ranges::find(known, run) == known.end())
            return fail(ErrorCode::InvalidArgument,
                        "a run that is neither of this session nor of its base point");
    return {};
}

Result<PointId> Session::commit(const PointContent& content) {
    ASSERT(!ended_);
    TRY(check_runs(content));
    ended_ = true;
    const bool packs_late = options_.skipped_steps.contains(ProtocolStep::PacksBeforePoint);
    const bool index_late = options_.skipped_steps.contains(ProtocolStep::IndexBeforePoint);
    if (packs_late) packs_.defer_puts();
    TRY(finish_frames());
    // From here on every step makes something durable that the next one needs.
    if (!index_late) TRY(write_tables());
    TRY(publish(content));
    if (packs_late) TRY(packs_.put_deferred());
    if (index_late) TRY(write_tables());
    merge_index();
    return id_;
}

Result<void> Session::close(std::string_view reason) {
    ASSERT(!ended_);
    ended_ = true;
    TRY(finish_frames());
    TRY(write_tables());
    PointRecord record;
    record.kind = PointRecord::Kind::Closed;
    record.created_at = core_.now();
    record.reason = std::string(reason.substr(0, kMaxReasonBytes));
    return create_ending(record);
}

std::vector<std::string> Session::needed_packs() {
    std::vector<std::string> needed;
    const auto used = used_packs_.update([](auto& packs) { return packs; });
    for (const PackNumber pack : used) needed.push_back(core_.index().packs().name_of(pack));
    tables_.update([&](Tables& tables) {
        for (const auto& pack : tables.packs)
            if (pack) needed.push_back(pack->name);
    });
    std::ranges::sort(needed);
    const auto doubles = std::ranges::unique(needed);
    needed.erase(doubles.begin(), doubles.end());
    return needed;
}

Result<crypto::Digest> Session::put_manifest(const PointContent& content, base::Time now) {
    ManifestRecord record;
    record.created_at = now;
    record.manifest_json = content.manifest_json;
    record.runs = content.runs;
    record.packs = needed_packs();
    if (record.packs.size() > kMaxPacksPerRecord) record.packs.clear();
    const std::string name = names::manifest(id_);
    const Bytes sealed = core_.seal(ObjectType::Manifest, name, encode(record));
    TRY(core_.store().put(name, sealed), "storing the manifest");
    other_stored_bytes_ += sealed.size();
    return crypto::sha256(sealed);
}

Result<void> Session::publish(const PointContent& content) {
    PointRecord record;
    record.created_at = core_.now();
    record.manifest_digest = TRY(put_manifest(content, record.created_at));
    record.summary_json = content.summary_json;
    return create_ending(record);
}

Result<void> Session::create_ending(const PointRecord& record) {
    const std::string name = names::point(id_);
    const Bytes sealed = core_.seal(ObjectType::Point, name, encode(record));
    const auto created = core_.store().create(name, sealed);
    other_stored_bytes_ += sealed.size();
    if (created || options_.skipped_steps.contains(ProtocolStep::CreatePointOnce)) return {};
    if (created.error().code != ErrorCode::AlreadyExists)
        return fail(created.error().code, "publishing the point: {}", created.error().message);
    // A lost reply to our own earlier attempt looks the same as somebody else's record.
    const auto there = core_.store().get(name);
    if (there && std::ranges::equal(*there, sealed)) return {};
    return fail(ErrorCode::Conflict,
                "the backup was declared dead by a collection of this vault while it ran; "
                "run it again");
}

WriterStats Session::stats() const {
    WriterStats stats;
    stats.chunks = chunk_count_;
    stats.bytes = byte_count_;
    stats.new_chunks = new_chunks_;
    stats.new_bytes = new_bytes_;
    stats.stored_bytes = packs_.stored_bytes() + other_stored_bytes_;
    stats.packs = packs_.packs();
    return stats;
}

}  // namespace holdfast::repo
