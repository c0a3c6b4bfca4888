#include "repo/needed_chunks.h"

#include <gtest/gtest.h>

#include <array>

#include "base/bytes.h"
#include "base/random.h"

namespace holdfast::repo {
namespace {

ChunkId random_id(base::Random& random) {
    return *ChunkId::from_bytes(random.array<16>());
}

TEST(NeededChunks, KnowsWhatWasAddedAndNothingElse) {
    base::SeededRandom random(1);
    NeededChunks needed(16, 10);
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
    NeededChunks needed(16, 100);
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
    NeededChunks needed(16, 1);
    const std::array<std::byte, 16> zeros{};
    const ChunkId zero = *ChunkId::from_bytes(zeros);
    EXPECT_FALSE(needed.contains(zero));
    needed.add(zero);
    EXPECT_TRUE(needed.contains(zero));
    EXPECT_EQ(needed.size(), 1u);
}

/// Ids that begin alike are different chunks, each with its own place: with one tag for both, the
/// pack that holds the one would seem to hold the other.
TEST(NeededChunks, TellsIdsApartThatDifferInTheirLastByteOnly) {
    for (const std::size_t id_bytes : {std::size_t{16}, std::size_t{32}}) {
        NeededChunks needed(id_bytes, 1);
        std::vector<ChunkId> ids;
        for (int i = 0; i < 200; ++i) {
            Bytes bytes(id_bytes, std::byte{0x5a});
            bytes.back() = static_cast<std::byte>(i);
            ids.push_back(*ChunkId::from_bytes(bytes));
            EXPECT_FALSE(needed.contains(ids.back()));
            needed.add(ids.back());
        }
        EXPECT_EQ(needed.size(), ids.size());
        for (std::uint32_t i = 0; i < ids.size(); ++i) *needed.tag(ids[i]) = i;
        for (std::uint32_t i = 0; i < ids.size(); ++i) EXPECT_EQ(*needed.tag(ids[i]), i);
    }
}

TEST(NeededChunks, KeepsTagsWhenItGrows) {
    base::SeededRandom random(3);
    NeededChunks needed(16, 1);
    const ChunkId first = random_id(random);
    needed.add(first);
    *needed.tag(first) = 5;
    for (int i = 0; i < 1000; ++i) needed.add(random_id(random));
    EXPECT_EQ(*needed.tag(first), 5u);
}

}  // namespace
}  // namespace holdfast::repo
