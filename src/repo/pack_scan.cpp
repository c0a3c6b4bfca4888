#include "repo/pack_scan.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "repo/ids.h"
#include "repo/vault_keys.h"
#include "store/store.h"

namespace holdfast::repo {
namespace {

Result<void> scan_frame(store::Store& store, const VaultKeys& keys, const std::string& pack,
                        FrameSealer& sealer, const FrameInfo& frame, Bytes& plain,
                        std::vector<ChunkId>& ids) {
    const Bytes sealed = TRY(store.get(pack, {frame.place.offset, frame.place.sealed_bytes}));
    TRY(sealer.open(frame.place.ordinal, sealed, frame.place.plain_bytes, plain));
    ids.clear();
    std::size_t offset = 0;
    for (const std::uint32_t bytes : frame.chunk_bytes) {
        ids.push_back(keys.chunk_id(ByteView(plain).subspan(offset, bytes)));
        offset += bytes;
    }
    return {};
}

}  // namespace

Result<void> scan_frames(store::Store& store, const VaultKeys& keys, const std::string& pack,
                         const std::vector<FrameInfo>& frames, const VisitFrame& visit,
                         const DamagedFrame& damaged) {
    FrameSealer sealer(keys, pack);
    Bytes plain;
    for (const FrameInfo& frame : frames) {
        std::vector<ChunkId> ids;
        auto scanned = scan_frame(store, keys, pack, sealer, frame, plain, ids);
        if (!scanned && scanned.error().code == ErrorCode::Corrupted) {
            damaged(frame, scanned.error());
            continue;
        }
        TRY(std::move(scanned), "reading {}", pack);
        TRY(visit({frame, plain, std::move(ids)}));
    }
    return {};
}

}  // namespace holdfast::repo
