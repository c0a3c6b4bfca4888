#include "base/clock.h"

#include <gtest/gtest.h>

namespace holdfast::base {
namespace {

TEST(Rfc3339, ReadsBackWhatItWrote) {
    Time time = *from_rfc3339("2026-11-21T14:05:09.120Z");
    EXPECT_EQ(to_rfc3339(time), "2026-11-21T14:05:09Z");
    EXPECT_EQ(to_rfc3339_millis(time), "2026-11-21T14:05:09.120Z");
}

TEST(Rfc3339, AppliesTheOffset) {
    EXPECT_EQ(*from_rfc3339("2026-11-21T14:05:00+02:00"), *from_rfc3339("2026-11-21T12:05:00Z"));
}

TEST(Rfc3339, CutsFractionsToMilliseconds) {
    EXPECT_EQ(to_rfc3339_millis(*from_rfc3339("2026-01-01T00:00:00.123456789Z")),
              "2026-01-01T00:00:00.123Z");
}

TEST(Rfc3339, RefusesWhatIsNoTime) {
    for (std::string_view bad :
         {"", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z",
          "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx"})
        EXPECT_FALSE(from_rfc3339(bad)) << bad;
}

TEST(SystemClock, WakesFromASleepWhenStopped) {
    SystemClock clock;
    std::stop_source source;
    source.request_stop();
    EXPECT_FALSE(clock.sleep(std::chrono::hours(1), source.get_token()));
}

}  // namespace
}  // namespace holdfast::base
