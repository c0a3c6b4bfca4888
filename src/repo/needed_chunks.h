#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "repo/ids.h"

namespace holdfast::repo {

/// The chunks that live points need, each with a tag: a hash table of the whole ids, at most four
/// fifths full, so that a chunk of 16 bytes of id takes 25 bytes. Only equal ids are one chunk: to
/// take two for one would let the place of the one stand for the other, which is then deleted. Not
/// thread-safe.
class NeededChunks {
public:
    using Tag = std::uint32_t;
    static constexpr Tag kUntagged = ~Tag{0};

    /// Every id has `id_bytes` bytes. Grows when there are more than `expected`, at the price of
    /// copying everything.
    NeededChunks(std::size_t id_bytes, std::size_t expected);

    void add(const ChunkId& id);
    bool contains(const ChunkId& id) const;
    std::size_t size() const { return count_; }

    /// The tag of a needed chunk; nullptr when it is not needed. Valid until the next add().
    Tag* tag(const ChunkId& id);
    void clear_tags();
    std::size_t count_tagged(Tag tag) const;

private:
    std::size_t slots() const { return tags_.size(); }
    std::byte* id_at(std::size_t slot) { return ids_.data() + slot * id_bytes_; }
    const std::byte* id_at(std::size_t slot) const { return ids_.data() + slot * id_bytes_; }
    /// The slot of the id, or the free one where it belongs.
    std::size_t slot_of(const std::byte* id) const;
    void grow();

    std::size_t id_bytes_;
    std::vector<std::byte> ids_;  // id_bytes_ per slot
    std::vector<Tag> tags_;       // per slot; one value says that there is no id
    std::size_t count_ = 0;
};

}  // namespace holdfast::repo
