#include "net/http_date.h"

#include <gtest/gtest.h>

namespace holdfast::net {
namespace {

TEST(HttpDate, IsWrittenAsTheStandardHasIt) {
    const base::Time time = *base::from_rfc3339("1994-11-06T08:49:37Z");
    EXPECT_EQ(to_http_date(time), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(to_http_date(*base::from_rfc3339("2026-02-28T23:59:59.999Z")),
              "Sat, 28 Feb 2026 23:59:59 GMT");
}

TEST(HttpDate, IsReadBack) {
    for (const char* text : {"1994-11-06T08:49:37Z", "2000-02-29T00:00:00Z"}) {
        const base::Time time = *base::from_rfc3339(text);
        const Result<base::Time> again = from_http_date(to_http_date(time));
        ASSERT_TRUE(again) << text;
        EXPECT_EQ(*again, time);
    }
}

TEST(HttpDate, RefusesOtherForms) {
    for (const char* text : {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
                             "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Now 1994 08:49:37 GMT",
                             "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 24:49:37 GMT",
                             "Sun, 6 Nov 1994 08:49:37 GMT ", "Thu, 30 Feb 1995 08:49:37 GMT"}) {
        EXPECT_FALSE(from_http_date(text)) << text;
    }
}

}  // namespace
}  // namespace holdfast::net
