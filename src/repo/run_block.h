#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "base/bytes.h"
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

}  // namespace holdfast::repo
