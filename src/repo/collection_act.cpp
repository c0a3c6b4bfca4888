#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/text.h"
#include "repo/collection.h"
#include "repo/ids.h"
#include "repo/index.h"
#include "repo/index_merge.h"
#include "repo/index_run.h"
#include "repo/listing.h"
#include "repo/names.h"
#include "repo/needed_chunks.h"
#include "repo/pack.h"
#include "repo/pack_scan.h"
#include "repo/protocol.h"
#include "repo/records.h"
#include "repo/session.h"
#include "repo/survey.h"
#include "repo/writer.h"
#include "store/store.h"

// The second half of a collection: the vault changes.
namespace holdfast::repo {
namespace {

/// Chunks that are held by a pack that stays, in the tags of the needed chunks.
constexpr NeededChunks::Tag kHeld = 1;
/// Chunks that lie only in packs that we spare for them, or that another collection condemned.
constexpr NeededChunks::Tag kDoubtful = 2;

}  // namespace

/// Success when the object is gone; false when the store does not let us delete it.
Result<bool> Collection::remove(const std::string& name, std::uint64_t bytes) {
    auto removed = core_.store().remove(name);
    if (!removed && removed.error().code == ErrorCode::PermissionDenied) {
        note(fmt::format("{} stays: {}", name, removed.error().message));
        return false;
    }
    TRY(std::move(removed), "deleting {}", name);
    ++report_.objects_deleted;
    report_.bytes_freed += bytes;
    return true;
}

/// Manifests of deleted points and of sessions that came to nothing, and the records of all ended
/// sessions: their names are never used again, so that nothing can come to need them.
Result<std::vector<store::ObjectInfo>> Collection::remains() const {
    std::vector<store::ObjectInfo> objects;
    for (const auto& [id, manifest] : survey_.manifests)
        if (survey_.ended.contains(id) && !live_points_.contains(id)) objects.push_back(manifest);
    for (const auto& record : survey_.writer_records)
        if (survey_.ended.contains(TRY(names::writer_of_record(record.name))))
            objects.push_back(record);
    return objects;
}

Result<void> Collection::remove_remains() {
    for (const auto& object : TRY(remains())) TRY(remove(object.name, object.size_bytes));
    return {};
}

/// Counts what change() would delete, if nobody else changed the vault meanwhile.
Result<void> Collection::foresee() {
    report_.objects_deleted = report_.packs_deleted;
    for (const auto& object : TRY(remains())) {
        ++report_.objects_deleted;
        report_.bytes_freed += object.size_bytes;
    }
    std::set<std::string> runs = needless_runs();
    std::unordered_map<std::string, bool> dropped;
    for (const auto& run : TRY(affected_runs(dropped))) runs.insert(run->name());
    report_.objects_deleted += runs.size();
    return {};
}

Result<void> Collection::move_live_chunks() {
    std::vector<PackNumber> moving;
    std::uint64_t total = 0;
    for (PackNumber number = 0; number < packs_.size(); ++number) {
        if (packs_[number].fate != Fate::Move) continue;
        moving.push_back(number);
        total += packs_[number].live_bytes;
    }
    if (moving.empty()) return {};
    WriterOptions options;
    options.pack_bytes = options_.pack_bytes;
    options.frame_bytes = options_.frame_bytes;
    options.skipped_steps = options_.skipped_steps;
    Session session(core_, PointId::random(core_.environment().random), options);
    for (PackNumber number = 0; number < packs_.size(); ++number)
        if (packs_[number].fate != Fate::Keep) session.distrust(number);
    for (const PackNumber number : moving) {
        TRY(check_stop());
        report_.bytes_moved += TRY(move_pack(number, session));
        if (progress_) progress_({.done = report_.bytes_moved, .total = total});
    }
    // The copies are durable and indexed before anything is condemned.
    return session.close("moved live chunks out of packs that are mostly garbage");
}

Result<std::uint64_t> Collection::move_pack(PackNumber number, Session& session) {
    std::uint64_t moved = 0;
    bool damaged = false;
    const std::string& name = name_of(number);
    auto footer = read_footer(core_.store(), core_.keys(), name, pack(number).bytes);
    if (!footer && footer.error().code == ErrorCode::Corrupted) {
        spare(number, footer.error().message);
        return 0;
    }
    const std::vector<FrameInfo> frames = TRY(std::move(footer));
    const auto move_frame = [&](const ScannedFrame& frame) -> Result<void> {
        std::size_t offset = 0;
        for (std::size_t i = 0; i < frame.ids.size(); ++i) {
            const ByteView chunk = frame.plain.subspan(offset, frame.info.chunk_bytes[i]);
            offset += chunk.size();
            const NeededChunks::Tag* home = needed_.tag(frame.ids[i]);
            if (home == nullptr || *home != number) continue;
            TRY(session.add_chunk(chunk, frame.info.kind));
            moved += chunk.size();
        }
        return {};
    };
    const auto leave_damaged = [&](const FrameInfo&, const Error&) { damaged = true; };
    TRY(scan_frames(core_.store(), core_.keys(), name, frames, move_frame, leave_damaged));
    // What is harmed may have been stored anew elsewhere.
    if (damaged && moved < pack(number).live_bytes) spare(number, "a frame in it is damaged");
    return moved;
}

std::vector<std::string> Collection::doomed() const {
    std::vector<std::string> names;
    for (PackNumber number = 0; number < packs_.size(); ++number)
        if (packs_[number].fate != Fate::Keep) names.push_back(pack_names_[number]);
    return names;
}

/// Also what another collection condemned already: that one may lift its condemnation at any time,
/// ours stays until we are done.
Result<void> Collection::condemn() {
    for (const PackListRecord& record : pack_lists(core_.now(), doomed())) {
        const std::string name = names::condemned(core_.environment().random);
        own_condemned_.push_back(name);
        TRY(core_.store().put(name, core_.seal(ObjectType::Condemned, name, encode(record))),
            "condemning packs");
    }
    return {};
}

void Collection::spare(PackNumber number, std::string_view reason) {
    if (pack(number).fate == Fate::Keep) return;
    pack(number).fate = Fate::Keep;
    ++report_.packs_spared;
    note(fmt::format("{} stays: {}", name_of(number), reason));
}

/// The order matters. A writer that ends between the two lists is missed by the first, for its
/// records may be gone by then, but not by the second.
Result<void> Collection::spare_what_is_needed() {
    if (!skips(ProtocolStep::ListWritersAgain))
        for (const std::string& name :
             TRY(relied_packs(core_, survey_.ended), "looking at the writers again"))
            spare(core_.index().packs().number_of(name), "a running backup relies on it");
    if (!skips(ProtocolStep::ListPointsAgain)) TRY(mark_new_points());
    if (!skips(ProtocolStep::CheckHoldersAgain)) TRY(spare_for_chunks());
    return {};
}

Result<void> Collection::mark_new_points() {
    const bool sure =
        !skips(ProtocolStep::AbortBeforeDrop) && !skips(ProtocolStep::SpareLiveWriters);
    std::set<PointId> witnessed;
    for (const auto& [id, session] : survey_.sessions) witnessed.insert(id);
    const auto ended =
        TRY(list_ended(core_, witnessed, sure ? survey_.ended : std::set<PointId>()));
    for (const PointId& id : ended)
        if (!looked_at_.contains(id)) TRY(mark_point(id));
    return {};
}

/// The proof, made anew from fresh lists alone, that every needed chunk lies in a pack that stays:
/// one that we do not delete and that no other collection may delete. Condemnations are read before
/// packs are listed: what was condemned and is gone by then is on neither list.
Result<void> Collection::spare_for_chunks() {
    const auto condemned = TRY(condemned_by_others());
    TRY(refresh_index());
    // Another collection may have deleted since the first list what it then took off the condemned
    // ones, while an index run still names it.
    const auto packs = TRY(list_folder(core_.store(), names::kPacks, kMaxListedObjects));
    for (Pack& known : packs_) known.present = false;
    for (const auto& object : packs.objects)
        pack(core_.index().packs().number_of(object.name)).present = true;
    needed_.clear_tags();
    std::size_t held = 0;
    TRY(each_entry([&](const ChunkEntry& entry, PackNumber number) -> Result<void> {
        NeededChunks::Tag* tag = needed_.tag(entry.id);
        if (tag == nullptr || *tag == kHeld) return {};
        const Pack& holder = pack(number);
        if (!holder.present || holder.fate != Fate::Keep || condemned.contains(name_of(number)))
            return {};
        *tag = kHeld;
        ++held;
        return {};
    }));
    if (held == needed_.size()) return {};
    TRY(each_entry([&](const ChunkEntry& entry, PackNumber number) -> Result<void> {
        NeededChunks::Tag* tag = needed_.tag(entry.id);
        if (tag == nullptr || *tag == kHeld || !pack(number).present) return {};
        *tag = kDoubtful;
        if (pack(number).fate != Fate::Keep) spare(number, "a point needs it after all");
        return {};
    }));
    const std::size_t missing = needed_.size() - held - needed_.count_tagged(kDoubtful);
    if (missing == 0) return {};
    return fail(ErrorCode::Conflict,
                "{} that live points need cannot be found: nothing is deleted; if this happens "
                "again, run holdfast vault verify",
                base::counted(missing, "chunk"));
}

/// A pack that is on no list may only be missing from the list.
Result<bool> Collection::is_gone(PackNumber number) {
    if (pack(number).present) return false;
    pack(number).present = TRY(store::exists(core_.store(), name_of(number)));
    return !pack(number).present;
}

/// Runs that others supersede, and empty ones that supersede nothing which is still there.
std::set<std::string> Collection::needless_runs() {
    const auto listed = core_.index().listed();
    std::set<std::string> needless(listed.begin(), listed.end());
    const std::set<std::string> all = needless;
    for (const auto& run : *core_.index().runs()) {
        const bool holds_something =
            run->footer().entries > 0 ||
            std::ranges::any_of(run->footer().supersedes,
                                [&](const std::string& name) { return all.contains(name); });
        if (holds_something) needless.erase(run->name());
    }
    return needless;
}

/// The runs that know a pack which we are deleting or which is gone; `dropped` says it of every
/// pack.
Result<Index::Runs> Collection::affected_runs(std::unordered_map<std::string, bool>& dropped) {
    Index::Runs affected;
    for (const auto& run : *core_.index().runs()) {
        bool is_affected = false;
        for (const PackEntry& entry : run->footer().packs) {
            const PackNumber number = core_.index().packs().number_of(entry.name);
            const auto [it, fresh] = dropped.try_emplace(entry.name, false);
            if (fresh) it->second = pack(number).fate != Fate::Keep || TRY(is_gone(number));
            is_affected = is_affected || it->second;
        }
        if (is_affected) affected.push_back(run);
    }
    return affected;
}

/// New runs take the place of those that know doomed or vanished packs, then the old ones go. An
/// entry is dropped only for a pack that we are deleting or that is certainly gone: packs are
/// stored before the index names them, and never come back.
Result<void> Collection::rewrite_index() {
    TRY(refresh_index());
    std::unordered_map<std::string, bool> dropped;
    const Index::Runs affected = TRY(affected_runs(dropped));
    // What affected runs supersede goes before them, and so never comes back; there may be more of
    // it than one run can supersede. What the store does not let go, the new runs supersede.
    std::vector<std::string> kept;
    for (const std::string& name : needless_runs())
        if (!TRY(remove(name, 0))) kept.push_back(name);
    if (affected.empty()) return {};
    TRY(merge_runs(
        core_.index(), core_.keys(), core_.environment().random, affected,
        [&](const std::string& name) { return !dropped.at(name); }, std::move(kept)));
    for (const auto& run : affected) TRY(remove(run->name(), 0));
    return {};
}

Result<void> Collection::delete_packs() {
    for (PackNumber number = 0; number < packs_.size(); ++number) {
        if (packs_[number].fate == Fate::Keep) continue;
        if (TRY(remove(name_of(number), packs_[number].bytes)))
            ++report_.packs_deleted;
        else
            all_removed_ = false;
    }
    return {};
}

/// Ours, because we shall not delete anything any more; those of others only when nothing that they
/// name is left, for a collection that sleeps may still act on them.
Result<void> Collection::lift_condemnations() {
    if (all_removed_)
        for (const std::string& name : own_condemned_) TRY(remove(name, 0));
    for (const std::string& name : survey_.condemned) {
        auto record = core_.pack_list(ObjectType::Condemned, name);
        if (!record && record.error().code == ErrorCode::NotFound) continue;
        bool all_gone = true;
        for (const std::string& named : TRY(std::move(record)).packs)
            all_gone = all_gone && !TRY(store::exists(core_.store(), named));
        if (all_gone) TRY(remove(name, 0));
    }
    return {};
}

}  // namespace holdfast::repo
