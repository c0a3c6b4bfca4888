#include "repo/pack_writer.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "base/bytes.h"
#include "base/random.h"
#include "crypto/aead.h"
#include "repo/ids.h"
#include "repo/names.h"
#include "repo/writer.h"

namespace holdfast::repo {
namespace {

/// Room kept behind the frames, so that the footer rarely makes the buffer move.
constexpr std::size_t kFooterRoom = 256u << 10;

/// With the footer behind it, a pack must be an object that the store takes.
constexpr std::size_t kMaxPackBytes =
    store::kMaxObjectBytes - kMaxFooterBytes - kPackTrailerBytes - kFooterRoom;
/// For the number of frames, with which a footer begins.
constexpr std::size_t kMaxFrameCountBytes = 5;

std::unexpected<Error> pipeline_failed() {
    return fail(ErrorCode::Internal, "an earlier pack could not be stored");
}

}  // namespace

PackWriter::PackWriter(store::Store& store, const VaultKeys& keys, base::Random& random,
                       PointId writer, std::size_t pack_bytes, std::size_t max_footer_bytes)
    : store_(store),
      keys_(keys),
      random_(random),
      writer_(std::move(writer)),
      pack_bytes_(bounded_pack_bytes(pack_bytes)),
      max_footer_bytes_(max_footer_bytes) {}

std::size_t PackWriter::bounded_pack_bytes(std::size_t wanted) {
    return std::min(wanted, kMaxPackBytes);
}

Result<void> PackWriter::add(ByteView plain, ByteView coded, ChunkKind kind,
                             std::vector<std::uint32_t> chunk_bytes,
                             const std::function<void(const Placed&)>& placed) {
    FrameInfo frame;
    frame.kind = kind;
    frame.place.sealed_bytes = static_cast<std::uint32_t>(coded.size() + crypto::kTagBytes);
    frame.place.plain_bytes = static_cast<std::uint32_t>(plain.size());
    frame.chunk_bytes = std::move(chunk_bytes);
    const Reserved place = TRY(reserve(std::move(frame)));
    placed({.pack = place.pack->position, .frame = place.frame});
    const auto sealed = seal(place, plain, coded);
    if (!sealed) state_.update([](State& state) { state.failed = true; });
    TRY(release(place.pack));
    return sealed;
}

/// Gives the frame its place. A pack that has no room for it is closed; while all buffers are in
/// use, waits for one.
Result<PackWriter::Reserved> PackWriter::reserve(FrameInfo frame) {
    const std::size_t bytes = frame.place.sealed_bytes;
    const std::size_t told = footer_bytes(frame);
    while (true) {
        std::shared_ptr<OpenPack> full;
        Result<Reserved> reserved = fail(ErrorCode::Internal, "no place was reserved");
        const auto ready = [](const State& state) {
            return state.failed || state.open || state.buffers < kMaxPackBuffers;
        };
        state_.wait_and_update({}, ready, [&](State& state) {
            if (state.failed) {
                reserved = pipeline_failed();
                return;
            }
            if (!state.open) state.open = new_pack(state, bytes);
            OpenPack& pack = *state.open;
            const bool fits = pack.frames.empty() ||
                              (pack.buffer.size() + bytes <= pack.buffer.capacity() - kFooterRoom &&
                               pack.footer_bytes + told <= max_footer_bytes_ &&
                               pack.frames.size() < kMaxFramesPerPack);
            if (!fits) {
                full = std::move(state.open);
                state.open.reset();
                full->closed = true;
                ++full->sealing;  // ours, until release() below
                return;
            }
            const std::size_t offset = pack.buffer.size();
            pack.buffer.resize(offset + bytes);
            pack.footer_bytes += told;
            frame.place.ordinal = static_cast<std::uint32_t>(pack.frames.size());
            frame.place.offset = static_cast<std::uint32_t>(offset);
            pack.frames.push_back(std::move(frame));
            ++pack.sealing;
            reserved = Reserved{.pack = state.open,
                                .frame = pack.frames.back().place.ordinal,
                                .bytes = pack.buffer.data() + offset};
        });
        if (!full) return reserved;
        TRY(release(full));
    }
}

std::shared_ptr<PackWriter::OpenPack> PackWriter::new_pack(State& state, std::size_t first_frame) {
    auto pack = std::make_shared<OpenPack>();
    pack->position = state.begun++;
    pack->footer_bytes = kMaxFrameCountBytes;
    pack->name = names::pack(writer_, random_);
    // The buffer never moves while frames are sealed into it.
    pack->buffer.reserve(std::max(pack_bytes_, kPackHeadBytes + first_frame) + kFooterRoom);
    base::append(pack->buffer, pack_head(keys_));
    ++state.buffers;
    return pack;
}

Result<void> PackWriter::seal(const Reserved& place, ByteView plain, ByteView coded) {
    FrameSealer sealer(keys_, place.pack->name);
    const std::span<std::byte> sealed(place.bytes, coded.size() + crypto::kTagBytes);
    sealer.seal(place.frame, coded, sealed);
    thread_local Bytes decoded;
    const auto opened = sealer.open(place.frame, sealed, plain.size(), decoded);
    const bool equal =
        opened && (plain.empty() || std::memcmp(decoded.data(), plain.data(), plain.size()) == 0);
    if (!equal)
        return fail(ErrorCode::Internal,
                    "a frame did not decode to what was encoded: this machine computes wrongly");
    return {};
}

/// One user of the pack less; the last one of a closed pack puts it into the store.
Result<void> PackWriter::release(const std::shared_ptr<OpenPack>& pack) {
    enum class Next { Nothing, Upload, Drop };
    const Next next = state_.update([&](State& state) {
        if (--pack->sealing > 0 || !pack->closed) return Next::Nothing;
        return state.failed ? Next::Drop : Next::Upload;
    });
    if (next == Next::Nothing) return {};
    auto stored = next == Next::Upload ? upload(*pack) : Result<void>(pipeline_failed());
    state_.update([&](State& state) {
        --state.buffers;
        if (!stored) state.failed = true;
    });
    return stored;
}

Result<void> PackWriter::upload(OpenPack& pack) {
    base::append(pack.buffer, seal_footer(keys_, pack.name, pack.frames));
    if (defer_)
        deferred_.emplace_back(pack.name, pack.buffer);
    else
        TRY(store_.put(pack.name, pack.buffer), "storing {}", pack.name);
    stored_bytes_ += pack.buffer.size();
    ++packs_;
    WrittenPack written{.name = pack.name, .bytes = pack.buffer.size(), .frames = {}};
    written.frames.reserve(pack.frames.size());
    for (const FrameInfo& frame : pack.frames) written.frames.push_back(frame.place);
    if (on_durable) on_durable(pack.position, written);
    return {};
}

Result<void> PackWriter::flush() {
    const auto last = state_.update([](State& state) {
        auto open = std::move(state.open);
        state.open.reset();
        if (open) {
            open->closed = true;
            ++open->sealing;
        }
        return open;
    });
    if (last) TRY(release(last));
    if (state_.update([](State& state) { return state.failed; })) return pipeline_failed();
    return {};
}

Result<void> PackWriter::put_deferred() {
    for (const auto& [name, bytes] : deferred_) TRY(store_.put(name, bytes));
    deferred_.clear();
    return {};
}

}  // namespace holdfast::repo
