#include "repo/chunk_table.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/bytes.h"

namespace holdfast::repo {
namespace {

constexpr std::size_t kFirstSlots = 1024;

}  // namespace

ChunkTable::ChunkTable(std::size_t id_bytes) : id_bytes_(id_bytes), slots_(kFirstSlots, kNowhere) {}

ByteView ChunkTable::id_view(std::uint32_t position) const {
    return ByteView(ids_).subspan(std::size_t{position} * id_bytes_, id_bytes_);
}

ChunkId ChunkTable::id(std::uint32_t position) const {
    return *ChunkId::from_bytes(id_view(position));
}

/// The slot that holds the id, or the free one where it belongs.
std::size_t ChunkTable::slot_of(const ChunkId& id) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = id.hash() & mask;
    while (slots_[slot] != kNowhere &&
           std::memcmp(id_view(slots_[slot]).data(), id.view().data(), id_bytes_) != 0)
        slot = (slot + 1) & mask;
    return slot;
}

bool ChunkTable::contains(const ChunkId& id) const {
    return slots_[slot_of(id)] != kNowhere;
}

std::pair<std::uint32_t, bool> ChunkTable::insert(const ChunkId& id) {
    std::size_t slot = slot_of(id);
    if (slots_[slot] != kNowhere) return {slots_[slot], false};
    if (2 * (places_.size() + 1) > slots_.size()) {
        grow();
        slot = slot_of(id);
    }
    const auto position = static_cast<std::uint32_t>(places_.size());
    const ByteView bytes = id.view();
    ids_.insert(ids_.end(), bytes.begin(), bytes.end());
    places_.emplace_back();
    slots_[slot] = position;
    return {position, true};
}

void ChunkTable::grow() {
    slots_.assign(slots_.size() * 2, kNowhere);
    for (std::uint32_t position = 0; position < places_.size(); ++position)
        slots_[slot_of(id(position))] = position;
}

std::vector<std::uint32_t> ChunkTable::sorted() const {
    std::vector<std::uint32_t> positions(places_.size());
    std::iota(positions.begin(), positions.end(), 0);
    const std::size_t bytes = std::min(id_bytes_, ChunkId::kMaxBytes);
    std::ranges::sort(positions, [&](std::uint32_t a, std::uint32_t b) {
        return std::memcmp(id_view(a).data(), id_view(b).data(), bytes) < 0;
    });
    return positions;
}

}  // namespace holdfast::repo
