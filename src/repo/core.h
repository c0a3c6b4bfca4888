#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "repo/chunk_reader.h"
#include "repo/environment.h"
#include "repo/header.h"
#include "repo/ids.h"
#include "repo/index.h"
#include "repo/names.h"
#include "repo/records.h"
#include "repo/repository.h"
#include "repo/run.h"
#include "repo/vault_keys.h"
#include "store/store.h"

namespace holdfast::repo {

/// What the parts of this layer share: an opened vault. Any method from any thread.
class Repository::Core {
public:
    Core(store::Store& store, VaultHeader header, const crypto::Key& root,
         const Environment& environment);

    store::Store& store() { return store_; }
    const VaultKeys& keys() const { return keys_; }
    const VaultHeader& header() const { return header_; }
    const Environment& environment() const { return environment_; }
    base::Time now() const { return environment_.clock.now(); }
    Index& index() { return index_; }
    ChunkReader& reader() { return reader_; }

    /// Unsupported when the vault has features that forbid us to write.
    Result<void> check_writable() const;

    // --- sealed records: the type, the name and the bound of the plain bytes belong together
    Result<PointRecord> point_record(const PointId& id);
    Result<ManifestRecord> manifest(const PointId& id);
    /// The manifest that the point's record names; Corrupted when another lies there.
    Result<ManifestRecord> manifest_of(const PointId& id, const PointRecord& record);
    Result<TombstoneRecord> tombstone(const PointId& id);
    Result<PackListRecord> pack_list(ObjectType type, const std::string& name);
    /// The sealed bytes, to be stored under that name.
    Bytes seal(ObjectType type, std::string_view name, ByteView plain);

    /// How the session ended; nothing while it has not.
    Result<std::optional<PointRecord>> ending(const PointId& id);

    /// Calls `visit` with every chunk of a run: its blocks, and those that its rows name.
    Result<void> visit_run(const RunRef& run,
                           const std::function<Result<void>(const ChunkId&)>& visit);

private:
    Result<Bytes> open(ObjectType type, const std::string& name, std::size_t max_plain);

    store::Store& store_;
    VaultHeader header_;
    VaultKeys keys_;
    Environment environment_;
    Index index_;
    ChunkReader reader_;
};

}  // namespace holdfast::repo
