#include "base/codec.h"

#include <gtest/gtest.h>

namespace holdfast::base {
namespace {

TEST(Codec, ReadsBackWhatItWrote) {
    ByteWriter writer;
    writer.u8(1);
    writer.u16(0x0203);
    writer.u32(0x04050607);
    writer.u64(0x08090a0b0c0d0e0f);
    writer.varint(UINT64_MAX);
    writer.sized("text");
    ByteReader reader(writer.view());
    EXPECT_EQ(reader.u8(), 1);
    EXPECT_EQ(reader.u16(), 0x0203);
    EXPECT_EQ(reader.u32(), 0x04050607u);
    EXPECT_EQ(reader.u64(), 0x08090a0b0c0d0e0fu);
    EXPECT_EQ(reader.varint(), UINT64_MAX);
    EXPECT_EQ(reader.text(4), "text");
    EXPECT_TRUE(reader.expect_end());
}

TEST(Codec, FailsOnEveryPrefix) {
    ByteWriter writer;
    writer.varint(300);
    writer.sized("text");
    for (std::size_t cut = 0; cut < writer.size(); ++cut) {
        ByteReader reader(writer.view().first(cut));
        auto number = reader.varint();
        EXPECT_TRUE(!number || !reader.text(10)) << cut;
    }
}

TEST(Codec, RefusesVarintsOfMoreThan64Bits) {
    Bytes bytes(10, std::byte{0xff});
    bytes[9] = std::byte{2};
    EXPECT_EQ(ByteReader(bytes).varint().error().code, ErrorCode::Corrupted);
}

TEST(Codec, RefusesAStringBeyondItsLimit) {
    ByteWriter writer;
    writer.sized("text");
    EXPECT_EQ(ByteReader(writer.view()).text(3).error().code, ErrorCode::Corrupted);
}

}  // namespace
}  // namespace holdfast::base
