#include "engine/point_source.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/json.h"
#include "engine/progress_meter.h"
#include "repo/ids.h"
#include "repo/point.h"
#include "repo/run.h"

namespace holdfast::engine {

namespace {

constexpr std::size_t kBatchObjects = 2000;
constexpr std::uint64_t kBatchBytes = 8u << 20;

Result<PointObject> decode_row(const repo::Row& row) {
    if (!row.chunk) return fail(ErrorCode::Corrupted, "a row without an object");
    return PointObject{.key = TRY(decode_key(row.key)),
                       .facts = TRY(decode_facts(row.attributes)),
                       .chunk = *row.chunk};
}

/// What is left of an object when only its row can be read; empty when that is of no use.
std::string remains(const ObjectKey& key) {
    if (key.kind != "Namespace" || !key.group.empty()) return "";
    return base::dump_json(
        {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", key.name}}}});
}

}  // namespace

/// Rows whose bodies are read together.
struct PointSource::Batch {
    std::vector<std::string> keys;
    std::vector<repo::ChunkId> chunks;
    std::vector<bool> deleting;
    std::vector<std::optional<Bytes>> bodies;
    std::uint64_t bytes = 0;

    Result<void> add(const repo::Row& row) {
        PointObject object = TRY(decode_row(row));
        keys.push_back(row.key);
        chunks.push_back(object.chunk);
        deleting.push_back(object.facts.deleting);
        bytes += object.facts.size_bytes;
        return {};
    }
    bool full() const { return keys.size() >= kBatchObjects || bytes >= kBatchBytes; }
};

PointSource::PointSource(Passkey, repo::Repository& repository, repo::Point point,
                         ClusterManifest manifest)
    : repository_(repository),
      point_(std::move(point)),
      manifest_(std::move(manifest)),
      rows_(repository, point_.content.runs) {}

Result<std::unique_ptr<PointSource>> PointSource::open(repo::Repository& repository,
                                                       const repo::PointId& id) {
    repo::Point point = TRY(repository.point(id), "reading point {}", id.text());
    ClusterManifest manifest = TRY(decode_manifest(point.content.manifest_json),
                                   "reading the manifest of point {}", id.text());
    return std::make_unique<PointSource>(Passkey{}, repository, std::move(point),
                                         std::move(manifest));
}

/// Reads a batch at once; when that fails, each body alone, to tell the damaged ones apart.
Result<void> PointSource::read_bodies(Batch& batch, std::vector<DamagedObject>& damaged) const {
    batch.bodies.assign(batch.chunks.size(), std::nullopt);
    auto all = repository_.read_chunks(batch.chunks, [&](std::size_t position, ByteView bytes) {
        batch.bodies[position] = base::to_bytes(bytes);
        return Result<void>();
    });
    if (all) return {};
    for (std::size_t i = 0; i < batch.chunks.size(); ++i) {
        if (batch.bodies[i]) continue;
        auto body = repository_.read_chunk(batch.chunks[i]);
        if (body) {
            batch.bodies[i] = std::move(*body);
            continue;
        }
        if (!body.error().is_damage()) return std::unexpected(std::move(body).error());
        damaged.push_back(
            {.key = TRY(decode_key(batch.keys[i])), .reason = std::move(body).error().message});
    }
    return {};
}

std::unexpected<Error> PointSource::unreadable(const ObjectKey& key,
                                               std::string_view reason) const {
    return fail(ErrorCode::Corrupted, "{} of point {} cannot be read: {}", key.text(),
                point_.id.text(), reason);
}

Result<void> PointSource::flush(Batch& batch, const Visitor& visit) const {
    std::vector<DamagedObject> damaged;
    TRY(read_bodies(batch, damaged));
    if (!damaged.empty() && on_damage_ == Damaged::Fail)
        return unreadable(damaged.front().key, damaged.front().reason);
    for (std::size_t i = 0; i < batch.keys.size(); ++i) {
        bool lost = !batch.bodies[i].has_value();
        std::string left = lost ? remains(TRY(decode_key(batch.keys[i]))) : "";
        if (lost && left.empty()) continue;
        TRY(visit({.key = batch.keys[i],
                   .body = lost ? left : base::as_text(*batch.bodies[i]),
                   .deleting = batch.deleting[i],
                   .name_only = lost}));
    }
    batch = {};
    return {};
}

Result<void> PointSource::each(std::string_view prefix, const Wanted& wanted,
                               const Visitor& visit) {
    Batch batch;
    auto gather = [&](const repo::Row& row) -> Result<void> {
        if (!wanted(row.key)) return {};
        TRY(batch.add(row));
        return batch.full() ? flush(batch, visit) : Result<void>();
    };
    TRY(rows_.scan(prefix, gather));
    return flush(batch, visit);
}

Result<std::string> PointSource::get(std::string_view key) {
    const ObjectKey object = TRY(decode_key(key));
    const auto row = TRY(find(object));
    if (!row)
        return fail(ErrorCode::NotFound, "point {} has no {}", point_.id.text(), object.text());
    auto body = repository_.read_chunk(row->chunk);
    if (body) return base::to_text(*body);
    if (!body.error().is_damage()) return std::unexpected(std::move(body).error());
    std::string left;
    if (on_damage_ == Damaged::PassOver) left = remains(object);
    if (left.empty()) return unreadable(object, body.error().message);
    return left;
}

Result<void> PointSource::each_row(
    std::string_view prefix, const std::function<Result<void>(const PointObject&)>& visit) const {
    return rows_.scan(prefix, [&](const repo::Row& row) -> Result<void> {
        PointObject object = TRY(decode_row(row));
        return visit(object);
    });
}

Result<std::optional<PointObject>> PointSource::find(const ObjectKey& key) const {
    auto row = rows_.find(encode_key(key));
    if (!row && row.error().is_damage()) return unreadable(key, row.error().message);
    const auto found = TRY(std::move(row));
    if (!found) return std::nullopt;
    return TRY(decode_row(*found));
}

Result<std::vector<DamagedObject>> PointSource::find_damage(
    const std::function<bool(const ObjectKey&)>& wanted, Progress& progress, base::Clock& clock,
    std::stop_token stop) {
    ProgressMeter meter(progress, clock, "checking the point");
    std::vector<DamagedObject> damaged;
    Batch batch;
    auto check = [&]() -> Result<void> {
        if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "stopped");
        meter.add(batch.keys.size(), "");
        TRY(read_bodies(batch, damaged));
        batch = {};
        return {};
    };
    auto gather = [&](const repo::Row& row) -> Result<void> {
        ObjectKey key = TRY(decode_key(row.key));
        if (!wanted(key)) return {};
        TRY(batch.add(row));
        return batch.full() ? check() : Result<void>();
    };
    TRY(rows_.scan({}, gather));
    TRY(check());
    return damaged;
}

}  // namespace holdfast::engine
