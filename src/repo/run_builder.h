#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "repo/ids.h"
#include "repo/run.h"
#include "repo/run_block.h"

namespace holdfast::repo {

/// Builds one run bottom up: blocks of about 64 KiB, stored as they fill. Not thread-safe.
class RunBuilder {
public:
    using StoreBlock = std::function<Result<ChunkId>(ByteView)>;
    explicit RunBuilder(StoreBlock store) : store_(std::move(store)) {}

    /// InvalidArgument unless keys ascend and all is within its bounds.
    Result<void> add(Row row);
    Result<RunRef> finish();

private:
    Result<void> flush_rows();
    Result<void> add_child(std::size_t level, RunNode::Child child);
    Result<void> flush_node(std::size_t level);

    StoreBlock store_;
    RowBlock rows_;
    std::size_t row_bytes_ = 0;
    std::uint64_t total_ = 0;
    std::string last_key_;
    struct OpenNode {
        RunNode node;
        std::size_t bytes = 0;
    };
    std::vector<OpenNode> nodes_;  // nodes_[i] has level i + 1
};

}  // namespace holdfast::repo
