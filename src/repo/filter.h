#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "repo/ids.h"

namespace holdfast::repo {

/// A Bloom filter over chunk ids: about ten bits per id, one false yes in a hundred. Format:
/// the bits, in bytes, least significant first; probe i is (a + i * b) modulo the number of bits,
/// where a and b are the id's first and second eight bytes, little-endian, and b is made odd.
namespace filter {

inline constexpr std::size_t kBitsPerId = 10;
inline constexpr unsigned kProbes = 7;

Bytes make(std::size_t ids);
void add(Bytes& bits, const ChunkId& id);
/// Also true for an empty filter.
bool may_have(ByteView bits, const ChunkId& id);

}  // namespace filter
}  // namespace holdfast::repo
