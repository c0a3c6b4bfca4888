#include "repo/pack_writer.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "repo/compress.h"
#include "repo/core.h"
#include "repo/fake_vault.h"
#include "repo/ids.h"
#include "repo/writer.h"

namespace holdfast::repo {
namespace {

TEST(PackWriter, BeginsAnotherPackBeforeAFooterGrowsTooLarge) {
    TestVault vault;
    auto& core = vault.repository->core();
    PackWriter writer(core.store(), core.keys(), vault.random, PointId::random(vault.random),
                      1u << 20, 1000);
    const std::vector<std::uint32_t> chunks(300, 1);
    const Bytes plain(chunks.size());
    Bytes coded;
    compress(plain, 1, coded);
    for (int frame = 0; frame < 10; ++frame)
        ASSERT_TRUE(writer.add(plain, coded, ChunkKind::Data, chunks, [](const auto&) {}));
    ASSERT_TRUE(writer.flush());
    std::size_t frames = 0;
    const auto packs = *store::list_all(vault.store, "packs/", 100);
    EXPECT_EQ(packs.size(), 4u);
    for (const auto& pack : packs) {
        const auto read = read_footer(vault.store, core.keys(), pack.name, pack.size_bytes);
        ASSERT_TRUE(read) << read.error().message;
        std::size_t told = 0;
        for (const FrameInfo& frame : *read) told += footer_bytes(frame);
        EXPECT_LE(told, 1000u);
        frames += read->size();
    }
    EXPECT_EQ(frames, 10u);
}

TEST(PackWriter, LeavesRoomForTheFooterInTheLargestPack) {
    const std::size_t bytes = PackWriter::bounded_pack_bytes(std::size_t{1} << 40);
    EXPECT_LE(bytes + kMaxFooterBytes + kPackTrailerBytes, store::kMaxObjectBytes);
    EXPECT_EQ(PackWriter::bounded_pack_bytes(32u << 20), 32u << 20);
}

}  // namespace
}  // namespace holdfast::repo
