#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/guarded.h"
#include "base/result.h"
#include "repo/environment.h"
#include "repo/ids.h"
#include "repo/index_run.h"
#include "repo/pack.h"
#include "repo/vault_keys.h"
#include "store/store.h"

namespace holdfast::repo {

/// No vault has more index runs at once than this.
inline constexpr std::size_t kMaxIndexRuns = 100000;

/// A pack by number, for as long as the process lives: names are long.
using PackNumber = std::uint32_t;

/// Where a chunk lies.
struct Location {
    PackNumber pack = 0;
    FramePlace frame;
    std::uint32_t offset = 0;  ///< in the frame's plain bytes
    std::uint32_t bytes = 0;
};

/// Gives packs their numbers. Any method from any thread.
class PackNames {
public:
    PackNumber number_of(const std::string& name);
    std::string name_of(PackNumber number);
    std::vector<std::string> all();

private:
    struct State {
        std::vector<std::string> names;
        std::unordered_map<std::string, PackNumber> numbers;
    };
    base::Guarded<State> state_;
};

/// The index as this process sees it: every run that no other supersedes. A run that a concurrent
/// writer or collector made later is unknown until refresh(). An entry is a hint: its pack may be
/// gone. Any method from any thread.
class Index {
public:
    Index(store::Store& store, const VaultKeys& keys, const Environment& environment);

    /// Lists the runs and opens those that are new. A run that cannot be opened is damaged(), not
    /// an error.
    Result<void> refresh();

    /// Every known place of the chunk; none when it is unknown. Damaged blocks are skipped, and
    /// their run becomes damaged().
    Result<std::vector<Location>> find(const ChunkId& id);

    using Runs = std::vector<std::shared_ptr<IndexRun>>;
    std::shared_ptr<const Runs> runs();
    /// The names of all runs that the last refresh listed, superseded ones included.
    std::vector<std::string> listed();
    /// Runs that could not be read, and why.
    std::unordered_map<std::string, std::string> damaged();
    bool has_damage();
    void mark_damaged(const std::string& run, std::string why);

    /// Puts a finished run into the store and takes it in.
    Result<void> add(const std::string& name, ByteView bytes);

    PackNames& packs() { return packs_; }
    Location location_of(const IndexRun& run, const IndexRun::Found& found);

private:
    struct State {
        std::shared_ptr<const Runs> runs = std::make_shared<const Runs>();
        /// The run's own pack numbers as ours, per run name.
        std::unordered_map<std::string, std::shared_ptr<const std::vector<PackNumber>>> numbers;
        std::vector<std::string> listed;
        std::unordered_map<std::string, std::string> damaged;
    };
    Result<std::shared_ptr<IndexRun>> open_run(const std::string& name, std::uint64_t size);
    std::shared_ptr<const std::vector<PackNumber>> number_packs(const IndexRun& run);
    void install(Runs runs, std::vector<std::string> listed,
                 std::unordered_map<std::string, std::string> damaged);

    store::Store& store_;
    const VaultKeys& keys_;
    std::string cache_dir_;
    std::shared_ptr<IndexBlocks> blocks_;
    PackNames packs_;
    base::Guarded<State> state_;
};

}  // namespace holdfast::repo
