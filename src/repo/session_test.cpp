#include "repo/session.h"

#include <gtest/gtest.h>

#include "repo/fake_vault.h"
#include "repo/names.h"

namespace holdfast::repo {
namespace {

/// The kinds of the frames of the vault's only pack.
std::vector<ChunkKind> kinds_of_frames(TestVault& vault) {
    auto& core = vault.repository->core();
    const auto packs = store::list_all(core.store(), names::kPacks, 2);
    EXPECT_TRUE(packs);
    EXPECT_EQ(packs->size(), 1u);
    const auto frames =
        read_footer(core.store(), core.keys(), packs->front().name, packs->front().size_bytes);
    EXPECT_TRUE(frames);
    std::vector<ChunkKind> kinds;
    for (const FrameInfo& frame : *frames) kinds.push_back(frame.kind);
    return kinds;
}

TEST(Session, PutsTheLastRowsBehindAllData) {
    // A frame of data that takes long to encode beside one of rows that takes no time.
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        TestVault vault(2, seed);
        Bytes noise(1u << 19);
        vault.random.fill(noise);
        ASSERT_TRUE(write_point(*vault.repository, {{"key", base::to_text(noise)}}));
        const std::vector<ChunkKind> expected{ChunkKind::Data, ChunkKind::Metadata};
        EXPECT_EQ(kinds_of_frames(vault), expected) << "seed " << seed;
    }
}

}  // namespace
}  // namespace holdfast::repo
