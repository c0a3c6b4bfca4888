#include "net/request_reader.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace holdfast::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using Phase = RequestReader::Phase;
using namespace std::string_literals;

const RequestReader::Limits kLimits{.header_bytes = 1000, .headers = 10, .body_bytes = 100};

/// How the bytes come in: all at once, or each by itself.
void feed(RequestReader& reader, std::string_view bytes, bool in_one_piece) {
    if (in_one_piece) return reader.put(bytes);
    for (const char byte : bytes) {
        if (reader.phase() == Phase::Refused) return;
        reader.put({&byte, 1});
    }
}

TEST(RequestReader, GivesARequestHoweverItIsCut) {
    const std::string text =
        "PUT /a%20b?c=d HTTP/1.1\r\nHost: h:80\r\nX-Amz-Date:  now \r\nX-A: 1\r\nx-a: 2\r\n"
        "Content-Length: 5\r\n\r\nhello";
    for (const bool whole : {true, false}) {
        RequestReader reader(kLimits);
        EXPECT_EQ(reader.phase(), Phase::Idle);
        feed(reader, text, whole);
        ASSERT_EQ(reader.phase(), Phase::Whole);
        EXPECT_TRUE(reader.keep_alive());
        EXPECT_EQ(reader.body_bytes(), 5u);
        const ServerRequest request = reader.take();
        EXPECT_EQ(request.method, "PUT");
        EXPECT_EQ(request.target, "/a%20b?c=d");
        EXPECT_THAT(request.headers,
                    ElementsAre(Pair("host", "h:80"), Pair("x-amz-date", "now"), Pair("x-a", "1"),
                                Pair("x-a", "2"), Pair("content-length", "5")));
        EXPECT_EQ(request.body, "hello");
        EXPECT_EQ(reader.phase(), Phase::Idle);
    }
}

TEST(RequestReader, GivesChunkedBodiesAndDropsTrailers) {
    const std::string text =
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
        "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-Amz-Evil: 1\r\nConnection: keep-alive\r\n\r\n";
    for (const bool whole : {true, false}) {
        RequestReader reader(kLimits);
        feed(reader, text, whole);
        ASSERT_EQ(reader.phase(), Phase::Whole) << reader.refusal().sentence;
        const ServerRequest request = reader.take();
        EXPECT_EQ(request.body, "abcde");
        EXPECT_THAT(request.headers,
                    ElementsAre(Pair("host", "h"), Pair("transfer-encoding", "Chunked")));
    }
}

TEST(RequestReader, KeepsWhatComesAfterARequest) {
    RequestReader reader(kLimits);
    reader.put(
        "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n"
        "\r\nxy\r\nGET /3 HTTP/1.1\r\nHo");
    EXPECT_EQ(reader.take().target, "/1");
    ASSERT_EQ(reader.phase(), Phase::Whole);
    EXPECT_EQ(reader.take().body, "xy");
    EXPECT_EQ(reader.phase(), Phase::Head);
    reader.put("st: h\r\n\r\n");
    EXPECT_EQ(reader.take().target, "/3");
}

TEST(RequestReader, PassesOverEmptyLinesBeforeARequest) {
    for (const bool whole : {true, false}) {
        RequestReader reader(kLimits);
        feed(reader, "\r\n\r\n\r\n", whole);
        EXPECT_EQ(reader.phase(), Phase::Idle);
        feed(reader, "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", whole);
        EXPECT_EQ(reader.phase(), Phase::Whole);
    }
}

TEST(RequestReader, KnowsWhenTheClientWaitsForContinue) {
    RequestReader reader(kLimits);
    reader.put("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(reader.phase(), Phase::Body);
    EXPECT_TRUE(reader.awaits_continue());
    reader.put("x");
    EXPECT_FALSE(reader.awaits_continue());
    reader.put("y");
    EXPECT_EQ(reader.phase(), Phase::Whole);
}

TEST(RequestReader, KnowsWhetherTheConnectionStaysOpen) {
    const auto stays_open = [](std::string_view version, std::string_view headers) {
        RequestReader reader(kLimits);
        reader.put(fmt::format("GET / HTTP/{}\r\nHost: h\r\n{}\r\n", version, headers));
        EXPECT_EQ(reader.phase(), Phase::Whole) << version << headers;
        return reader.keep_alive();
    };
    EXPECT_TRUE(stays_open("1.1", ""));
    EXPECT_FALSE(stays_open("1.1", "Connection: close\r\n"));
    EXPECT_FALSE(stays_open("1.0", ""));
    EXPECT_TRUE(stays_open("1.0", "Connection: keep-alive\r\n"));
}

TEST(RequestReader, RefusesWhatEndsTooEarly) {
    RequestReader idle(kLimits);
    idle.end();
    EXPECT_EQ(idle.phase(), Phase::Idle);
    for (const char* part : {"G", "GET / HTTP/1.1\r\nHost: h\r\n",
                             "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nx"}) {
        RequestReader reader(kLimits);
        reader.put(part);
        reader.end();
        EXPECT_EQ(reader.phase(), Phase::Refused) << part;
        EXPECT_EQ(reader.refusal().status, 400);
    }
}

/// Bytes, and the status and a part of the sentence with which they are refused.
using Bad = std::tuple<std::string, int, std::string>;

std::string with_headers(std::string_view headers, std::string_view body = "") {
    return fmt::format("POST / HTTP/1.1\r\nHost: h\r\n{}\r\n{}", headers, body);
}

void expect_refused(const std::vector<Bad>& cases) {
    for (const auto& [text, status, sentence] : cases) {
        for (const bool whole : {true, false}) {
            RequestReader reader(kLimits);
            feed(reader, text, whole);
            // In pieces a fault may show only when the whole head is there, or nothing more comes.
            if (!whole) reader.end();
            EXPECT_EQ(reader.phase(), Phase::Refused) << text;
            EXPECT_EQ(reader.refusal().status, status) << text;
            if (!whole) continue;
            EXPECT_THAT(reader.refusal().sentence, HasSubstr(sentence)) << text;
        }
    }
}

TEST(RequestReader, RefusesMalformedRequests) {
    const std::string host = "\r\nHost: h\r\n\r\n";
    expect_refused({
        {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400, "no HTTP request"},
        {"GET / HTTP/2.0" + host, 400, "no HTTP request"},
        {"GET / HTTP/0.9" + host, 400, "no HTTP request"},
        {"GET /\r\n\r\n", 400, "no HTTP request"},
        {"GET / HTTP/1.1\nHost: h\n\n", 400, "no HTTP request"},
        {"G(T / HTTP/1.1" + host, 400, "no HTTP request"},
        {"GET  / HTTP/1.1" + host, 400, ""},
        {"GET /a b HTTP/1.1" + host, 400, "no HTTP request"},
        {"GET /\0 HTTP/1.1"s + host, 400, "no HTTP request"},
        {"GET /\xc3\xa4 HTTP/1.1" + host, 400, "must be encoded"},
        {"GET http://h/ HTTP/1.1" + host, 400, "must be a path"},
        {"GET * HTTP/1.1" + host, 400, "must be a path"},
        {std::string(40, 'A') + " / HTTP/1.1" + host, 501, "method"},
        {"GET / HTTP/1.1\r\n\r\n", 400, "one Host header"},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "one Host header"},
        {with_headers("X : 1\r\n"), 400, "no HTTP request"},
        {with_headers("X\r\n"), 400, "no HTTP request"},
        {with_headers("X: a\0b\r\n"s), 400, ""},
        {with_headers("X: a\x7f\r\n"), 400, ""},
        {with_headers("X: a\x01\r\n"), 400, ""},
        {with_headers("X: a\rb\r\n"), 400, "no HTTP request"},
        {with_headers("Expect: the unexpected\r\n"), 417, "100-continue"},
    });
}

// Two readers that disagree about where a body ends let one request hide in another.
TEST(RequestReader, RefusesBodiesWithTwoEnds) {
    const std::string chunk = "0\r\n\r\n";
    expect_refused({
        {with_headers("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", chunk), 400, ""},
        {with_headers("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", chunk), 400, ""},
        {with_headers("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunk), 400,
         ""},
        {with_headers("Transfer-Encoding: gzip, chunked\r\n", chunk), 501, "'chunked'"},
        {with_headers("Transfer-Encoding: chunked, gzip\r\n", chunk), 501, "'chunked'"},
        {with_headers("Transfer-Encoding: xchunked\r\n", chunk), 501, "'chunked'"},
        {with_headers("Transfer-Encoding: identity\r\nContent-Length: 5\r\n", "hello"), 501, ""},
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk, 400, "HTTP/1.0"},
        {with_headers("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"), 400, ""},
        {with_headers("Content-Length: 5, 6\r\n", "hello!"), 400, ""},
        {with_headers("Content-Length: -1\r\n"), 400, ""},
        {with_headers("Content-Length: +1\r\n"), 400, ""},
        {with_headers("Content-Length: 0x1\r\n"), 400, ""},
        {with_headers("Content-Length: 1 1\r\n"), 400, ""},
        {with_headers("Content-Length: 99999999999999999999\r\n"), 400, ""},
        {with_headers("Content-Length:\r\n"), 400, ""},
        {with_headers("Transfer-Encoding: chunked\r\n", "g\r\n\r\n"), 400, ""},
        {with_headers("Transfer-Encoding: chunked\r\n", "-1\r\nx\r\n"), 400, ""},
        {with_headers("Transfer-Encoding: chunked\r\n", "1\r\nab\r\n0\r\n\r\n"), 400, ""},
        {with_headers("Transfer-Encoding: chunked\r\n", "1ffffffffffffffff\r\n"), 400, ""},
    });
}

TEST(RequestReader, RefusesWhatIsTooLong) {
    const std::string much(2000, 'a');
    std::string many;
    for (int i = 0; i < 10; ++i) many += "A: b\r\n";
    std::string hundreds;
    for (int i = 0; i < 300; ++i) hundreds += fmt::format("Header-{}: value\r\n", i);
    std::string trailers = "0\r\n";
    for (int i = 0; i < 9; ++i) trailers += "A: b\r\n";
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    expect_refused({
        {much, 414, "request line"},
        {"GET /" + much + " HTTP/1.1\r\nHost: h\r\n\r\n", 414, "request line"},
        {with_headers("X: " + much + "\r\n"), 431, "too long"},
        {with_headers(much + ": x\r\n"), 431, "too long"},
        {with_headers(many), 431, "more than 10 headers"},
        {with_headers(hundreds), 431, "more than 10 headers"},
        {with_headers("Content-Length: 101\r\n"), 413, "longer than 100 B"},
        {with_headers(chunked, "65\r\nxx"), 413, "longer than 100 B"},
        {with_headers(chunked, "32\r\n" + std::string(50, 'x') + "\r\n33\r\n"), 413, "longer than"},
        {with_headers(chunked, "1;" + much), 431, "too long"},
        {with_headers(chunked, trailers + "\r\n"), 431, "more than 10 headers"},
    });
}

// The parser's own limit begins anew with each line; ours counts all of them.
TEST(RequestReader, CountsHeadersThatComeLineByLine) {
    RequestReader reader({.header_bytes = 1000, .headers = 1000, .body_bytes = 100});
    reader.put("GET / HTTP/1.1\r\n");
    int lines = 0;
    while (reader.phase() == Phase::Head && lines < 1000) {
        reader.put("Some-Header: with a value\r\n");
        ++lines;
    }
    EXPECT_EQ(reader.refusal().status, 431);
    EXPECT_LT(lines, 50);
}

}  // namespace
}  // namespace holdfast::net
