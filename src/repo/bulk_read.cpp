#include "repo/bulk_read.h"

#include <algorithm>
#include <string>
#include <tuple>

#include "base/bytes.h"
#include "repo/ids.h"
#include "repo/pack.h"
#include "store/store.h"

namespace holdfast::repo {
namespace {

/// How many chunks are looked up before reading starts, and how much one request reads.
constexpr std::size_t kBatch = 1u << 16;
constexpr std::uint64_t kMaxStretchBytes = 2u << 20;
constexpr std::uint64_t kMaxPlainOfStretch = 8u << 20;
constexpr std::uint64_t kMaxGapBytes = 64u << 10;

std::uint64_t end_of(const FramePlace& frame) {
    return std::uint64_t{frame.offset} + frame.sealed_bytes;
}

}  // namespace

BulkRead::BulkRead(store::Store& store, const VaultKeys& keys, Index& index, std::size_t threads,
                   std::stop_token stop)
    : store_(store),
      keys_(keys),
      index_(index),
      stop_(std::move(stop)),
      pool_(threads, threads + 1) {}

Result<void> BulkRead::run(std::span<const ChunkId> ids, const Deliver& deliver,
                           const ReadOne& read_one) {
    ids_ = ids;
    deliver_ = &deliver;
    read_one_ = &read_one;
    for (std::size_t begin = 0; begin < ids.size(); begin += kBatch) {
        auto done = run_batch(begin, std::min(ids.size(), begin + kBatch));
        if (done) continue;
        (void)pool_.finish();
        return done;
    }
    return pool_.finish();
}

Result<void> BulkRead::run_batch(std::size_t begin, std::size_t end) {
    std::vector<Wanted> wanted;
    for (std::size_t position = begin; position < end; ++position) {
        const auto locations = TRY(index_.find(ids_[position]));
        if (locations.empty())
            TRY(deliver_one(position));
        else
            wanted.push_back({locations.front(), position});
    }
    std::ranges::sort(wanted, {}, [](const Wanted& w) {
        return std::tuple(w.location.pack, w.location.frame.offset, w.location.offset);
    });
    auto at = wanted.begin();
    while (at != wanted.end()) {
        const auto first = at;
        std::uint64_t last_end = end_of(at->location.frame);
        std::uint64_t plain = 0;
        FramePlace before;
        for (; at != wanted.end() && at->location.pack == first->location.pack; ++at) {
            const FramePlace& frame = at->location.frame;
            if (at != first && frame == before) continue;
            const std::uint64_t frame_end = end_of(frame);
            const bool near = frame.offset <= last_end + kMaxGapBytes &&
                              frame_end - first->location.frame.offset <= kMaxStretchBytes &&
                              plain + frame.plain_bytes <= kMaxPlainOfStretch;
            if (at != first && !near) break;
            last_end = std::max(last_end, frame_end);
            plain += frame.plain_bytes;
            before = frame;
        }
        TRY(pool_.submit([this, stretch = Stretch(first, at)] { return read_stretch(stretch); }));
    }
    return {};
}

Result<void> BulkRead::read_stretch(const Stretch& stretch) {
    if (stop_.stop_requested()) return fail(ErrorCode::Cancelled, "reading was stopped");
    const std::string pack = index_.packs().name_of(stretch.front().location.pack);
    const std::uint64_t begin = stretch.front().location.frame.offset;
    // An index that lies may let frames overlap, so that the last one does not end last.
    std::uint64_t end = begin;
    for (const Wanted& chunk : stretch) end = std::max(end, end_of(chunk.location.frame));
    const auto sealed = store_.get(pack, {.offset = begin, .length = end - begin});
    FrameSealer sealer(keys_, pack);
    thread_local Bytes plain;
    std::size_t at = 0;
    while (at < stretch.size()) {
        const FramePlace& frame = stretch[at].location.frame;
        std::size_t next = at;
        while (next < stretch.size() && stretch[next].location.frame == frame) ++next;
        const auto wanted = std::span(stretch).subspan(at, next - at);
        const bool opened = sealed && sealer.open(frame.ordinal,
                                                  ByteView(*sealed).subspan(frame.offset - begin,
                                                                            frame.sealed_bytes),
                                                  frame.plain_bytes, plain);
        if (opened)
            TRY(deliver_frame(wanted, plain));
        else
            for (const Wanted& chunk : wanted) TRY(deliver_one(chunk.position));
        at = next;
    }
    return {};
}

Result<void> BulkRead::deliver_frame(std::span<const Wanted> wanted, ByteView plain) {
    for (const Wanted& chunk : wanted) {
        const Location& place = chunk.location;
        const bool inside =
            place.offset <= plain.size() && place.bytes <= plain.size() - place.offset;
        const ByteView bytes = inside ? plain.subspan(place.offset, place.bytes) : ByteView();
        if (inside && keys_.chunk_id(bytes) == ids_[chunk.position])
            TRY((*deliver_)(chunk.position, bytes));
        else
            TRY(deliver_one(chunk.position));
    }
    return {};
}

Result<void> BulkRead::deliver_one(std::size_t position) {
    const Bytes bytes = TRY((*read_one_)(ids_[position]));
    return (*deliver_)(position, bytes);
}

}  // namespace holdfast::repo
