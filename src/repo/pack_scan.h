#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "repo/ids.h"
#include "repo/pack.h"
#include "repo/vault_keys.h"
#include "store/store.h"

namespace holdfast::repo {

/// One decoded frame of a pack with the ids of its chunks, computed anew.
struct ScannedFrame {
    const FrameInfo& info;
    ByteView plain;
    std::vector<ChunkId> ids;
};
using VisitFrame = std::function<Result<void>(const ScannedFrame&)>;
/// A frame that cannot be decoded, and why.
using DamagedFrame = std::function<void(const FrameInfo&, const Error&)>;

/// Reads the given frames of a pack and recomputes the ids of their chunks. A frame that is
/// Corrupted goes to `damaged`; any other error ends the scan.
Result<void> scan_frames(store::Store& store, const VaultKeys& keys, const std::string& pack,
                         const std::vector<FrameInfo>& frames, const VisitFrame& visit,
                         const DamagedFrame& damaged);

}  // namespace holdfast::repo
