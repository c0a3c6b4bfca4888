#include "base/codec.h"

#include <cstring>

namespace holdfast::base {

namespace {

template <class T>
void put(Bytes& bytes, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
        bytes.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i)));
}

}  // namespace

void ByteWriter::u8(std::uint8_t value) {
    put(bytes_, value);
}
void ByteWriter::u16(std::uint16_t value) {
    put(bytes_, value);
}
void ByteWriter::u32(std::uint32_t value) {
    put(bytes_, value);
}
void ByteWriter::u64(std::uint64_t value) {
    put(bytes_, value);
}

void ByteWriter::varint(std::uint64_t value) {
    while (value >= 0x80) {
        bytes_.push_back(static_cast<std::byte>(value | 0x80));
        value >>= 7;
    }
    bytes_.push_back(static_cast<std::byte>(value));
}

void ByteWriter::raw(ByteView bytes) {
    append(bytes_, bytes);
}

void ByteWriter::sized(ByteView bytes) {
    varint(bytes.size());
    raw(bytes);
}

void ByteWriter::sized(std::string_view text) {
    sized(as_bytes(text));
}

template <class T>
Result<T> ByteReader::integer() {
    ByteView bytes = TRY(raw(sizeof(T)));
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
        value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
    return static_cast<T>(value);
}

Result<std::uint8_t> ByteReader::u8() {
    return integer<std::uint8_t>();
}
Result<std::uint16_t> ByteReader::u16() {
    return integer<std::uint16_t>();
}
Result<std::uint32_t> ByteReader::u32() {
    return integer<std::uint32_t>();
}
Result<std::uint64_t> ByteReader::u64() {
    return integer<std::uint64_t>();
}

Result<std::uint64_t> ByteReader::varint() {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 10 && i < rest_.size(); ++i) {
        auto byte = std::to_integer<std::uint64_t>(rest_[i]);
        if (i == 9 && byte > 1) break;
        value |= (byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            rest_ = rest_.subspan(i + 1);
            return value;
        }
    }
    return fail(ErrorCode::Corrupted, "a number is cut off or too large");
}

Result<std::uint64_t> ByteReader::varint_up_to(std::uint64_t max) {
    std::uint64_t value = TRY(varint());
    if (value > max)
        return fail(ErrorCode::Corrupted, "{} is more than the limit of {}", value, max);
    return value;
}

Result<ByteView> ByteReader::raw(std::size_t size) {
    if (size > rest_.size())
        return fail(ErrorCode::Corrupted, "{} bytes are needed, {} are left", size, rest_.size());
    ByteView bytes = rest_.first(size);
    rest_ = rest_.subspan(size);
    return bytes;
}

Result<ByteView> ByteReader::sized(std::size_t max) {
    return raw(TRY(varint_up_to(max)));
}

Result<std::string_view> ByteReader::text(std::size_t max) {
    return as_text(TRY(sized(max)));
}

Result<void> ByteReader::expect_end() const {
    if (!rest_.empty()) return fail(ErrorCode::Corrupted, "{} bytes too many", rest_.size());
    return {};
}

}  // namespace holdfast::base
