#include "app/progress_bar.h"

#include <gtest/gtest.h>

#include <chrono>

namespace holdfast::app {
namespace {

using std::chrono::seconds;

TEST(ProgressBar, ShowsCountsRateAndTimeLeft) {
    EXPECT_EQ(ProgressBar::line({.phase = "capturing", .item = "pods", .done = 500, .total = 1000},
                                seconds(5), 200),
              "capturing [##########..........]  50% 500/1000, 100/s, 5 s left, pods");
}

TEST(ProgressBar, CountsWithoutATotal) {
    EXPECT_EQ(ProgressBar::line({.phase = "capturing", .done = 30, .failed = 2}, seconds(10), 200),
              "capturing 30, 3/s, 2 failed");
}

TEST(ProgressBar, NeverGoesBeyondAWholeOrTheLine) {
    std::string line =
        ProgressBar::line({.phase = "restoring", .done = 20, .total = 10}, seconds(1), 30);
    EXPECT_EQ(line, "restoring [" + std::string(19, '#'));
}

}  // namespace
}  // namespace holdfast::app
