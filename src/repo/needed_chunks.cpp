#include "repo/needed_chunks.h"

#include <algorithm>
#include <cstring>

namespace holdfast::repo {
namespace {

constexpr std::size_t kMinSlots = 64;
/// In the place of a tag: the slot holds no id. No pack has this number.
constexpr NeededChunks::Tag kFree = NeededChunks::kUntagged - 1;

std::size_t slots_for(std::size_t chunks) {
    return std::max(kMinSlots, chunks + chunks / 4 + 1);
}

/// Where an id belongs. It is a keyed hash: its first 64 bits are as good as random, and the high
/// bits of the product spread them over any number of slots.
std::size_t home_of(const std::byte* id, std::size_t slots) {
    __extension__ using Wide = unsigned __int128;
    std::uint64_t key;
    std::memcpy(&key, id, sizeof key);
    return static_cast<std::size_t>((static_cast<Wide>(key) * slots) >> 64);
}

}  // namespace

NeededChunks::NeededChunks(std::size_t id_bytes, std::size_t expected)
    : id_bytes_(id_bytes), ids_(slots_for(expected) * id_bytes), tags_(slots_for(expected), kFree) {
    ASSERT(id_bytes >= ChunkId::kMinBytes && id_bytes <= ChunkId::kMaxBytes);
}

std::size_t NeededChunks::slot_of(const std::byte* id) const {
    for (std::size_t slot = home_of(id, slots());; slot = slot + 1 == slots() ? 0 : slot + 1)
        if (tags_[slot] == kFree || std::memcmp(id_at(slot), id, id_bytes_) == 0) return slot;
}

void NeededChunks::add(const ChunkId& id) {
    ASSERT(id.view().size() == id_bytes_);
    if (tags_[slot_of(id.view().data())] != kFree) return;
    if (slots_for(count_ + 1) > slots()) grow();
    const std::size_t slot = slot_of(id.view().data());
    std::memcpy(id_at(slot), id.view().data(), id_bytes_);
    tags_[slot] = kUntagged;
    ++count_;
}

void NeededChunks::grow() {
    std::vector<std::byte> ids(ids_.size() * 2);
    std::vector<Tag> tags(tags_.size() * 2, kFree);
    ids.swap(ids_);
    tags.swap(tags_);
    for (std::size_t old = 0; old < tags.size(); ++old) {
        if (tags[old] == kFree) continue;
        const std::byte* id = ids.data() + old * id_bytes_;
        const std::size_t slot = slot_of(id);
        std::memcpy(id_at(slot), id, id_bytes_);
        tags_[slot] = tags[old];
    }
}

NeededChunks::Tag* NeededChunks::tag(const ChunkId& id) {
    if (id.view().size() != id_bytes_) return nullptr;
    const std::size_t slot = slot_of(id.view().data());
    return tags_[slot] == kFree ? nullptr : &tags_[slot];
}

bool NeededChunks::contains(const ChunkId& id) const {
    return id.view().size() == id_bytes_ && tags_[slot_of(id.view().data())] != kFree;
}

void NeededChunks::clear_tags() {
    for (Tag& tag : tags_)
        if (tag != kFree) tag = kUntagged;
}

std::size_t NeededChunks::count_tagged(Tag tag) const {
    return static_cast<std::size_t>(std::ranges::count(tags_, tag));
}

}  // namespace holdfast::repo
