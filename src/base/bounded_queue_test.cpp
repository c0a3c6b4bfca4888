#include "base/bounded_queue.h"

#include <gtest/gtest.h>

#include <thread>

namespace holdfast::base {
namespace {

TEST(BoundedQueue, KeepsTheOrder) {
    BoundedQueue<int> queue(3);
    for (int i : {1, 2, 3}) ASSERT_TRUE(queue.push(i, {}));
    for (int i : {1, 2, 3}) EXPECT_EQ(queue.pop({}), i);
}

TEST(BoundedQueue, BlocksAPushWhileItIsFull) {
    BoundedQueue<int> queue(1);
    ASSERT_TRUE(queue.push(1, {}));
    std::jthread pusher([&] { queue.push(2, {}); });
    EXPECT_EQ(queue.pop({}), 1);
    EXPECT_EQ(queue.pop({}), 2);
}

TEST(BoundedQueue, RefusesPushesAfterCloseAndDrains) {
    BoundedQueue<int> queue(2);
    ASSERT_TRUE(queue.push(1, {}));
    queue.close();
    EXPECT_FALSE(queue.push(2, {}));
    EXPECT_EQ(queue.pop({}), 1);
    EXPECT_EQ(queue.pop({}), std::nullopt);
}

TEST(BoundedQueue, StopsWaitingWhenAsked) {
    BoundedQueue<int> queue(1);
    std::stop_source source;
    std::jthread popper([&] { EXPECT_EQ(queue.pop(source.get_token()), std::nullopt); });
    source.request_stop();
}

}  // namespace
}  // namespace holdfast::base
