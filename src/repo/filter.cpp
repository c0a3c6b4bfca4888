#include "repo/filter.h"

#include <bit>
#include <cstring>

namespace holdfast::repo::filter {
namespace {

static_assert(std::endian::native == std::endian::little);

struct Probes {
    std::uint64_t at;
    std::uint64_t step;

    explicit Probes(const ChunkId& id) {
        std::memcpy(&at, id.view().data(), sizeof at);
        std::memcpy(&step, id.view().data() + sizeof at, sizeof step);
        step |= 1;
    }
};

}  // namespace

Bytes make(std::size_t ids) {
    return Bytes((ids * kBitsPerId + 7) / 8 + 1, std::byte{0});
}

void add(Bytes& bits, const ChunkId& id) {
    Probes probes(id);
    for (unsigned i = 0; i < kProbes; ++i, probes.at += probes.step) {
        const std::uint64_t bit = probes.at % (bits.size() * 8);
        bits[bit / 8] |= static_cast<std::byte>(1u << bit % 8);
    }
}

bool may_have(ByteView bits, const ChunkId& id) {
    if (bits.empty()) return true;
    Probes probes(id);
    for (unsigned i = 0; i < kProbes; ++i, probes.at += probes.step) {
        const std::uint64_t bit = probes.at % (bits.size() * 8);
        if ((bits[bit / 8] & static_cast<std::byte>(1u << bit % 8)) == std::byte{0}) return false;
    }
    return true;
}

}  // namespace holdfast::repo::filter
