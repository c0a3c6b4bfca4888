#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/mac.h"
#include "repo/run.h"

namespace holdfast::repo {

/// No record names more packs than this.
inline constexpr std::size_t kMaxPacksPerRecord = 1u << 20;
/// No session makes more writer records than this.
inline constexpr std::uint64_t kMaxRecordsPerSession = 1u << 20;
inline constexpr std::size_t kMaxReasonBytes = 4096;
/// Bounds of the plain bytes of each record.
inline constexpr std::size_t kMaxPointRecordBytes = 128u << 10;
inline constexpr std::size_t kMaxSmallRecordBytes = 16u << 10;
inline constexpr std::size_t kMaxPackListBytes = 128u << 20;
inline constexpr std::size_t kMaxManifestRecordBytes = 208u << 20;

/// What lies at points/<id>: how the session of that name ended.
struct PointRecord {
    enum class Kind : std::uint8_t {
        Commit = 1,   ///< the point exists
        Aborted = 2,  ///< a collector declared the session dead
        Closed = 3,   ///< a session of a collector ended; there is no point
    };
    Kind kind = Kind::Commit;
    base::Time created_at;
    crypto::Digest manifest_digest{};  ///< SHA-256 of the manifest object as stored; of a Commit
    std::string summary_json;
    std::string reason;  ///< of an Aborted or Closed
};

/// What lies at manifests/<id>.
struct ManifestRecord {
    base::Time created_at;
    std::string manifest_json;
    std::vector<RunRef> runs;
    /// Packs that together hold every chunk of the point when it was committed. A hint for the next
    /// writer, not a truth: collection may have moved chunks since. Empty when there would be more
    /// than kMaxPacksPerRecord.
    std::vector<std::string> packs;
};

/// What lies at tombstones/<id>.
struct TombstoneRecord {
    base::Time created_at;
    std::string reason;
};

/// What lies at writers/<id>.<n> and condemned/<id>.
struct PackListRecord {
    base::Time created_at;
    std::vector<std::string> packs;
};

/// One record, or as many as it takes: none may name more than `most` packs.
std::vector<PackListRecord> pack_lists(base::Time created_at, const std::vector<std::string>& packs,
                                       std::size_t most = kMaxPacksPerRecord);

Bytes encode(const PointRecord& record);
Bytes encode(const ManifestRecord& record);
Bytes encode(const TombstoneRecord& record);
Bytes encode(const PackListRecord& record);

/// Corrupted for bytes that no encode() gives.
Result<PointRecord> parse_point_record(ByteView bytes);
Result<ManifestRecord> parse_manifest_record(ByteView bytes);
Result<TombstoneRecord> parse_tombstone_record(ByteView bytes);
Result<PackListRecord> parse_pack_list_record(ByteView bytes);

}  // namespace holdfast::repo
