#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/row_table.h"
#include "repo/repository.h"
#include "repo/run.h"
#include "repo/writer.h"

namespace holdfast::engine {

/// How rows differ from those of older runs.
struct RowDelta {
    std::vector<std::uint32_t> changed;  ///< positions in the table: new or different rows
    std::vector<std::string> gone;       ///< keys that the table lacks, ascending
    std::uint64_t size() const { return changed.size() + gone.size(); }
};

/// Compares a sorted table with what `base` shows, streaming through the latter.
Result<RowDelta> compare_rows(const RowTable& rows, const repo::RunReader& base);

/// Writes what is needed so that the returned runs, newest first, show exactly the rows of the
/// sorted table: nothing when nothing changed, a small run over the base's runs, one run over the
/// base's oldest one, or a whole new run when a fifth has changed.
Result<std::vector<repo::RunRef>> write_runs(repo::Repository& repository, repo::Writer& writer,
                                             const RowTable& rows,
                                             const std::vector<repo::RunRef>& base);

}  // namespace holdfast::engine
