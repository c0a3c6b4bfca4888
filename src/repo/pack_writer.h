#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/guarded.h"
#include "base/random.h"
#include "base/result.h"
#include "repo/ids.h"
#include "repo/pack.h"
#include "repo/vault_keys.h"
#include "repo/writer.h"
#include "store/store.h"

namespace holdfast::repo {

/// A pack that this session wrote.
struct WrittenPack {
    std::string name;
    std::uint64_t bytes = 0;
    std::vector<FramePlace> frames;
};

/// Puts compressed frames into packs and packs into the store. Frames of several threads are sealed
/// side by side into one pack; at most kMaxPackBuffers packs are in memory. Any method from any
/// thread, except flush().
class PackWriter {
public:
    static constexpr std::size_t kMaxPackBuffers = 2;
    /// The most that the plain footer may have: sealing adds a little to it.
    static constexpr std::size_t kMaxPlainFooterBytes = kMaxFooterBytes - 64;

    /// A pack has about `pack_bytes` bytes, but never so many, or so large a footer, that no reader
    /// would take it.
    PackWriter(store::Store& store, const VaultKeys& keys, base::Random& random, PointId writer,
               std::size_t pack_bytes, std::size_t max_footer_bytes = kMaxPlainFooterBytes);

    /// The size of packs when `wanted` is asked for.
    static std::size_t bounded_pack_bytes(std::size_t wanted);

    struct Placed {
        std::uint32_t pack = 0;  ///< in the order in which the session began them
        std::uint32_t frame = 0;
    };
    /// Seals a frame into a pack and proves that it decodes to `plain` again. May put a full pack
    /// into the store. `placed` runs before that, once the place is known.
    Result<void> add(ByteView plain, ByteView coded, ChunkKind kind,
                     std::vector<std::uint32_t> chunk_bytes,
                     const std::function<void(const Placed&)>& placed);

    /// Puts the last, unfilled pack into the store. When no other call is running.
    Result<void> flush();

    /// Keeps packs in memory instead of storing them, until put_deferred(). Tests only: shows why
    /// packs must be durable before their point is.
    void defer_puts() { defer_ = true; }
    Result<void> put_deferred();

    /// Called after a pack became durable, with its position and description.
    std::function<void(std::uint32_t, const WrittenPack&)> on_durable;

    std::uint64_t stored_bytes() const { return stored_bytes_; }
    std::uint64_t packs() const { return packs_; }

private:
    struct OpenPack {
        std::uint32_t position = 0;
        std::string name;
        Bytes buffer;
        std::vector<FrameInfo> frames;
        std::size_t footer_bytes = 0;  ///< that the plain footer will have at most
        std::size_t sealing = 0;       ///< frames that have their place but not yet their bytes
        bool closed = false;
    };
    struct State {
        std::shared_ptr<OpenPack> open;
        std::size_t buffers = 0;
        std::uint32_t begun = 0;
        bool failed = false;
    };
    struct Reserved {
        std::shared_ptr<OpenPack> pack;
        std::uint32_t frame = 0;
        std::byte* bytes = nullptr;  ///< in the pack's buffer, which does not move
    };

    Result<Reserved> reserve(FrameInfo frame);
    std::shared_ptr<OpenPack> new_pack(State& state, std::size_t first_frame);
    Result<void> seal(const Reserved& place, ByteView plain, ByteView coded);
    Result<void> release(const std::shared_ptr<OpenPack>& pack);
    Result<void> upload(OpenPack& pack);

    store::Store& store_;
    const VaultKeys& keys_;
    base::Random& random_;
    PointId writer_;
    std::size_t pack_bytes_;
    std::size_t max_footer_bytes_;
    bool defer_ = false;
    std::vector<std::pair<std::string, Bytes>> deferred_;  // only with defer_, on one thread
    std::atomic<std::uint64_t> stored_bytes_{0};
    std::atomic<std::uint64_t> packs_{0};
    base::Guarded<State> state_;
};

}  // namespace holdfast::repo
