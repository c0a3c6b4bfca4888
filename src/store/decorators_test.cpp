#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/fake_clock.h"
#include "base/random.h"
#include "store/counting_store.h"
#include "store/faulty_store.h"
#include "store/memory_store.h"
#include "store/retrying_store.h"
#include "store/store.h"
#include "store/throttled_store.h"

namespace holdfast::store {
namespace {

using std::chrono::milliseconds;

ByteView bytes(std::string_view text) {
    return base::as_bytes(text);
}

TEST(Backoff, DoublesUpToTheLongestDelayAndStaysInTheUpperHalf) {
    RetryPolicy policy{.first_delay = milliseconds(100), .longest_delay = milliseconds(1000)};
    EXPECT_EQ(delay_after(policy, 1, 0), milliseconds(100));
    EXPECT_EQ(delay_after(policy, 2, 0), milliseconds(200));
    EXPECT_EQ(delay_after(policy, 4, 0), milliseconds(800));
    EXPECT_EQ(delay_after(policy, 5, 0), milliseconds(1000));
    EXPECT_EQ(delay_after(policy, 1000, 0), milliseconds(1000));
    for (std::uint64_t random = 0; random < 2000; ++random) {
        EXPECT_GE(delay_after(policy, 3, random), milliseconds(200));
        EXPECT_LE(delay_after(policy, 3, random), milliseconds(400));
    }
}

struct Tower {
    base::FakeClock clock;
    base::SystemRandom random;
    MemoryStore memory{clock};
    FaultyStore faulty{memory, random};
    CountingStore counting{faulty};
    RetryingStore retrying{counting, {.tries = 4}, clock, random};
};

TEST(RetryingStore, RepeatsWhatMayPassAndGivesUpAfterItsTries) {
    Tower tower;
    tower.faulty.script({.calls = StoreCall::Put}, 1, 3);
    EXPECT_TRUE(tower.retrying.put("x", bytes("1")));
    EXPECT_EQ(tower.counting.counts().writes, 4u);
    tower.faulty.script({.calls = StoreCall::Get}, 1, 100);
    EXPECT_EQ(tower.retrying.get("x").error().code, ErrorCode::Unavailable);
    EXPECT_EQ(tower.counting.counts().reads, 4u);
}

TEST(RetryingStore, NeverRepeatsCorruptionNorAFailedWrite) {
    Tower tower;
    for (ErrorCode code : {ErrorCode::Corrupted, ErrorCode::Internal, ErrorCode::LimitExceeded,
                           ErrorCode::PermissionDenied}) {
        tower.faulty.script({.calls = StoreCall::Any, .code = code}, 1, 2);
        auto before = tower.counting.counts();
        EXPECT_EQ(tower.retrying.put("x", bytes("1")).error().code, code);
        EXPECT_EQ(tower.retrying.get("x").error().code, code);
        EXPECT_EQ(tower.counting.counts().writes - before.writes, 1u);
        EXPECT_EQ(tower.counting.counts().reads - before.reads, 1u);
    }
}

TEST(RetryingStore, KnowsItsOwnCreationWhenTheReplyWasLost) {
    Tower tower;
    tower.faulty.script({.calls = StoreCall::Create, .kind = FaultKind::LoseReply});
    EXPECT_TRUE(tower.retrying.create("points/p", bytes("mine")));
}

TEST(RetryingStore, DoesNotTakeAnothersCreationForItsOwn) {
    Tower tower;
    ASSERT_TRUE(tower.memory.create("points/p", bytes("theirs")));
    tower.faulty.script({.calls = StoreCall::Create});
    EXPECT_EQ(tower.retrying.create("points/p", bytes("mine")).error().code,
              ErrorCode::AlreadyExists);
    ASSERT_TRUE(tower.memory.create("points/q", bytes("mine")));
    EXPECT_EQ(tower.retrying.create("points/q", bytes("mine")).error().code,
              ErrorCode::AlreadyExists);
}

TEST(RetryingStore, StopsWaitingWhenAskedTo) {
    base::FakeClock clock;
    base::SystemRandom random;
    MemoryStore memory(clock);
    FaultyStore faulty(memory, random);
    CountingStore counting(faulty);
    std::stop_source stop;
    RetryingStore retrying(counting, {}, clock, random, stop.get_token());
    faulty.script({}, 1, 100);
    stop.request_stop();
    EXPECT_FALSE(retrying.put("x", bytes("1")));
    EXPECT_EQ(counting.counts().writes, 1u);
}

TEST(ThrottledStore, LetsThroughWhatTheLimitsAllow) {
    base::FakeClock clock;
    MemoryStore memory(clock);
    ThrottledStore throttled(memory, {.bytes_per_second = 1000}, clock);
    auto start = clock.now();
    Bytes kilobyte(1000);
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(throttled.put("x" + std::to_string(i), kilobyte));
    // Ten seconds' worth, less the burst.
    EXPECT_EQ(clock.now() - start, milliseconds(9750));
    ASSERT_TRUE(throttled.get("x0"));
    EXPECT_EQ(clock.now() - start, milliseconds(10750));
    clock.advance(std::chrono::hours(1));
    auto later = clock.now();
    ASSERT_TRUE(throttled.put("y", kilobyte));
    EXPECT_EQ(clock.now() - later, milliseconds(750));  // idle time is not saved up
}

TEST(ThrottledStore, CountsRequests) {
    base::FakeClock clock;
    MemoryStore memory(clock);
    ThrottledStore throttled(memory, {.requests_per_second = 100}, clock);
    auto start = clock.now();
    for (int i = 0; i < 125; ++i) (void)throttled.stat("x");
    EXPECT_EQ(clock.now() - start, milliseconds(1000));
}

TEST(ThrottledStore, IsCancelledWhileItWaits) {
    base::FakeClock clock;
    MemoryStore memory(clock);
    std::stop_source stop;
    stop.request_stop();
    ThrottledStore throttled(memory, {.bytes_per_second = 1}, clock, stop.get_token());
    EXPECT_EQ(throttled.put("x", bytes("1234")).error().code, ErrorCode::Cancelled);
}

TEST(FaultyStore, MeetsTheFaultsOfItsScript) {
    base::FakeClock clock;
    base::SystemRandom random;
    MemoryStore memory(clock);
    FaultyStore faulty(memory, random);
    faulty.script({.calls = StoreCall::Put, .kind = FaultKind::LoseWrite}, 2);
    EXPECT_TRUE(faulty.put("a", bytes("1")));
    EXPECT_TRUE(faulty.put("b", bytes("1")));
    EXPECT_TRUE(memory.get("a"));
    EXPECT_FALSE(memory.get("b"));
    faulty.script({.calls = StoreCall::Get, .kind = FaultKind::FlipBit});
    EXPECT_NE(base::to_text(*faulty.get("a")), "1");
    EXPECT_EQ(base::to_text(*faulty.get("a")), "1");
    faulty.script({.calls = StoreCall::GetRange, .kind = FaultKind::ShortRead});
    EXPECT_EQ(faulty.get("a", Range{0, 1}).error().code, ErrorCode::Corrupted);
    faulty.script({.calls = StoreCall::List, .kind = FaultKind::Omit});
    EXPECT_EQ(faulty.list("", "", 10)->objects.size(), 0u);
    EXPECT_EQ(faulty.list("", "", 10)->objects.size(), 1u);
    faulty.script({.calls = StoreCall::Any, .code = ErrorCode::Timeout, .only_under = "packs/"});
    EXPECT_TRUE(faulty.get("a"));
    EXPECT_EQ(faulty.get("packs/x").error().code, ErrorCode::Timeout);
}

TEST(FaultyStore, ShowsNewObjectsLate) {
    base::FakeClock clock;
    base::SystemRandom random;
    MemoryStore memory(clock);
    FaultyStore faulty(memory, random);
    faulty.delay_lists(3);
    ASSERT_TRUE(faulty.put("a", bytes("1")));
    EXPECT_EQ(faulty.list("", "", 10)->objects.size(), 0u);
    EXPECT_EQ(faulty.list("", "", 10)->objects.size(), 0u);
    EXPECT_EQ(faulty.list("", "", 10)->objects.size(), 1u);
}

}  // namespace
}  // namespace holdfast::store
