#pragma once

#include <functional>
#include <span>
#include <stop_token>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/worker_pool.h"
#include "repo/ids.h"
#include "repo/index.h"
#include "repo/vault_keys.h"
#include "store/store.h"

namespace holdfast::repo {

/// Reads many chunks in the order in which they are stored: neighbouring frames in one request,
/// each decoded once, on several threads.
class BulkRead {
public:
    BulkRead(store::Store& store, const VaultKeys& keys, Index& index, std::size_t threads,
             std::stop_token stop);

    using Deliver = std::function<Result<void>(std::size_t position, ByteView bytes)>;
    /// Reads one chunk by every means, when its first place fails.
    using ReadOne = std::function<Result<Bytes>(const ChunkId&)>;
    Result<void> run(std::span<const ChunkId> ids, const Deliver& deliver, const ReadOne& read_one);

private:
    struct Wanted {
        Location location;
        std::size_t position = 0;
    };
    /// Wanted chunks of neighbouring frames of one pack.
    using Stretch = std::vector<Wanted>;

    Result<void> run_batch(std::size_t begin, std::size_t end);
    Result<void> read_stretch(const Stretch& stretch);
    Result<void> deliver_frame(std::span<const Wanted> wanted, ByteView plain);
    Result<void> deliver_one(std::size_t position);

    store::Store& store_;
    const VaultKeys& keys_;
    Index& index_;
    std::stop_token stop_;
    std::span<const ChunkId> ids_;
    const Deliver* deliver_ = nullptr;
    const ReadOne* read_one_ = nullptr;
    base::WorkerPool pool_;  // last member: its tasks use the others
};

}  // namespace holdfast::repo
