#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "repo/ids.h"

namespace holdfast::repo {

/// The chunks that a session has taken in and where they went: a hash table of about forty bytes
/// per chunk. Not thread-safe.
class ChunkTable {
public:
    static constexpr std::uint32_t kNowhere = ~std::uint32_t{0};

    struct Place {
        std::uint32_t pack = kNowhere;  ///< by the session's own count
        std::uint32_t frame = 0;
        std::uint32_t offset = 0;
        std::uint32_t bytes = 0;
    };

    explicit ChunkTable(std::size_t id_bytes);

    /// The chunk's position, and whether it is new here.
    std::pair<std::uint32_t, bool> insert(const ChunkId& id);
    bool contains(const ChunkId& id) const;

    std::size_t size() const { return places_.size(); }
    Place& place(std::uint32_t position) { return places_[position]; }
    const Place& place(std::uint32_t position) const { return places_[position]; }
    ChunkId id(std::uint32_t position) const;
    /// Positions in the order of their ids.
    std::vector<std::uint32_t> sorted() const;

private:
    std::size_t slot_of(const ChunkId& id) const;
    ByteView id_view(std::uint32_t position) const;
    void grow();

    std::size_t id_bytes_;
    std::vector<std::byte> ids_;
    std::vector<Place> places_;
    std::vector<std::uint32_t> slots_;
};

}  // namespace holdfast::repo
