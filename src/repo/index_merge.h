#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "repo/index.h"
#include "repo/index_run.h"
#include "repo/vault_keys.h"

namespace holdfast::repo {

/// Writers merge small runs when there are more than this.
inline constexpr std::size_t kMaxUnmergedRuns = 16;

/// Which runs to merge into one: of the smallest, as many as have about equal sizes, so that an
/// entry is rewritten a logarithmic number of times. Fewer than two: none.
Index::Runs runs_to_merge(const Index::Runs& runs);

/// Whether an entry of the merged runs is kept; gets the pack's name.
using KeepPack = std::function<bool(const std::string& pack)>;

/// Writes new runs with the entries of `runs` that `keep` keeps, doubles once, and takes them in.
/// The last of them supersedes `runs` and `also_superseded`, so that readers see either all old
/// runs or all new ones. Writes no run when no entry is kept: then the old ones can simply be
/// removed. Stores nothing else and removes nothing.
Result<void> merge_runs(Index& index, const VaultKeys& keys, base::Random& random,
                        const Index::Runs& runs, const KeepPack& keep,
                        std::vector<std::string> also_superseded = {},
                        std::size_t max_entries = kMaxEntriesPerRun);

}  // namespace holdfast::repo
