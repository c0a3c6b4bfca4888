#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace holdfast::base {

/// Appends little-endian integers, LEB128 varints and length-prefixed strings to a buffer.
class ByteWriter {
public:
    void u8(std::uint8_t value);
    void u16(std::uint16_t value);
    void u32(std::uint32_t value);
    void u64(std::uint64_t value);
    /// Unsigned LEB128, at most ten bytes.
    void varint(std::uint64_t value);
    void raw(ByteView bytes);
    /// A varint length, then the bytes.
    void sized(ByteView bytes);
    void sized(std::string_view text);

    std::size_t size() const { return bytes_.size(); }
    ByteView view() const { return bytes_; }
    Bytes take() { return std::move(bytes_); }

private:
    Bytes bytes_;
};

/// Reads what ByteWriter wrote from bytes that may be hostile. Every method fails with Corrupted
/// when the bytes end too early; returned views live as long as the input.
class ByteReader {
public:
    explicit ByteReader(ByteView bytes) : rest_(bytes) {}

    Result<std::uint8_t> u8();
    Result<std::uint16_t> u16();
    Result<std::uint32_t> u32();
    Result<std::uint64_t> u64();
    /// Also Corrupted for a varint of more than ten bytes or 64 bits.
    Result<std::uint64_t> varint();
    /// A varint of at most `max`; Corrupted beyond.
    Result<std::uint64_t> varint_up_to(std::uint64_t max);
    Result<ByteView> raw(std::size_t size);
    /// A length-prefixed string of at most `max` bytes; Corrupted beyond.
    Result<ByteView> sized(std::size_t max);
    Result<std::string_view> text(std::size_t max);

    std::size_t remaining() const { return rest_.size(); }
    ByteView rest() const { return rest_; }
    /// Corrupted unless everything was read.
    Result<void> expect_end() const;

private:
    template <class T>
    Result<T> integer();

    ByteView rest_;
};

}  // namespace holdfast::base
