#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "repo/ids.h"
#include "repo/run.h"

namespace holdfast::repo {

/// Bounds of the blocks that make up a run.
inline constexpr std::size_t kRowsPerBlock = 1u << 16;
inline constexpr std::size_t kChildrenPerBlock = 1u << 16;
inline constexpr std::uint8_t kMaxRunLevel = 8;

/// The part of a run that points to blocks one level below: level 0 are rows.
struct RunNode {
    struct Child {
        std::string first_key;
        ChunkId block;
        std::uint64_t rows = 0;
    };
    std::uint8_t level = 1;
    std::vector<Child> children;
};

using RowBlock = std::vector<Row>;

/// Column after column: keys without what they share with the one before, ids, attributes.
Bytes encode_rows(const RowBlock& rows);
Bytes encode_node(const RunNode& node);

/// Corrupted for bytes that neither gives, and for keys that do not ascend.
Result<std::variant<RowBlock, RunNode>> parse_run_block(ByteView bytes, std::size_t chunk_id_bytes);

/// What the blocks above say of a block.
struct BlockPlace {
    int below = kMaxRunLevel + 1;          ///< its level is lower than this
    std::optional<std::string> first_key;  ///< its first; nothing: it is the root
    std::optional<std::string> end;        ///< all its keys are before this; nothing: no end
};

/// Corrupted unless the block is as it was announced. Then all blocks of a run differ and its keys
/// ascend: a walk through the run comes to its end, whatever somebody has put together.
Result<void> check_place(const std::variant<RowBlock, RunNode>& block, const BlockPlace& place);

}  // namespace holdfast::repo
