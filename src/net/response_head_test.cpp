#include "net/response_head.h"

#include <gtest/gtest.h>

#include "net/headers.h"

namespace holdfast::net {
namespace {

using namespace std::string_literals;

const base::Time kNow = *base::from_rfc3339("2026-11-21T20:00:00Z");

TEST(ResponseHead, HasTheHandlersHeadersAndTheConnections) {
    const ServerResponse response{
        .status = 404,
        .headers = {{"X-Amzn-Errortype", "NotFound"}, {"Content-Type", "application/json"}},
        .body = "{}"};
    EXPECT_EQ(*response_head(response, kNow, AfterAnswer::KeepOpen),
              "HTTP/1.1 404 Not Found\r\nX-Amzn-Errortype: NotFound\r\n"
              "Content-Type: application/json\r\nDate: Sat, 21 Nov 2026 20:00:00 GMT\r\n"
              "Content-Length: 2\r\nConnection: keep-alive\r\n\r\n");
}

TEST(ResponseHead, LeavesOutWhatIsTheConnections) {
    const ServerResponse response{.headers = {{"content-length", "7"},
                                              {"Transfer-Encoding", "chunked"},
                                              {"date", "today"},
                                              {"Connection", "upgrade"}}};
    EXPECT_EQ(*response_head(response, kNow, AfterAnswer::Close),
              "HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 20:00:00 GMT\r\nContent-Length: 0\r\n"
              "Connection: close\r\n\r\n");
}

TEST(ResponseHead, HasNoLengthWhereThereIsNoBody) {
    EXPECT_EQ(*response_head({.status = 204}, kNow, AfterAnswer::KeepOpen),
              "HTTP/1.1 204 No Content\r\nDate: Sat, 21 Nov 2026 20:00:00 GMT\r\n"
              "Connection: keep-alive\r\n\r\n");
}

TEST(ResponseHead, RefusesHeadersThatWouldEndTheirLine) {
    for (const auto& header : Headers{{"A", "b\r\nC: d"},
                                      {"A\r\nB", "c"},
                                      {"A: b", "c"},
                                      {"", "c"},
                                      {"A", "b\0"s},
                                      {"A B", "c"}}) {
        EXPECT_FALSE(response_head({.headers = {header}}, kNow, AfterAnswer::Close))
            << header.first << header.second;
    }
    EXPECT_TRUE(response_head({.headers = {{"A", "\tb \xc3\xa4"}}}, kNow, AfterAnswer::Close));
}

TEST(ResponseHead, RefusesWhatIsNoFinalStatus) {
    for (const int status : {0, 100, 199, 600, -1}) {
        EXPECT_FALSE(response_head({.status = status}, kNow, AfterAnswer::Close)) << status;
    }
}

}  // namespace
}  // namespace holdfast::net
