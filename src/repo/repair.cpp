#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/log.h"
#include "repo/care.h"
#include "repo/core.h"
#include "repo/coverage.h"
#include "repo/ids.h"
#include "repo/index_run.h"
#include "repo/index_run_builder.h"
#include "repo/names.h"
#include "repo/pack.h"
#include "repo/pack_scan.h"
#include "repo/records.h"
#include "repo/report.h"
#include "repo/repository.h"
#include "repo/run.h"
#include "repo/run_block.h"
#include "repo/run_walk.h"
#include "repo/verifier.h"

namespace holdfast::repo {
namespace {

constexpr std::size_t kEntriesPerRepairedRun = 1u << 19;

/// Collects what packs hold and writes it as index runs.
class Reindexer {
public:
    Reindexer(Repository::Core& core, RepairReport& report) : core_(core), report_(report) {}

    Result<void> add_pack(const std::string& pack, std::uint64_t bytes) {
        auto frames = read_footer(core_.store(), core_.keys(), pack, bytes);
        if (!frames && frames.error().is_damage()) {
            base::log::warning("{} cannot be indexed: {}", pack, frames.error().message);
            return {};
        }
        const auto found = TRY(std::move(frames), "reading {}", pack);
        PackEntry entry;
        entry.name = pack;
        entry.key_epoch = core_.keys().epoch();
        entry.bytes = bytes;
        packs_.push_back(entry);
        const auto visit = [&](const ScannedFrame& frame) -> Result<void> {
            // One pack alone may hold more chunks than a run may know.
            if (chunks_.size() + frame.ids.size() > kMaxEntriesPerRun) {
                TRY(write({}));
                packs_.push_back(entry);
            }
            const auto number = static_cast<std::uint32_t>(packs_.size() - 1);
            frames_.push_back({number, frame.info.place});
            std::uint32_t offset = 0;
            for (std::size_t i = 0; i < frame.ids.size(); ++i) {
                const std::uint32_t length = frame.info.chunk_bytes[i];
                chunks_.push_back(
                    {frame.ids[i], static_cast<std::uint32_t>(frames_.size() - 1), offset, length});
                offset += length;
            }
            return {};
        };
        TRY(scan_frames(core_.store(), core_.keys(), pack, found, visit,
                        [](const FrameInfo&, const Error&) {}));
        if (chunks_.size() >= kEntriesPerRepairedRun) return write({});
        return {};
    }

    /// The last run, which takes the place of damaged ones.
    Result<void> finish(std::vector<std::string> superseded) {
        if (chunks_.empty() && superseded.empty()) return {};
        return write(std::move(superseded));
    }

private:
    Result<void> write(std::vector<std::string> superseded) {
        std::ranges::sort(chunks_, {}, &ChunkEntry::id);
        IndexRunBuilder builder(core_.keys(), core_.environment().random, chunks_.size());
        for (PackEntry& pack : packs_) builder.add_pack(std::move(pack));
        for (const FrameEntry& frame : frames_) builder.add_frame(frame);
        for (const ChunkEntry& chunk : chunks_) builder.add(chunk);
        builder.supersede(std::move(superseded));
        TRY(builder.check());
        TRY(core_.index().add(builder.name(), builder.finish()));
        report_.rewritten.push_back(builder.name());
        report_.chunks_indexed += chunks_.size();
        packs_.clear();
        frames_.clear();
        chunks_.clear();
        return {};
    }

    Repository::Core& core_;
    RepairReport& report_;
    std::vector<PackEntry> packs_;
    std::vector<FrameEntry> frames_;
    std::vector<ChunkEntry> chunks_;
};

class Repairer {
public:
    Repairer(Repository::Core& core, std::stop_token stop) : core_(core), stop_(std::move(stop)) {}

    Result<RepairReport> run(const ProgressCallback& progress) {
        const VerifyReport found =
            TRY(Verifier(core_, {.read_data_percent = 100}, progress, stop_).run());
        TRY(repair_copies(found));
        TRY(condemn_packs(found));
        TRY(repair_index(found));
        for (const PointId& point : found.harmed) TRY(find_losses(point));
        advise(found);
        return std::move(report_);
    }

private:
    /// Writes damaged or missing copies of headers and key wraps anew, from their twins.
    Result<void> repair_copies(const VerifyReport& found) {
        for (const Damage& damage : found.damage) {
            const bool header = damage.object.starts_with("header.");
            if (!damage.repairable || (!header && !damage.object.starts_with(names::kKeys)))
                continue;
            std::string twin = damage.object;
            twin.back() = twin.back() == 'a' ? 'b' : 'a';
            const Bytes good = TRY(core_.store().get(twin), "reading {}", twin);
            TRY(core_.store().remove(damage.object), "removing {}", damage.object);
            TRY(core_.store().create(damage.object, good), "making {} anew", damage.object);
            report_.rewritten.push_back(damage.object);
        }
        return {};
    }

    /// Writers store anew what condemned packs hold, and share no runs that need them; readers
    /// still find there what can be read. A collection moves that and removes the packs.
    Result<void> condemn_packs(const VerifyReport& found) {
        for (const auto& [pack, bytes] : found.relied_damaged) {
            report_.condemned.push_back(pack);
            report_.unreadable_bytes += bytes;
        }
        for (const PackListRecord& record : pack_lists(core_.now(), report_.condemned)) {
            const std::string name = names::condemned(core_.environment().random);
            TRY(core_.store().put(name, core_.seal(ObjectType::Condemned, name, encode(record))),
                "condemning packs");
        }
        return {};
    }

    Result<void> repair_index(const VerifyReport& found) {
        std::vector<std::string> broken;
        for (const Damage& damage : found.damage)
            if (damage.object.starts_with(names::kIndexRuns)) broken.push_back(damage.object);
        for (const std::string& run : broken) core_.index().mark_damaged(run, "found by repair");
        const bool unindexed = std::ranges::any_of(
            found.damage, [](const Damage& damage) { return damage.object.starts_with("chunk "); });
        if (broken.empty() && !unindexed) return {};
        Reindexer reindexer(core_, report_);
        for (const auto& pack :
             TRY(packs_without_index(core_.store(), core_.keys(), core_.index()))) {
            if (stop_.stop_requested()) return fail(ErrorCode::Cancelled, "repair was stopped");
            TRY(reindexer.add_pack(pack.name, pack.size_bytes));
        }
        TRY(reindexer.finish(broken));
        // Only now, when what they told is told again.
        for (const std::string& run : broken) {
            TRY(core_.store().remove(run), "removing {}", run);
            report_.dropped.push_back(run);
        }
        return core_.index().refresh();
    }

    /// Neither hides a point for good nor brings a deleted one back: only a person knows which is
    /// right.
    void advise(const VerifyReport& found) {
        struct Advice {
            std::string_view folder;
            std::string_view words;
        };
        static constexpr std::array<Advice, 3> kAdvice = {{
            {.folder = names::kTombstones,
             .words = "its point is hidden, but its data is kept. Remove that object from the "
                      "storage location and the point is listed again; then delete the point if it "
                      "was meant to be deleted"},
            {.folder = names::kCondemned,
             .words = "nobody knows which packs it names, so nothing is backed up or collected. "
                      "When no collection is running, remove that object from the storage "
                      "location, and repair the vault again"},
            {.folder = names::kPoints,
             .words = "its point cannot be read, and unless it was deleted nothing is collected. "
                      "Put a good copy of that object in its place, or remove it from the storage "
                      "location: then the point is gone, and a later collection frees what only "
                      "it needed"},
        }};
        for (const Damage& damage : found.damage)
            for (const auto& [folder, words] : kAdvice)
                if (damage.object.starts_with(folder))
                    report_.advice.push_back(
                        fmt::format("{} is damaged: {}", damage.object, words));
    }

    Result<void> find_losses(const PointId& id) {
        Loss loss;
        loss.point = id;
        auto record = core_.ending(id);
        const bool known = record && record->has_value();
        auto manifest = known ? core_.manifest_of(id, **record)
                              : Result<ManifestRecord>(fail(ErrorCode::Corrupted, "no record"));
        if (!manifest) {
            if (known && !manifest.error().is_damage())
                return std::unexpected(std::move(manifest).error());
            loss.whole_point = true;
            report_.losses.push_back(std::move(loss));
            return {};
        }
        for (const RunRef& run : manifest->runs) TRY(find_lost_rows(run, loss));
        if (loss.lost_rows > 0) report_.losses.push_back(std::move(loss));
        return {};
    }

    Result<void> find_lost_rows(const RunRef& run, Loss& loss) {
        const auto lose = [&](std::string key, std::uint64_t rows) {
            loss.lost_rows += rows;
            if (loss.keys.size() < kMaxReportedDamage) loss.keys.push_back(std::move(key));
        };
        RunVisitor visitor;
        visitor.row = [&](const Row& row) -> Result<void> {
            if (stop_.stop_requested()) return fail(ErrorCode::Cancelled, "repair was stopped");
            if (!row.chunk) return {};
            auto bytes = core_.reader().read(*row.chunk);
            if (bytes) return {};
            if (!bytes.error().is_damage()) return std::unexpected(std::move(bytes).error());
            lose(row.key, 1);
            return {};
        };
        visitor.lost = [&](const RunNode::Child& child, const Error&) -> Result<void> {
            lose(child.first_key, child.rows);
            return {};
        };
        return walk_run(core_.reader(), run, core_.keys().chunk_id_bytes(), visitor);
    }

    Repository::Core& core_;
    std::stop_token stop_;
    RepairReport report_;
};

}  // namespace

Result<RepairReport> repair_vault(Repository& repository, const ProgressCallback& progress,
                                  std::stop_token stop) {
    return Repairer(repository.core(), std::move(stop)).run(progress);
}

}  // namespace holdfast::repo
