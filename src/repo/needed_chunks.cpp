#include "repo/needed_chunks.h"

#include <algorithm>

namespace holdfast::repo {
namespace {

constexpr std::size_t kMinSlots = 64;

std::size_t slots_for(std::size_t chunks) {
    return std::max(kMinSlots, chunks + chunks / 4 + 1);
}

}  // namespace

NeededChunks::NeededChunks(std::size_t expected)
    : keys_(slots_for(expected), kFree), tags_(keys_.size(), kUntagged) {}

std::size_t NeededChunks::home_of(Key key) const {
    // The high bits of the product spread over any number of slots.
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::size_t>((static_cast<Wide>(key) * keys_.size()) >> 64);
}

std::size_t NeededChunks::slot_of(Key key) const {
    for (std::size_t slot = home_of(key);; slot = slot + 1 == keys_.size() ? 0 : slot + 1) {
        if (keys_[slot] == key) return slot;
        if (keys_[slot] == kFree) return kNoSlot;
    }
}

void NeededChunks::insert(Key key) {
    std::size_t slot = home_of(key);
    while (keys_[slot] != kFree) slot = slot + 1 == keys_.size() ? 0 : slot + 1;
    keys_[slot] = key;
}

void NeededChunks::add(const ChunkId& id) {
    const Key key = key_of(id);
    if (slot_of(key) != kNoSlot) return;
    if (slots_for(count_ + 1) > keys_.size()) grow();
    insert(key);
    ++count_;
}

/// Tags are lost: they are set only once everything has been added.
void NeededChunks::grow() {
    std::vector<Key> old(keys_.size() * 2, kFree);
    old.swap(keys_);
    tags_.assign(keys_.size(), kUntagged);
    for (const Key key : old)
        if (key != kFree) insert(key);
}

NeededChunks::Tag* NeededChunks::tag(const ChunkId& id) {
    const std::size_t slot = slot_of(key_of(id));
    return slot == kNoSlot ? nullptr : &tags_[slot];
}

void NeededChunks::clear_tags() {
    std::ranges::fill(tags_, kUntagged);
}

std::size_t NeededChunks::count_tagged(Tag tag) const {
    std::size_t count = 0;
    for (std::size_t slot = 0; slot < keys_.size(); ++slot)
        if (keys_[slot] != kFree && tags_[slot] == tag) ++count;
    return count;
}

}  // namespace holdfast::repo
