#include "repo/coverage.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "repo/index_run.h"
#include "repo/listing.h"
#include "repo/names.h"
#include "repo/pack.h"
#include "repo/vault_keys.h"
#include "store/store.h"

namespace holdfast::repo {
namespace {

constexpr std::size_t kMaxPacks = 4u << 20;

using Counts = std::unordered_map<std::string, std::uint64_t>;

/// How many chunks of each of its packs a run knows.
Result<Counts> chunks_per_pack(const IndexRun& run) {
    std::vector<std::uint64_t> counts(run.footer().packs.size());
    for (std::size_t block = 0; block < run.footer().entry_blocks.size(); ++block) {
        const auto entries = TRY(run.entries(block));
        for (const ChunkEntry& entry : *entries) ++counts[TRY(run.frame(entry.frame)).pack];
    }
    Counts named;
    for (std::size_t i = 0; i < counts.size(); ++i) named[run.footer().packs[i].name] = counts[i];
    return named;
}

std::uint64_t chunks_of(const std::vector<FrameInfo>& frames) {
    std::uint64_t chunks = 0;
    for (const FrameInfo& frame : frames) chunks += frame.chunk_bytes.size();
    return chunks;
}

}  // namespace

Result<std::vector<store::ObjectInfo>> packs_without_index(store::Store& store,
                                                           const VaultKeys& keys, Index& index) {
    Counts most;
    for (const auto& run : *index.runs()) {
        if (index.damaged().contains(run->name())) continue;
        auto counts = chunks_per_pack(*run);
        if (!counts && counts.error().code == ErrorCode::Corrupted) {
            index.mark_damaged(run->name(), counts.error().message);
            continue;
        }
        for (const auto& [pack, count] : TRY(std::move(counts)))
            most[pack] = std::max(most[pack], count);
    }
    std::vector<store::ObjectInfo> uncovered;
    for (auto& pack : TRY(list_folder(store, names::kPacks, kMaxPacks), "listing packs").objects) {
        const auto footer = read_footer(store, keys, pack.name, pack.size_bytes);
        if (footer && most[pack.name] >= chunks_of(*footer)) continue;
        uncovered.push_back(std::move(pack));
    }
    return uncovered;
}

}  // namespace holdfast::repo
