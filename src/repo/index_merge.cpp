#include "repo/index_merge.h"

#include <algorithm>
#include <map>
#include <queue>

#include "repo/ids.h"
#include "repo/index_run.h"
#include "repo/index_run_builder.h"
#include "repo/pack.h"
#include "repo/vault_keys.h"

namespace holdfast::repo {
namespace {

constexpr std::size_t kMaxRunsOfOneId = 4096;

/// Reads one run's entries in order.
class RunScanner {
public:
    explicit RunScanner(const IndexRun& run) : run_(&run) {}

    const IndexRun& run() const { return *run_; }
    const ChunkEntry& entry() const { return (*entries_)[position_]; }

    /// Moves to the next entry; false at the end.
    Result<bool> advance() {
        if (entries_ && ++position_ < entries_->size()) return true;
        position_ = 0;
        while (block_ < run_->footer().entry_blocks.size()) {
            entries_ = TRY(run_->entries(block_++));
            if (!entries_->empty()) return true;
        }
        return false;
    }

private:
    const IndexRun* run_;
    IndexRun::Entries entries_;
    std::size_t block_ = 0;
    std::size_t position_ = 0;
};

/// Gives packs and frames their numbers in the run that is being built.
class Renumbering {
public:
    explicit Renumbering(IndexRunBuilder& builder) : builder_(builder) {}

    std::uint32_t frame(const PackEntry& pack, const FramePlace& place) {
        const auto [known, new_pack] = packs_.try_emplace(pack.name, 0);
        if (new_pack) known->second = builder_.add_pack(pack);
        const auto [it, new_frame] = frames_.try_emplace({known->second, place.ordinal}, 0);
        if (new_frame) it->second = builder_.add_frame({.pack = known->second, .place = place});
        return it->second;
    }

private:
    IndexRunBuilder& builder_;
    std::map<std::string, std::uint32_t> packs_;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> frames_;
};

class Merge {
public:
    Merge(const Index::Runs& runs, const KeepPack& keep) : keep_(keep) {
        for (const auto& run : runs) scanners_.emplace_back(*run);
    }

    Result<void> start() {
        for (std::size_t i = 0; i < scanners_.size(); ++i)
            if (TRY(scanners_[i].advance())) heap_.push(item(i));
        return {};
    }
    bool done() const { return heap_.empty(); }

    /// Adds entries to `builder` until it has `max`, or is full, or there are none left. Entries of
    /// one id stay together.
    Result<void> fill(IndexRunBuilder& builder, std::size_t max) {
        Renumbering renumbering(builder);
        std::vector<ChunkEntry> same;
        while (!heap_.empty() && builder.entries() < max && !builder.is_full()) {
            TRY(take_same(renumbering, same));
            std::ranges::sort(same, {},
                              [](const ChunkEntry& e) { return std::pair(e.frame, e.offset); });
            const auto doubles = std::ranges::unique(same, [](const auto& a, const auto& b) {
                return a.frame == b.frame && a.offset == b.offset;
            });
            same.erase(doubles.begin(), doubles.end());
            for (const ChunkEntry& entry : same) builder.add(entry);
        }
        return {};
    }

private:
    using Item = std::pair<ChunkId, std::size_t>;
    Item item(std::size_t scanner) const { return {scanners_[scanner].entry().id, scanner}; }

    Result<void> take_same(Renumbering& renumbering, std::vector<ChunkEntry>& same) {
        same.clear();
        const ChunkId id = heap_.top().first;
        while (!heap_.empty() && heap_.top().first == id) {
            const std::size_t at = heap_.top().second;
            heap_.pop();
            RunScanner& scanner = scanners_[at];
            ChunkEntry entry = scanner.entry();
            const FrameEntry frame = TRY(scanner.run().frame(entry.frame));
            const PackEntry& pack = scanner.run().footer().packs[frame.pack];
            if (!keep_ || keep_(pack.name)) {
                entry.frame = renumbering.frame(pack, frame.place);
                same.push_back(entry);
            }
            if (TRY(scanner.advance())) heap_.push(item(at));
        }
        return {};
    }

    const KeepPack& keep_;
    std::vector<RunScanner> scanners_;
    std::priority_queue<Item, std::vector<Item>, std::greater<>> heap_;
};

}  // namespace

Index::Runs runs_to_merge(const Index::Runs& runs) {
    if (runs.size() <= kMaxUnmergedRuns) return {};
    Index::Runs sorted = runs;
    std::ranges::sort(sorted, {}, [](const auto& run) { return run->footer().entries; });
    Index::Runs chosen;
    std::uint64_t entries = 0;
    for (const auto& run : sorted) {
        const std::uint64_t more = run->footer().entries;
        if (entries + more > kMaxEntriesPerRun || chosen.size() == kMaxSuperseded) break;
        const bool enough = runs.size() - chosen.size() <= kMaxUnmergedRuns / 2;
        if (enough && more > 2 * entries) break;
        chosen.push_back(run);
        entries += more;
    }
    if (chosen.size() < 2) return {};
    return chosen;
}

Result<void> merge_runs(Index& index, const VaultKeys& keys, base::Random& random,
                        const Index::Runs& runs, const KeepPack& keep,
                        std::vector<std::string> also_superseded, std::size_t max_entries) {
    std::vector<std::string> superseded = std::move(also_superseded);
    std::size_t left = 0;
    for (const auto& run : runs) {
        left += run->footer().entries;
        superseded.push_back(run->name());
    }
    // Entries of one id stay together and may overshoot by a few: leave them room.
    const std::size_t max = std::min(max_entries, kMaxEntriesPerRun - kMaxRunsOfOneId);
    Merge merge(runs, keep);
    TRY(merge.start());
    bool written = false;
    do {
        IndexRunBuilder builder(keys, random, std::min(left, max));
        TRY(merge.fill(builder, max), "merging index runs");
        // When nothing is kept, the old runs have nothing to say, and no new one need hide them.
        // Behind runs with entries an empty one is written all the same: it hides the old ones.
        if (builder.entries() == 0 && !written) return {};
        left -= std::min(left, builder.entries());
        if (merge.done()) builder.supersede(superseded);
        TRY(builder.check());
        TRY(index.add(builder.name(), builder.finish()));
        written = true;
    } while (!merge.done());
    return {};
}

}  // namespace holdfast::repo
