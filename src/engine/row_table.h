#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "repo/ids.h"
#include "repo/run.h"

namespace holdfast::engine {

/// The rows of one capture, packed closely: about a hundred bytes each, in blocks that never move.
class RowTable {
public:
    struct View {
        std::string_view key;
        ByteView chunk;
        ByteView attributes;
    };

    void add(std::string_view key, const repo::ChunkId& chunk, ByteView attributes);
    /// Adds copies of all rows of another table.
    void append(const RowTable& other);
    /// Orders the rows by key. Of several rows with one key, which a list that moved under us can
    /// give, the last one added stays.
    void sort();

    std::size_t size() const { return rows_.size(); }
    View at(std::size_t index) const;
    repo::Row row(std::size_t index) const;

private:
    std::byte* allocate(std::size_t size);

    std::vector<Bytes> blocks_;
    std::size_t used_ = 0;  ///< bytes of the last block
    std::vector<const std::byte*> rows_;
};

}  // namespace holdfast::engine
