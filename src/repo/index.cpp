#include "repo/index.h"

#include <algorithm>
#include <unordered_set>

#include "base/bytes.h"
#include "base/log.h"
#include "repo/ids.h"
#include "repo/listing.h"
#include "repo/names.h"
#include "repo/run_source.h"

namespace holdfast::repo {
namespace {

/// Runs without those that others supersede, and without doubles.
Index::Runs without_superseded(const Index::Runs& runs) {
    std::unordered_set<std::string> gone;
    for (const auto& run : runs)
        gone.insert(run->footer().supersedes.begin(), run->footer().supersedes.end());
    Index::Runs kept;
    for (const auto& run : runs)
        if (gone.insert(run->name()).second) kept.push_back(run);
    return kept;
}

}  // namespace

PackNumber PackNames::number_of(const std::string& name) {
    return state_.update([&](State& state) {
        const auto [it, added] =
            state.numbers.try_emplace(name, static_cast<PackNumber>(state.names.size()));
        if (added) state.names.push_back(name);
        return it->second;
    });
}

std::string PackNames::name_of(PackNumber number) {
    return state_.update([&](State& state) { return state.names.at(number); });
}

std::vector<std::string> PackNames::all() {
    return state_.update([](State& state) { return state.names; });
}

Index::Index(store::Store& store, const VaultKeys& keys, const Environment& environment)
    : store_(store),
      keys_(keys),
      cache_dir_(environment.cache_dir.empty()
                     ? std::string()
                     : environment.cache_dir + "/" + keys.vault_id() + "/index"),
      blocks_(std::make_shared<IndexBlocks>(environment.memory.index_cache_bytes)) {}

Result<std::shared_ptr<IndexRun>> Index::open_run(const std::string& name, std::uint64_t size) {
    return IndexRun::open(std::make_unique<RunSource>(store_, name, size, cache_dir_), keys_,
                          blocks_);
}

Result<void> Index::refresh() {
    auto objects =
        TRY(list_folder(store_, names::kIndexRuns, kMaxIndexRuns), "listing the index").objects;
    // Newest first: what a newer run supersedes need not be opened.
    std::ranges::sort(objects, [](const auto& a, const auto& b) {
        return std::tie(b.stored_at, b.name) < std::tie(a.stored_at, a.name);
    });
    std::unordered_map<std::string, std::shared_ptr<IndexRun>> known;
    for (const auto& run : *runs()) known[run->name()] = run;
    Runs opened;
    std::vector<std::string> listed;
    std::unordered_map<std::string, std::string> damaged;
    std::unordered_set<std::string> superseded;
    for (const auto& object : objects) {
        listed.push_back(object.name);
        if (superseded.contains(object.name)) continue;
        std::shared_ptr<IndexRun> run;
        if (const auto it = known.find(object.name); it != known.end()) {
            run = it->second;
        } else {
            auto result = open_run(object.name, object.size_bytes);
            if (!result && result.error().code == ErrorCode::NotFound) continue;
            if (!result && result.error().code == ErrorCode::Corrupted) {
                damaged[object.name] = result.error().message;
                continue;
            }
            run = TRY(std::move(result), "opening {}", object.name);
        }
        superseded.insert(run->footer().supersedes.begin(), run->footer().supersedes.end());
        opened.push_back(std::move(run));
    }
    std::erase_if(damaged, [&](const auto& run) { return superseded.contains(run.first); });
    install(std::move(opened), std::move(listed), std::move(damaged));
    return {};
}

void Index::install(Runs runs, std::vector<std::string> listed,
                    std::unordered_map<std::string, std::string> damaged) {
    auto kept = std::make_shared<const Runs>(without_superseded(runs));
    std::unordered_map<std::string, std::shared_ptr<const std::vector<PackNumber>>> numbers;
    for (const auto& run : *kept) numbers[run->name()] = number_packs(*run);
    state_.update([&](State& state) {
        state.runs = std::move(kept);
        state.numbers = std::move(numbers);
        state.listed = std::move(listed);
        // Damage found in blocks stays known as long as the run is in use.
        for (auto& [name, why] : state.damaged)
            if (state.numbers.contains(name)) damaged.try_emplace(name, std::move(why));
        state.damaged = std::move(damaged);
    });
}

std::shared_ptr<const std::vector<PackNumber>> Index::number_packs(const IndexRun& run) {
    std::vector<PackNumber> numbers;
    numbers.reserve(run.footer().packs.size());
    for (const PackEntry& pack : run.footer().packs) numbers.push_back(packs_.number_of(pack.name));
    return std::make_shared<const std::vector<PackNumber>>(std::move(numbers));
}

Location Index::location_of(const IndexRun& run, const IndexRun::Found& found) {
    const auto numbers = state_.update([&](State& state) {
        const auto it = state.numbers.find(run.name());
        return it == state.numbers.end() ? nullptr : it->second;
    });
    const PackNumber pack = numbers ? (*numbers)[found.frame.pack]
                                    : packs_.number_of(run.footer().packs[found.frame.pack].name);
    return {.pack = pack,
            .frame = found.frame.place,
            .offset = found.entry.offset,
            .bytes = found.entry.bytes};
}

Result<std::vector<Location>> Index::find(const ChunkId& id) {
    std::vector<Location> locations;
    std::vector<IndexRun::Found> found;
    for (const auto& run : *runs()) {
        found.clear();
        auto searched = run->find(id, found);
        if (!searched && searched.error().code == ErrorCode::NotFound) continue;
        if (!searched && searched.error().code == ErrorCode::Corrupted) {
            mark_damaged(run->name(), searched.error().message);
            continue;
        }
        TRY(std::move(searched), "searching the index");
        for (const auto& place : found) locations.push_back(location_of(*run, place));
    }
    return locations;
}

std::shared_ptr<const Index::Runs> Index::runs() {
    return state_.update([](State& state) { return state.runs; });
}

std::vector<std::string> Index::listed() {
    return state_.update([](State& state) { return state.listed; });
}

std::unordered_map<std::string, std::string> Index::damaged() {
    return state_.update([](State& state) { return state.damaged; });
}

bool Index::has_damage() {
    return state_.update([](State& state) { return !state.damaged.empty(); });
}

void Index::mark_damaged(const std::string& run, std::string why) {
    const bool fresh = state_.update(
        [&](State& state) { return state.damaged.try_emplace(run, std::move(why)).second; });
    if (fresh) base::log::warning("{} is damaged; holdfast vault repair makes it anew", run);
}

Result<void> Index::add(const std::string& name, ByteView bytes) {
    TRY(store_.put(name, bytes), "storing {}", name);
    Runs runs = *this->runs();
    runs.push_back(TRY(open_run(name, bytes.size())));
    auto listed = this->listed();
    listed.push_back(name);
    install(std::move(runs), std::move(listed), damaged());
    return {};
}

}  // namespace holdfast::repo
