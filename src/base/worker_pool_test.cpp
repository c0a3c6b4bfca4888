#include "base/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>

namespace holdfast::base {
namespace {

TEST(WorkerPool, RunsEveryTask) {
    for (std::size_t threads : {0u, 3u}) {
        std::atomic<int> ran{0};
        WorkerPool pool(threads, 2);
        for (int i = 0; i < 100; ++i)
            ASSERT_TRUE(pool.submit([&]() -> Result<void> {
                ++ran;
                return {};
            }));
        ASSERT_TRUE(pool.finish());
        EXPECT_EQ(ran, 100);
    }
}

TEST(WorkerPool, ReturnsTheFirstError) {
    for (std::size_t threads : {0u, 2u}) {
        WorkerPool pool(threads, 2);
        (void)pool.submit([]() -> Result<void> { return fail(ErrorCode::Corrupted, "broken"); });
        EXPECT_EQ(pool.finish().error().code, ErrorCode::Corrupted);
    }
}

}  // namespace
}  // namespace holdfast::base
