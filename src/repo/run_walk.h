#pragma once

#include <functional>

#include "base/result.h"
#include "repo/chunk_reader.h"
#include "repo/ids.h"
#include "repo/run.h"
#include "repo/run_block.h"

namespace holdfast::repo {

/// What a walk over all blocks of a run meets. Unset callbacks are left out.
struct RunVisitor {
    /// A block of the run, before it is read.
    std::function<Result<void>(const ChunkId&)> block = {};
    std::function<Result<void>(const Row&)> row = {};
    /// A block that cannot be read; its child entry tells the first key and the number of rows
    /// below it. Unset: the walk ends with the error.
    std::function<Result<void>(const RunNode::Child&, const Error&)> lost = {};
};

/// Walks a run top down, in the order of its keys.
Result<void> walk_run(ChunkReader& reader, const RunRef& run, std::size_t chunk_id_bytes,
                      const RunVisitor& visitor);

}  // namespace holdfast::repo
