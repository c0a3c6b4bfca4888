#include "repo/ids.h"

#include <algorithm>

namespace holdfast::repo {
namespace {

bool is_lower_hex(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

Result<ChunkId> ChunkId::from_bytes(ByteView bytes) {
    if (bytes.size() < kMinBytes || bytes.size() > kMaxBytes)
        return fail(ErrorCode::InvalidArgument, "a chunk id has {} to {} bytes, not {}", kMinBytes,
                    kMaxBytes, bytes.size());
    ChunkId id;
    std::ranges::copy(bytes, id.bytes_.begin());
    id.size_ = static_cast<std::uint8_t>(bytes.size());
    return id;
}

Result<ChunkId> ChunkId::from_hex(std::string_view hex) {
    return from_bytes(TRY(base::from_hex(hex), "reading a chunk id"));
}

PointId PointId::random(base::Random& random) {
    return PointId(base::to_hex(random.array<kDigits / 2>()));
}

Result<PointId> PointId::parse(std::string_view text) {
    if (text.size() != kDigits || !is_lower_hex(text))
        return fail(ErrorCode::InvalidArgument, "\"{}\" is no point id: {} digits of 0-9a-f",
                    text.substr(0, 100), kDigits);
    return PointId(std::string(text));
}

}  // namespace holdfast::repo
