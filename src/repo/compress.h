#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace holdfast::repo {

/// One byte that says how, then the bytes: as they are, or as one zstd frame that states its
/// content size.
inline constexpr std::size_t kCodedOverhead = 1;

/// Replaces `coded` with the coded form of `plain`, never longer than plain.size() + 1.
void compress(ByteView plain, int level, Bytes& coded);

/// Replaces `plain`. Corrupted, before memory is given, when it would exceed `max_plain`.
Result<void> decompress(ByteView coded, std::size_t max_plain, Bytes& plain);

}  // namespace holdfast::repo
