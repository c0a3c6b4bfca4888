#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/key_protector.h"
#include "repo/environment.h"
#include "repo/ids.h"
#include "repo/point.h"
#include "repo/report.h"
#include "repo/run.h"
#include "repo/writer.h"
#include "store/store.h"

namespace holdfast::repo {

/// How long the ids of chunks are in new vaults; docs/adr/0001-chunk-id-length.md says why.
inline constexpr std::size_t kDefaultChunkIdBytes = 16;

struct CreateOptions {
    std::string vault_id;  ///< of new_vault_id(): the last part of the store's location
    std::size_t chunk_id_bytes = kDefaultChunkIdBytes;
};

/// A name for a new vault's folder: 32 lower-case hexadecimal digits.
std::string new_vault_id(base::Random& random);

/// The ids of the vaults below a location; `location` is a store rooted there, not in a vault.
/// LimitExceeded beyond 10,000.
Result<std::vector<std::string>> find_vaults(store::Store& location);

/// One way of opening a vault.
struct KeyWrap {
    std::string id;
    std::string kind;   ///< of the protector: "key-file", "passphrase"
    std::string label;  ///< a person's word for it
    base::Time created_at;
};

/// An opened vault: reads, and starts writing sessions. Any method from any thread; store, clock
/// and random outlive it, and it outlives its writers, readers and cursors.
class Repository {
public:
    /// Makes a vault in an empty store. AlreadyExists when there is a header already.
    static Result<std::unique_ptr<Repository>> create(store::Store& store,
                                                      const crypto::KeyProtector& protector,
                                                      const CreateOptions& options,
                                                      const Environment& environment);

    /// NotFound when there is no vault, PermissionDenied when the protector opens none of its
    /// wraps, Unsupported when a newer Holdfast wrote it in a way that this one cannot read.
    static Result<std::unique_ptr<Repository>> open(store::Store& store,
                                                    const crypto::KeyProtector& protector,
                                                    const Environment& environment);
    ~Repository();

    const std::string& vault_id() const;
    /// Whether this Holdfast may only read the vault (it has features that are unknown here).
    bool read_only() const;

    // --- writing
    /// LimitExceeded when the index has so many runs, superseded ones included, that readers might
    /// soon refuse it: collect() removes them.
    Result<std::unique_ptr<Writer>> begin(const WriterOptions& options = {});
    /// Records the deletion; collect() frees the space later. NotFound for an unknown point.
    Result<void> delete_point(const PointId& id, std::string_view reason);

    // --- reading
    /// Every live point, oldest first by the store's time.
    Result<std::vector<PointSummary>> points();
    /// NotFound when it does not exist or was deleted.
    Result<Point> point(const PointId& id);
    /// The chunk's bytes, checked against its id. NotFound, or Corrupted when its pack is harmed.
    Result<Bytes> read_chunk(const ChunkId& id);
    /// Many chunks, each frame read and decoded once, on Environment::threads threads: `deliver`
    /// runs on several of them at once, in any order, with the position in `ids`. The first error,
    /// also of `deliver`, ends it.
    using Deliver = std::function<Result<void>(std::size_t position, ByteView bytes)>;
    Result<void> read_chunks(std::span<const ChunkId> ids, const Deliver& deliver,
                             std::stop_token stop = {});
    /// Whether the index knows the chunk.
    Result<bool> has_chunk(const ChunkId& id);
    /// Calls `visit` with every chunk that a point needs, some more than once: its runs' blocks
    /// and the chunks that their rows name. Bounded memory.
    Result<void> visit_chunks(const PointId& id,
                              const std::function<Result<void>(const ChunkId&)>& visit);

    // --- keys
    Result<std::vector<KeyWrap>> keys();
    /// LimitExceeded when there are too many keys, or objects among them.
    Result<KeyWrap> add_key(const crypto::KeyProtector& protector, std::string_view label);
    /// Also what lies damaged or forged among the keys. Conflict for the last key.
    Result<void> remove_key(std::string_view wrap_id);
    /// The root key as the text of a key file (crypto::KeyFileProtector::from_text gives the bytes
    /// back): for a safe place outside. Opens the vault through RootKeyProtector.
    std::string export_key() const;

    // --- care
    Result<VerifyReport> verify(const VerifyOptions& options, const ProgressCallback& progress = {},
                                std::stop_token stop = {});
    /// Verifies all data; mends what has a twin or can be rebuilt, and keeps writers from relying
    /// on damaged packs. It is best when no backup runs meanwhile: one that relied on such a pack
    /// already commits a point that is as harmed as older ones are.
    Result<RepairReport> repair(const ProgressCallback& progress = {}, std::stop_token stop = {});

    /// For this layer's own parts: collect, verify, the writer.
    class Core;
    Core& core() { return *core_; }
    /// create() and open() are the ways to get one.
    explicit Repository(std::unique_ptr<Core> core);

private:
    std::unique_ptr<Core> core_;
};

}  // namespace holdfast::repo
