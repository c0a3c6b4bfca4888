#include "engine/row_table.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <span>
#include <string>

#include "repo/ids.h"

namespace holdfast::engine {

namespace {

constexpr std::size_t kBlockBytes = 256u << 10;

/// Stands before the bytes of key, chunk id and attributes.
struct Header {
    std::uint32_t key_bytes;
    std::uint32_t chunk_bytes;
    std::uint32_t attribute_bytes;
};

}  // namespace

std::byte* RowTable::allocate(std::size_t size) {
    if (blocks_.empty() || blocks_.back().size() - used_ < size) {
        blocks_.emplace_back(std::max(size, kBlockBytes));
        used_ = 0;
    }
    std::byte* place = blocks_.back().data() + used_;
    used_ += size;
    return place;
}

void RowTable::add(std::string_view key, const repo::ChunkId& chunk, ByteView attributes) {
    Header header{.key_bytes = static_cast<std::uint32_t>(key.size()),
                  .chunk_bytes = static_cast<std::uint32_t>(chunk.view().size()),
                  .attribute_bytes = static_cast<std::uint32_t>(attributes.size())};
    std::byte* at = allocate(sizeof header + key.size() + chunk.view().size() + attributes.size());
    rows_.push_back(at);
    auto put = [&at](ByteView bytes) {
        std::memcpy(at, bytes.data(), bytes.size());
        at += bytes.size();
    };
    put(std::as_bytes(std::span(&header, 1)));
    put(base::as_bytes(key));
    put(chunk.view());
    if (!attributes.empty()) put(attributes);
}

void RowTable::append(const RowTable& other) {
    for (std::size_t i = 0; i < other.size(); ++i) {
        View view = other.at(i);
        auto chunk = repo::ChunkId::from_bytes(view.chunk);
        ASSERT(chunk.has_value());
        add(view.key, *chunk, view.attributes);
    }
}

void RowTable::sort() {
    auto key_of = [](const std::byte* row) {
        Header header;
        std::memcpy(&header, row, sizeof header);
        return std::string_view(reinterpret_cast<const char*>(row + sizeof header),
                                header.key_bytes);
    };
    std::ranges::stable_sort(rows_, {}, key_of);
    // Later rows of equal keys come last: keep those.
    auto kept = rows_.begin();
    for (auto row = rows_.begin(); row != rows_.end(); ++row) {
        auto next = std::next(row);
        if (next != rows_.end() && key_of(*next) == key_of(*row)) continue;
        *kept++ = *row;
    }
    rows_.erase(kept, rows_.end());
}

RowTable::View RowTable::at(std::size_t index) const {
    const std::byte* row = rows_[index];
    Header header;
    std::memcpy(&header, row, sizeof header);
    const std::byte* key = row + sizeof header;
    const std::byte* chunk = key + header.key_bytes;
    const std::byte* attributes = chunk + header.chunk_bytes;
    return {.key = {reinterpret_cast<const char*>(key), header.key_bytes},
            .chunk = {chunk, header.chunk_bytes},
            .attributes = {attributes, header.attribute_bytes}};
}

repo::Row RowTable::row(std::size_t index) const {
    View view = at(index);
    auto chunk = repo::ChunkId::from_bytes(view.chunk);
    ASSERT(chunk.has_value());
    return {.key = std::string(view.key),
            .chunk = *chunk,
            .attributes = base::to_bytes(view.attributes)};
}

}  // namespace holdfast::engine
