#include "base/random.h"

#include <gtest/gtest.h>

#include <set>

namespace holdfast::base {
namespace {

TEST(SeededRandom, RepeatsForASeed) {
    SeededRandom a(7);
    SeededRandom b(7);
    SeededRandom c(8);
    EXPECT_EQ(a.u64(), b.u64());
    EXPECT_NE(a.u64(), c.u64());
}

TEST(Random, StaysBelowTheBoundAndReachesEveryValue) {
    SeededRandom random(1);
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 200; ++i) seen.insert(random.below(5));
    EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3, 4}));
}

TEST(Uuid, SortsByTimeInVersionSeven) {
    SystemRandom random;
    std::string first = uuid_v7(Time(Millis(1000)), random);
    std::string second = uuid_v7(Time(Millis(1001)), random);
    EXPECT_LT(first, second);
    EXPECT_EQ(first.size(), 36u);
    EXPECT_EQ(first[14], '7');
    EXPECT_EQ(uuid_v4(random)[14], '4');
}

}  // namespace
}  // namespace holdfast::base
