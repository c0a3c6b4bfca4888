#include "repo/collection.h"

#include <algorithm>
#include <chrono>
#include <stop_token>

#include "base/clock.h"
#include "repo/ids.h"
#include "repo/index.h"
#include "repo/index_run.h"
#include "repo/listing.h"
#include "repo/names.h"
#include "repo/pack.h"
#include "repo/protocol.h"
#include "repo/records.h"
#include "repo/report.h"
#include "repo/repository.h"
#include "repo/run.h"
#include "store/store.h"

// The first half of a collection: what is there, what is needed, what may go.
namespace holdfast::repo {
namespace {

/// Whether an error tells that an object is not what its name says, however large it is.
bool is_damage(const Error& error) {
    return error.code == ErrorCode::Corrupted || error.code == ErrorCode::LimitExceeded;
}

}  // namespace

Collection::Collection(Repository::Core& core, const CollectOptions& options,
                       const ProgressCallback& progress, std::stop_token stop)
    : core_(core),
      options_(options),
      progress_(progress),
      stop_(std::move(stop)),
      needed_(core.keys().chunk_id_bytes(), 0) {
    report_.dry_run = options.dry_run;
}

Result<CollectReport> Collection::run() {
    survey_ = TRY(take_survey(core_), "looking at what the vault holds");
    for (const std::string& stray : survey_.strays)
        note(fmt::format("{} is no object of a vault: it is left alone", stray));
    TRY(end_dead_sessions());
    // From here on a session in survey_.ended has ended, and its packs may be judged.
    TRY(mark_points());
    TRY(take_in_packs());
    TRY(take_in_locks());
    TRY(find_homes());
    TRY(decide_fates());
    TRY(options_.dry_run ? foresee() : change());
    return std::move(report_);
}

Result<void> Collection::change() {
    // First goes what nobody can come to need: a full disk then has room for our records.
    TRY(remove_remains());
    TRY(move_live_chunks());
    auto checked = condemn_and_check();
    if (!checked) {
        // Nothing was deleted, and we shall not delete anything: our word may be taken back.
        if (auto lifted = lift_condemnations(); !lifted) note(lifted.error().message);
        return checked;
    }
    // No writer relies on a doomed pack now, and none will: it would see our condemnation.
    if (skips(ProtocolStep::KeepCondemned)) TRY(lift_condemnations());
    TRY(rewrite_index());
    TRY(delete_packs());
    if (!skips(ProtocolStep::KeepCondemned)) TRY(lift_condemnations());
    count_packs();
    return {};
}

Result<void> Collection::condemn_and_check() {
    if (!skips(ProtocolStep::CondemnFirst)) TRY(condemn());
    TRY(spare_what_is_needed());
    if (skips(ProtocolStep::CondemnFirst)) TRY(condemn());
    return {};
}

void Collection::count_packs() {
    report_.packs_kept = 0;
    for (const Pack& counted : packs_)
        if (counted.present && counted.fate == Fate::Keep) ++report_.packs_kept;
}

Result<void> Collection::check_stop() const {
    if (stop_.stop_requested()) return fail(ErrorCode::Cancelled, "the collection was stopped");
    return {};
}

void Collection::note(std::string text) {
    if (report_.notes.size() < kMaxCollectNotes) report_.notes.push_back(std::move(text));
}

// --- sessions

/// Idleness only decides when this tries. Whether the session was dead is settled by who creates
/// points/<id>: then either it is a point like others, or it never becomes one.
Result<void> Collection::end_dead_sessions() {
    const base::Time now = TRY(core_.store().now(), "asking the store for its time");
    std::set<PointId> witnessed;
    bool tried = false;
    for (const auto& [id, session] : survey_.sessions) {
        witnessed.insert(id);
        if (survey_.ended.contains(id)) continue;
        const base::Millis idle = std::max(base::Millis(0), now - session.newest);
        if (idle < options_.abort_idle_for) {
            report_.unfinished.push_back(
                {id, std::chrono::duration_cast<std::chrono::seconds>(idle), session.bytes});
            if (skips(ProtocolStep::SpareLiveWriters)) survey_.ended.insert(id);
            continue;
        }
        report_.aborted.push_back(id);
        if (options_.dry_run || skips(ProtocolStep::AbortBeforeDrop)) {
            survey_.ended.insert(id);
            continue;
        }
        TRY(abort_session(id, idle));
        tried = true;
    }
    if (tried) survey_.ended = TRY(list_ended(core_, witnessed, survey_.ended));
    return {};
}

Result<void> Collection::abort_session(const PointId& id, base::Millis idle) {
    const std::string name = names::point(id);
    PointRecord record;
    record.kind = PointRecord::Kind::Aborted;
    record.created_at = core_.now();
    record.reason = fmt::format("collection found it idle for {} s", idle.count() / 1000);
    auto created = core_.store().create(name, core_.seal(ObjectType::Point, name, encode(record)));
    if (created) return {};
    std::erase(report_.aborted, id);
    if (created.error().code == ErrorCode::AlreadyExists) return {};  // it ended by itself
    return std::unexpected(std::move(created).error().context("declaring a session dead"));
}

// --- what live points need

Result<void> Collection::mark_points() {
    TRY(refresh_index());
    std::size_t entries = 0;
    for (const auto& run : *core_.index().runs()) entries += run->footer().entries;
    needed_ = NeededChunks(core_.keys().chunk_id_bytes(), entries);
    for (const PointId& id : survey_.ended) {
        TRY(check_stop());
        TRY(mark_point(id));
    }
    report_.points = live_points_.size();
    report_.chunks_needed = needed_.size();
    return {};
}

/// Whether a session that has ended is a live point; if so, what it needs is marked.
Result<bool> Collection::mark_point(const PointId& id) {
    looked_at_.insert(id);
    auto ending = core_.ending(id);
    // Tombstones are made for committed points only: nothing else need be known of a deleted one.
    if (!ending && is_damage(ending.error()) && TRY(deletion_of(id)) == Deletion::Yes) return false;
    if (!ending) {
        return std::unexpected(std::move(ending).error().context(
            "nothing is collected while a point is damaged (holdfast vault repair)"));
    }
    if (!*ending || (*ending)->kind != PointRecord::Kind::Commit) return false;
    Deletion deletion = TRY(deletion_of(id));
    if (deletion == Deletion::Yes) return false;
    auto marked = mark_runs(id, **ending);
    if (!marked) {
        // Another collection may be at work on a point that was deleted a moment ago.
        deletion = TRY(deletion_of(id));
        if (deletion == Deletion::Yes) return false;
        // A manifest goes only when its point's tombstone has been read: that was before the
        // damage.
        if (deletion == Deletion::Doubtful &&
            !TRY(store::exists(core_.store(), names::manifest(id))))
            return false;
        return std::unexpected(std::move(marked).error().context(fmt::format(
            "nothing is collected while point {} is damaged (repair the vault or delete the point)",
            id.text())));
    }
    if (deletion == Deletion::Doubtful)
        note(fmt::format("point {} stays: its tombstone is damaged (holdfast vault repair)",
                         id.text()));
    live_points_.insert(id);
    return true;
}

/// Doubtful: something lies at the name of the point's tombstone, but it does not say that the
/// point was deleted. Anybody who may write to the store can put it there.
Result<Collection::Deletion> Collection::deletion_of(const PointId& id) {
    auto tombstone = core_.tombstone(id);
    if (tombstone) return Deletion::Yes;
    if (tombstone.error().code == ErrorCode::NotFound) return Deletion::No;
    if (is_damage(tombstone.error())) return Deletion::Doubtful;
    return std::unexpected(std::move(tombstone).error());
}

Result<void> Collection::mark_runs(const PointId& id, const PointRecord& ending) {
    const ManifestRecord manifest = TRY(core_.manifest_of(id, ending));
    for (const RunRef& run : manifest.runs) {
        if (marked_runs_.contains(run.root)) continue;
        TRY(core_.visit_run(run, [&](const ChunkId& chunk) -> Result<void> {
            if (chunk.view().size() != core_.keys().chunk_id_bytes())
                return fail(ErrorCode::Corrupted, "chunk {} has no id of this vault", chunk.hex());
            needed_.add(chunk);
            return {};
        }));
        marked_runs_.insert(run.root);
    }
    return {};
}

// --- packs and the index

Collection::Pack& Collection::pack(PackNumber number) {
    while (packs_.size() <= number) {
        pack_names_.push_back(
            core_.index().packs().name_of(static_cast<PackNumber>(packs_.size())));
        packs_.emplace_back();
    }
    return packs_[number];
}

Result<void> Collection::take_in_packs() {
    const auto condemned = TRY(condemned_by_others());
    for (const auto& object : survey_.packs) {
        Pack& known = pack(core_.index().packs().number_of(object.name));
        known.bytes = object.size_bytes;
        known.present = true;
        known.ended = survey_.ended.contains(TRY(names::writer_of_pack(object.name)));
        known.condemned = condemned.contains(object.name);
    }
    return {};
}

Result<void> Collection::take_in_locks() {
    const base::Time now = TRY(core_.store().now(), "asking the store for its time");
    const auto millis = static_cast<std::uint64_t>(now.time_since_epoch().count());
    for (const auto& run : *core_.index().runs())
        for (const PackEntry& entry : run->footer().packs)
            if (entry.retain_until > millis)
                pack(core_.index().packs().number_of(entry.name)).locked = true;
    return {};
}

Result<std::unordered_set<std::string>> Collection::condemned_by_others() {
    std::unordered_set<std::string> packs;
    const auto records = TRY(list_folder(core_.store(), names::kCondemned, kMaxListedObjects));
    for (const auto& object : records.objects) {
        if (std::ranges::find(own_condemned_, object.name) != own_condemned_.end()) continue;
        auto record = core_.pack_list(ObjectType::Condemned, object.name);
        if (!record && record.error().code == ErrorCode::NotFound) continue;  // just lifted
        for (std::string& name : TRY(std::move(record)).packs) packs.insert(std::move(name));
    }
    return packs;
}

Result<void> Collection::refresh_index() {
    TRY(core_.index().refresh());
    const auto damaged = core_.index().damaged();
    if (damaged.empty()) return {};
    return fail(ErrorCode::Corrupted,
                "{} is damaged ({}): nothing is collected before holdfast vault repair",
                damaged.begin()->first, damaged.begin()->second);
}

Result<void> Collection::each_entry(const EachEntry& visit) {
    const auto runs = core_.index().runs();
    for (const auto& run : *runs) {
        TRY(check_stop());
        std::vector<PackNumber> numbers;
        for (const PackEntry& entry : run->footer().packs)
            numbers.push_back(core_.index().packs().number_of(entry.name));
        std::vector<PackNumber> pack_of_frame;
        for (std::size_t block = 0; block < run->footer().frame_blocks.size(); ++block)
            for (const FrameEntry& frame : *TRY(run->frames(block), "reading {}", run->name()))
                pack_of_frame.push_back(numbers.at(frame.pack));
        for (std::size_t block = 0; block < run->footer().entry_blocks.size(); ++block)
            for (const ChunkEntry& entry : *TRY(run->entries(block), "reading {}", run->name()))
                TRY(visit(entry, pack_of_frame.at(entry.frame)));
    }
    return {};
}

/// Every needed chunk gets a home: the one pack that must stay for it, as far as it is concerned.
/// Packs that are sure to stay come before those of sessions that may yet die, and these before
/// packs that another collection may be about to delete. Among equals the name decides, and not the
/// order of index runs, which every collection changes: the next one finds the same homes, and no
/// pack becomes garbage only because a chunk's home has moved to its twin.
Result<void> Collection::find_homes() {
    const auto rank = [&](PackNumber number) {
        const Pack& candidate = pack(number);
        if (!candidate.present) return 0;
        return candidate.condemned ? 1 : candidate.ended ? 3 : 2;
    };
    const auto is_better = [&](PackNumber one, PackNumber other) {
        if (rank(one) != rank(other)) return rank(one) > rank(other);
        return name_of(one) < name_of(other);
    };
    TRY(each_entry([&](const ChunkEntry& entry, PackNumber number) -> Result<void> {
        pack(number).total_bytes += entry.bytes;
        NeededChunks::Tag* home = needed_.tag(entry.id);
        if (home == nullptr || rank(number) == 0 || *home == number) return {};
        if (*home == NeededChunks::kUntagged || is_better(number, *home)) *home = number;
        return {};
    }));
    return each_entry([&](const ChunkEntry& entry, PackNumber number) -> Result<void> {
        const NeededChunks::Tag* home = needed_.tag(entry.id);
        if (home != nullptr && *home == number) pack(number).live_bytes += entry.bytes;
        return {};
    });
}

bool Collection::has_doubtful_share(const Pack& pack) const {
    const std::uint64_t dead = pack.total_bytes - std::min(pack.total_bytes, pack.live_bytes);
    return dead * 100 > pack.total_bytes * options_.max_dead_percent;
}

/// What another collection condemned and did not delete can never be relied on again: its live
/// chunks move, so that the condemnation can end.
Result<void> Collection::decide_fates() {
    // Looked at again after condemning; now it only saves the work of moving.
    const auto relied = TRY(relied_packs(core_, survey_.ended), "looking at the writers");
    for (PackNumber number = 0; number < packs_.size(); ++number) {
        Pack& judged = packs_[number];
        if (!judged.present || !judged.ended || judged.locked || relied.contains(name_of(number)))
            continue;
        if (judged.live_bytes == 0)
            judged.fate = Fate::Drop;
        else if (judged.condemned)
            judged.fate = Fate::Move;
        else if (has_doubtful_share(judged))
            TRY(judge_by_footer(number));
    }
    for (const Pack& judged : packs_) {
        if (!judged.present) continue;
        ++(judged.fate == Fate::Keep ? report_.packs_kept : report_.packs_deleted);
        if (judged.fate == Fate::Move) ++report_.packs_moved;
        if (judged.fate != Fate::Keep) report_.bytes_freed += judged.bytes;
    }
    if (!options_.dry_run) {  // then counted when it happens
        report_.packs_deleted = 0;
        report_.bytes_freed = 0;
    }
    return {};
}

/// The index may count a chunk twice for a while; the footer is exact.
Result<void> Collection::judge_by_footer(PackNumber number) {
    Pack& judged = pack(number);
    auto frames = read_footer(core_.store(), core_.keys(), name_of(number), judged.bytes);
    if (!frames) {
        note(fmt::format("{} stays: {}", name_of(number), frames.error().message));
        return {};
    }
    judged.total_bytes = 0;
    for (const FrameInfo& frame : *frames) judged.total_bytes += frame.place.plain_bytes;
    if (has_doubtful_share(judged)) judged.fate = Fate::Move;
    return {};
}

}  // namespace holdfast::repo
