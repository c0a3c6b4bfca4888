#include "repo/records.h"

#include <algorithm>
#include <string_view>

#include "base/codec.h"
#include "repo/names.h"
#include "repo/point.h"
#include "repo/run.h"

namespace holdfast::repo {
namespace {

constexpr std::size_t kMaxPackNameBytes = 200;
constexpr std::size_t kUsualReserve = 4096;

void put_time(base::ByteWriter& writer, base::Time time) {
    writer.u64(static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

Result<base::Time> take_time(base::ByteReader& reader) {
    return base::Time(base::Millis(static_cast<std::int64_t>(TRY(reader.u64()))));
}

/// The folder is the same in every name and left out.
void put_packs(base::ByteWriter& writer, const std::vector<std::string>& packs) {
    writer.varint(packs.size());
    for (const std::string& pack : packs)
        writer.sized(std::string_view(pack).substr(names::kPacks.size()));
}

Result<std::vector<std::string>> take_packs(base::ByteReader& reader) {
    const auto count = TRY(reader.varint_up_to(kMaxPacksPerRecord));
    std::vector<std::string> packs;
    packs.reserve(std::min<std::size_t>(count, kUsualReserve));
    for (std::uint64_t i = 0; i < count; ++i) {
        std::string name{names::kPacks};
        name += TRY(reader.text(kMaxPackNameBytes));
        TRY(names::writer_of_pack(name));
        packs.push_back(std::move(name));
    }
    return packs;
}

Result<std::vector<RunRef>> take_runs(base::ByteReader& reader) {
    const auto count = TRY(reader.varint_up_to(kMaxRunsPerPoint));
    std::vector<RunRef> runs;
    for (std::uint64_t i = 0; i < count; ++i) {
        RunRef run;
        const ByteView root = TRY(reader.sized(ChunkId::kMaxBytes));
        if (root.size() < ChunkId::kMinBytes)
            return fail(ErrorCode::Corrupted, "a run whose id has {} bytes", root.size());
        run.root = TRY(ChunkId::from_bytes(root));
        run.rows = TRY(reader.varint());
        runs.push_back(run);
    }
    return runs;
}

}  // namespace

std::vector<PackListRecord> pack_lists(base::Time created_at, const std::vector<std::string>& packs,
                                       std::size_t most) {
    std::vector<PackListRecord> records;
    for (std::size_t from = 0; from < packs.size(); from += most) {
        const auto first = packs.begin() + static_cast<std::ptrdiff_t>(from);
        const auto count = static_cast<std::ptrdiff_t>(std::min(most, packs.size() - from));
        records.push_back({created_at, {first, first + count}});
    }
    return records;
}

Bytes encode(const PointRecord& record) {
    base::ByteWriter writer;
    writer.u8(static_cast<std::uint8_t>(record.kind));
    put_time(writer, record.created_at);
    writer.raw(record.manifest_digest);
    writer.sized(record.summary_json);
    writer.sized(record.reason);
    return writer.take();
}

Result<PointRecord> parse_point_record(ByteView bytes) {
    base::ByteReader reader(bytes);
    PointRecord record;
    const std::uint8_t kind = TRY(reader.u8());
    if (kind < 1 || kind > 3) return fail(ErrorCode::Corrupted, "a point record of kind {}", kind);
    record.kind = static_cast<PointRecord::Kind>(kind);
    record.created_at = TRY(take_time(reader));
    std::ranges::copy(TRY(reader.raw(record.manifest_digest.size())),
                      record.manifest_digest.begin());
    record.summary_json = TRY(reader.text(kMaxSummaryBytes));
    record.reason = TRY(reader.text(kMaxReasonBytes));
    TRY(reader.expect_end());
    return record;
}

Bytes encode(const ManifestRecord& record) {
    base::ByteWriter writer;
    put_time(writer, record.created_at);
    writer.sized(record.manifest_json);
    writer.varint(record.runs.size());
    for (const RunRef& run : record.runs) {
        writer.sized(run.root.view());
        writer.varint(run.rows);
    }
    put_packs(writer, record.packs);
    return writer.take();
}

Result<ManifestRecord> parse_manifest_record(ByteView bytes) {
    base::ByteReader reader(bytes);
    ManifestRecord record;
    record.created_at = TRY(take_time(reader));
    record.manifest_json = TRY(reader.text(kMaxManifestBytes));
    record.runs = TRY(take_runs(reader));
    record.packs = TRY(take_packs(reader));
    TRY(reader.expect_end());
    return record;
}

Bytes encode(const TombstoneRecord& record) {
    base::ByteWriter writer;
    put_time(writer, record.created_at);
    writer.sized(record.reason);
    return writer.take();
}

Result<TombstoneRecord> parse_tombstone_record(ByteView bytes) {
    base::ByteReader reader(bytes);
    TombstoneRecord record;
    record.created_at = TRY(take_time(reader));
    record.reason = TRY(reader.text(kMaxReasonBytes));
    TRY(reader.expect_end());
    return record;
}

Bytes encode(const PackListRecord& record) {
    base::ByteWriter writer;
    put_time(writer, record.created_at);
    put_packs(writer, record.packs);
    return writer.take();
}

Result<PackListRecord> parse_pack_list_record(ByteView bytes) {
    base::ByteReader reader(bytes);
    PackListRecord record;
    record.created_at = TRY(take_time(reader));
    record.packs = TRY(take_packs(reader));
    TRY(reader.expect_end());
    return record;
}

}  // namespace holdfast::repo
