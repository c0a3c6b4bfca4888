#include "repo/chunk_reader.h"

#include <string>

#include "base/bytes.h"
#include "base/log.h"
#include "repo/bulk_read.h"
#include "repo/coverage.h"
#include "repo/ids.h"
#include "repo/pack.h"
#include "repo/pack_scan.h"
#include "repo/vault_keys.h"
#include "store/store.h"

namespace holdfast::repo {

ChunkReader::ChunkReader(store::Store& store, const VaultKeys& keys, Index& index,
                         const Environment& environment)
    : store_(store),
      keys_(keys),
      index_(index),
      threads_(environment.threads),
      frames_(environment.memory.frame_cache_bytes) {}

Result<Bytes> ChunkReader::read(const ChunkId& id) {
    const auto known = TRY(index_.find(id));
    auto bytes = read_anywhere(id, known);
    if (bytes) return bytes;
    if (!bytes.error().is_damage()) return bytes;
    // Collection may have moved the chunk since the index was read.
    auto located = locate(id);
    if (!located) return known.empty() ? std::unexpected(located.error()) : std::move(bytes);
    return read_anywhere(id, *located);
}

Result<Bytes> ChunkReader::read_anywhere(const ChunkId& id,
                                         const std::vector<Location>& locations) {
    Result<Bytes> last = fail(ErrorCode::NotFound, "chunk {} is not in the vault", id.hex());
    for (const Location& location : locations) {
        last = read_at(id, location);
        if (last) return last;
        if (!last.error().is_damage()) return last;
    }
    return last;
}

Result<Bytes> ChunkReader::read_at(const ChunkId& id, const Location& location) {
    const auto plain = TRY(frame(location));
    if (location.offset > plain->size() || location.bytes > plain->size() - location.offset)
        return fail(ErrorCode::Corrupted, "chunk {} does not lie in its frame", id.hex());
    const ByteView bytes = ByteView(*plain).subspan(location.offset, location.bytes);
    if (keys_.chunk_id(bytes) != id)
        return fail(ErrorCode::Corrupted, "{} holds other bytes for chunk {}",
                    index_.packs().name_of(location.pack), id.hex());
    return base::to_bytes(bytes);
}

Result<std::shared_ptr<const Bytes>> ChunkReader::frame(const Location& location) {
    const FrameKey key{.pack = location.pack, .ordinal = location.frame.ordinal};
    if (auto kept = frames_.find(key)) return kept;
    const std::string pack = index_.packs().name_of(location.pack);
    const Bytes sealed = TRY(store_.get(pack, {location.frame.offset, location.frame.sealed_bytes}),
                             "reading {}", pack);
    Bytes plain;
    TRY(FrameSealer(keys_, pack)
            .open(location.frame.ordinal, sealed, location.frame.plain_bytes, plain),
        "reading {}", pack);
    auto shared = std::make_shared<const Bytes>(std::move(plain));
    frames_.insert(key, shared, shared->size());
    return shared;
}

Result<std::vector<Location>> ChunkReader::locate(const ChunkId& id) {
    TRY(index_.refresh());
    auto locations = TRY(find_known(id));
    if (locations.empty())
        return fail(ErrorCode::NotFound, "chunk {} is not in the vault", id.hex());
    return locations;
}

Result<std::vector<Location>> ChunkReader::find_known(const ChunkId& id) {
    auto locations = TRY(index_.find(id));
    if (!index_.has_damage()) return locations;
    const auto scanned = TRY(fallback());
    if (const auto it = scanned->find(id); it != scanned->end()) locations.push_back(it->second);
    return locations;
}

Result<std::shared_ptr<const ChunkReader::FallbackIndex>> ChunkReader::fallback() {
    const std::lock_guard lock(fallback_mutex_);
    if (fallback_) return fallback_;
    base::log::warning("index runs are damaged: reading packs to find their chunks");
    auto found = std::make_shared<FallbackIndex>();
    for (const auto& pack : TRY(packs_without_index(store_, keys_, index_)))
        TRY(scan_into(*found, pack.name, pack.size_bytes));
    fallback_ = std::move(found);
    return fallback_;
}

Result<void> ChunkReader::scan_into(FallbackIndex& found, const std::string& pack,
                                    std::uint64_t bytes) {
    auto frames = read_footer(store_, keys_, pack, bytes);
    if (!frames) {
        base::log::warning("{} cannot be read: {}", pack, frames.error().message);
        return {};
    }
    const PackNumber number = index_.packs().number_of(pack);
    const auto visit = [&](const ScannedFrame& frame) -> Result<void> {
        std::uint32_t offset = 0;
        for (std::size_t i = 0; i < frame.ids.size(); ++i) {
            const std::uint32_t length = frame.info.chunk_bytes[i];
            found.try_emplace(
                frame.ids[i],
                Location{
                    .pack = number, .frame = frame.info.place, .offset = offset, .bytes = length});
            offset += length;
        }
        if (found.size() > kMaxFallbackChunks)
            return fail(ErrorCode::LimitExceeded,
                        "too much of the index is damaged: run holdfast vault repair first");
        return {};
    };
    return scan_frames(store_, keys_, pack, *frames, visit, [](const FrameInfo&, const Error&) {});
}

Result<void> ChunkReader::read_many(std::span<const ChunkId> ids, const Deliver& deliver,
                                    std::stop_token stop) {
    BulkRead bulk(store_, keys_, index_, threads_, std::move(stop));
    return bulk.run(ids, deliver, [this](const ChunkId& id) { return read(id); });
}

}  // namespace holdfast::repo
