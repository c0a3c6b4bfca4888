#include "repo/needed_chunks.h"

#include <gtest/gtest.h>

#include <set>

#include "base/random.h"

namespace holdfast::repo {
namespace {

ChunkId random_id(base::Random& random) {
    return *ChunkId::from_bytes(random.array<16>());
}

TEST(NeededChunks, KnowsWhatWasAddedAndNothingElse) {
    base::SeededRandom random(1);
    NeededChunks needed(10);
    std::vector<ChunkId> added;
    for (int i = 0; i < 5000; ++i) {
        added.push_back(random_id(random));
        needed.add(added.back());
        needed.add(added.back());
    }
    EXPECT_EQ(needed.size(), added.size());
    for (const ChunkId& id : added) EXPECT_TRUE(needed.contains(id));
    for (int i = 0; i < 5000; ++i) EXPECT_FALSE(needed.contains(random_id(random)));
}

TEST(NeededChunks, CountsWhatIsTagged) {
    base::SeededRandom random(2);
    NeededChunks needed(100);
    const ChunkId one = random_id(random);
    const ChunkId other = random_id(random);
    needed.add(one);
    needed.add(other);
    EXPECT_EQ(needed.tag(random_id(random)), nullptr);
    EXPECT_EQ(*needed.tag(one), NeededChunks::kUntagged);
    *needed.tag(one) = 7;
    EXPECT_EQ(*needed.tag(other), NeededChunks::kUntagged);
    EXPECT_EQ(needed.count_tagged(7), 1u);
    needed.clear_tags();
    EXPECT_EQ(needed.count_tagged(7), 0u);
}

TEST(NeededChunks, TakesIdsThatBeginWithZeros) {
    NeededChunks needed(1);
    const std::array<std::byte, 16> zeros{};
    const ChunkId zero = *ChunkId::from_bytes(zeros);
    EXPECT_FALSE(needed.contains(zero));
    needed.add(zero);
    EXPECT_TRUE(needed.contains(zero));
    EXPECT_EQ(needed.size(), 1u);
}

}  // namespace
}  // namespace holdfast::repo
