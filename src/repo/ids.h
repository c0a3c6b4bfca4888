#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"

namespace holdfast::repo {

/// The name of a chunk: a keyed hash of its bytes, cut to the length that the vault's header
/// fixes. A value type that compares bytewise.
class ChunkId {
public:
    static constexpr std::size_t kMinBytes = 16;
    static constexpr std::size_t kMaxBytes = 32;

    ChunkId() = default;
    /// `bytes` has between kMinBytes and kMaxBytes bytes.
    static Result<ChunkId> from_bytes(ByteView bytes);
    static Result<ChunkId> from_hex(std::string_view hex);

    ByteView view() const { return ByteView(bytes_).first(size_); }
    std::string hex() const { return base::to_hex(view()); }
    bool empty() const { return size_ == 0; }

    friend bool operator==(const ChunkId& a, const ChunkId& b) {
        return a.size_ == b.size_ && std::memcmp(a.bytes_.data(), b.bytes_.data(), a.size_) == 0;
    }
    friend std::strong_ordering operator<=>(const ChunkId& a, const ChunkId& b) {
        const int order = std::memcmp(a.bytes_.data(), b.bytes_.data(), kMaxBytes);
        return order != 0 ? order <=> 0 : a.size_ <=> b.size_;
    }
    /// The id is a keyed hash already: its first bytes are as good a hash as any.
    std::size_t hash() const {
        std::size_t value;
        std::memcpy(&value, bytes_.data(), sizeof value);
        return value;
    }

private:
    std::array<std::byte, kMaxBytes> bytes_{};
    std::uint8_t size_ = 0;
};

/// The name of a recovery point and of the writing session that makes it: 32 lower-case
/// hexadecimal digits, random, never used twice.
class PointId {
public:
    static constexpr std::size_t kDigits = 32;

    PointId() = default;
    static PointId random(base::Random& random);
    /// InvalidArgument unless `text` is exactly a point id.
    static Result<PointId> parse(std::string_view text);

    const std::string& text() const { return text_; }
    bool empty() const { return text_.empty(); }
    friend auto operator<=>(const PointId&, const PointId&) = default;

private:
    explicit PointId(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

}  // namespace holdfast::repo

template <>
struct std::hash<holdfast::repo::ChunkId> {
    std::size_t operator()(const holdfast::repo::ChunkId& id) const { return id.hash(); }
};
template <>
struct std::hash<holdfast::repo::PointId> {
    std::size_t operator()(const holdfast::repo::PointId& id) const {
        return std::hash<std::string>()(id.text());
    }
};
