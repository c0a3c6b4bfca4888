#include <algorithm>
#include <set>
#include <string>

#include "repo/ids.h"
#include "repo/index.h"
#include "repo/names.h"
#include "repo/records.h"
#include "repo/run.h"
#include "repo/run_block.h"
#include "repo/run_walk.h"
#include "repo/verifier.h"
#include "store/store.h"

// The part of a verification that asks of every point whether all that it needs is there.
namespace holdfast::repo {
namespace {

constexpr std::size_t kMaxPoints = 4u << 20;

bool is_damage(const Error& error) {
    return error.code == ErrorCode::Corrupted || error.code == ErrorCode::NotFound ||
           error.code == ErrorCode::InvalidArgument;
}

}  // namespace

Result<void> Verifier::check_points() {
    std::set<std::string> deleted;
    for (const auto& object : TRY(store::list_all(core_.store(), names::kTombstones, kMaxPoints)))
        deleted.insert(object.name.substr(names::kTombstones.size()));
    for (const auto& object : TRY(list(names::kPoints, kMaxPoints))) {
        TRY(check_stop());
        ++report_.objects;
        const PointId id = TRY(names::point_of(object.name, names::kPoints));
        auto record = core_.point_record(id);
        if (!record && !is_damage(record.error()))
            return std::unexpected(std::move(record).error());
        if (!record) {
            damaged(object.name, record.error().message);
            if (deleted.contains(id.text())) continue;
            needed_by(object.name, id);
            report_.harmed.push_back(id);
            continue;
        }
        if (record->kind == PointRecord::Kind::Commit && !deleted.contains(id.text()))
            TRY(check_point(id, *record));
    }
    return {};
}

Result<void> Verifier::check_point(const PointId& id, const PointRecord& record) {
    ++report_.points;
    auto manifest = core_.manifest_of(id, record);
    if (!manifest) {
        if (!is_damage(manifest.error())) return std::unexpected(std::move(manifest).error());
        damaged(names::manifest(id), manifest.error().message);
        needed_by(names::manifest(id), id);
        report_.harmed.push_back(id);
        return {};
    }
    bool harmed = false;
    for (const RunRef& run : manifest->runs) {
        const RunHarm* harm = TRY(check_run(run));
        for (const std::string& object : harm->objects) needed_by(object, id);
        harmed = harmed || harm->lost;
    }
    if (harmed) report_.harmed.push_back(id);
    return {};
}

Result<const Verifier::RunHarm*> Verifier::check_run(const RunRef& run) {
    const auto [it, fresh] = runs_.try_emplace(run.root);
    RunHarm& harm = it->second;
    if (!fresh) return &harm;
    RunVisitor visitor;
    visitor.block = [&](const ChunkId& id) { return check_chunk(id, harm); };
    visitor.row = [&](const Row& row) -> Result<void> {
        if (row.chunk) TRY(check_chunk(*row.chunk, harm));
        return {};
    };
    visitor.lost = [&](const RunNode::Child& child, const Error& error) -> Result<void> {
        harm.lost = true;
        for (const Location& location : TRY(core_.index().find(child.block))) {
            const std::string pack = core_.index().packs().name_of(location.pack);
            damaged(pack, error.message);
            if (packs_.contains(location.pack)) report_.relied_damaged.try_emplace(pack);
            harm.objects.insert(pack);
        }
        return {};
    };
    TRY(walk_run(core_.reader(), run, core_.keys().chunk_id_bytes(), visitor));
    report_.chunks += harm.chunks;
    return &harm;
}

Result<void> Verifier::check_chunk(const ChunkId& id, RunHarm& harm) {
    if (harm.chunks++ % 1024 == 0) TRY(check_stop());
    bool known = false;
    if (TRY(any_sound(id, harm, known))) return {};
    if (!refreshed_) {
        // A collection that runs beside us may have moved chunks since the packs were listed.
        refreshed_ = true;
        TRY(core_.index().refresh());
        if (TRY(any_sound(id, harm, known))) return {};
    }
    harm.lost = true;
    if (!known) {
        const std::string name = "chunk " + id.hex();
        damaged(name, "a point needs this chunk, but no index run knows it", true);
        harm.objects.insert(name);
    }
    return {};
}

Result<bool> Verifier::any_sound(const ChunkId& id, RunHarm& harm, bool& known) {
    for (const Location& location : TRY(core_.reader().find_known(id))) {
        known = true;
        if (TRY(is_sound(location, harm))) return true;
    }
    return false;
}

/// The pack's state; of one that appeared after the packs were listed, its structure only.
Result<Verifier::PackState*> Verifier::pack_at(PackNumber pack, const std::string& name) {
    if (const auto it = packs_.find(pack); it != packs_.end()) return &it->second;
    const auto info = core_.store().stat(name);
    if (!info && info.error().code == ErrorCode::NotFound) return nullptr;
    if (!info) return std::unexpected(info.error());
    TRY(load_pack(name, info->size_bytes));
    const auto it = packs_.find(pack);
    return it == packs_.end() ? nullptr : &it->second;
}

/// Whether the chunk can be read there. Names what it touches of damaged packs.
Result<bool> Verifier::is_sound(const Location& location, RunHarm& harm) {
    const std::string name = core_.index().packs().name_of(location.pack);
    const PackState* state = TRY(pack_at(location.pack, name));
    if (state == nullptr) {
        if (!refreshed_) return false;  // looked for again with a fresh index
        damaged(name, "the pack is missing");
        harm.objects.insert(name);
        return false;
    }
    const std::uint32_t ordinal = location.frame.ordinal;
    if (!state->footer_read || !state->bad_frames.empty()) harm.objects.insert(name);
    if (state->bad_frames.contains(ordinal)) return false;
    const bool fits = ordinal < state->frames.size() && state->frames[ordinal] == location.frame &&
                      location.offset <= location.frame.plain_bytes &&
                      location.bytes <= location.frame.plain_bytes - location.offset;
    if (state->footer_read && !fits) {
        damaged(name, "the index tells otherwise than the pack where its frames lie");
        harm.objects.insert(name);
        report_.relied_damaged[name] += location.bytes;
        return false;
    }
    return true;
}

}  // namespace holdfast::repo
