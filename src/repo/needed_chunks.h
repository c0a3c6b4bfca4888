#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "repo/ids.h"

namespace holdfast::repo {

/// The chunks that live points need, each with a tag: twelve bytes per chunk at most four fifths
/// full. Ids are told apart by their first 64 bits, which are as good as random; two chunks that
/// share them count as one, which can only keep more. Not thread-safe.
class NeededChunks {
public:
    using Tag = std::uint32_t;
    static constexpr Tag kUntagged = ~Tag{0};

    /// Grows when there are more than `expected`, at the price of copying everything.
    explicit NeededChunks(std::size_t expected);

    void add(const ChunkId& id);
    bool contains(const ChunkId& id) const { return slot_of(key_of(id)) != kNoSlot; }
    std::size_t size() const { return count_; }

    /// The tag of a needed chunk; nullptr when it is not needed. Valid until the next add().
    Tag* tag(const ChunkId& id);
    void clear_tags();
    std::size_t count_tagged(Tag tag) const;

private:
    using Key = std::uint64_t;
    static constexpr Key kFree = 0;
    static constexpr std::size_t kNoSlot = ~std::size_t{0};

    static Key key_of(const ChunkId& id) {
        const Key key = id.hash();
        return key == kFree ? 1 : key;
    }
    std::size_t home_of(Key key) const;
    std::size_t slot_of(Key key) const;
    void insert(Key key);
    void grow();

    std::vector<Key> keys_;
    std::vector<Tag> tags_;
    std::size_t count_ = 0;
};

}  // namespace holdfast::repo
