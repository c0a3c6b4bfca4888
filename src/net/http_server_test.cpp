#include "net/http_server.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/fake_clock.h"
#include "base/guarded.h"
#include "net/http_client.h"
#include "net/raw_client.h"
#include "net/test_certificate.h"
#include "net/url.h"

namespace holdfast::net {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

base::FakeClock& test_clock() {
    static base::FakeClock clock(*base::from_rfc3339("2026-11-21T20:00:00Z"));
    return clock;
}

/// Says what it was asked.
ServerResponse echo(const ServerRequest& request, std::stop_token) {
    return {.headers = {{"X-Method", request.method}, {"X-Target", request.target}},
            .body = request.body};
}

std::unique_ptr<HttpServer> serve(HttpServer::Options options = {},
                                  HttpServer::Handler handler = echo) {
    auto server = HttpServer::start(std::move(options), std::move(handler), test_clock());
    EXPECT_TRUE(server) << (server ? "" : server.error().message);
    return *std::move(server);
}

std::string failure_of(HttpServer::Options options) {
    const auto server = HttpServer::start(std::move(options), echo, test_clock());
    EXPECT_FALSE(server);
    return server ? "" : server.error().message;
}

constexpr std::string_view kGet = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kLastGet = "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

/// What the server answers to those bytes until it closes the connection.
std::string answer_to(const HttpServer& server, std::string_view bytes) {
    RawClient client(server.port());
    client.send(bytes);
    return client.rest();
}

/// Whether a request from somebody else is served as ever.
bool serves_others(const HttpServer& server) {
    return answer_to(server, kLastGet).starts_with("HTTP/1.1 200 OK\r\n");
}

/// Holds handlers back until a test lets them go.
class Gate {
public:
    ServerResponse wait(const ServerRequest&, std::stop_token stop) {
        state_.update([](State& state) { ++state.inside; });
        state_.wait(stop, [](State& state) { return state.open; });
        return {.body = stop.stop_requested() ? "stopped" : "let go"};
    }
    HttpServer::Handler handler() {
        return [this](const ServerRequest& request, std::stop_token stop) {
            return wait(request, stop);
        };
    }
    void wait_until_inside(int count) {
        state_.wait({}, [&](State& state) { return state.inside >= count; });
    }
    void open() {
        state_.update([](State& state) { state.open = true; });
    }

private:
    struct State {
        int inside = 0;
        bool open = false;
    };
    base::Guarded<State> state_;
};

TEST(HttpServer, AnswersWhatTheHandlerSays) {
    base::Guarded<ServerRequest> seen;
    const auto server = serve({}, [&](const ServerRequest& request, std::stop_token) {
        seen.update([&](ServerRequest& kept) { kept = request; });
        return ServerResponse{
            .status = 400, .headers = {{"X-Amzn-Errortype", "Some"}}, .body = "{}"};
    });
    const auto client =
        *HttpClient::create(*Url::parse(fmt::format("http://127.0.0.1:{}", server->port())), {});
    Bytes body;
    const auto answer = client->send(
        {.method = "PUT", .target = "/a?b", .headers = {{"X-Some", "1"}}, .body = "hello"}, body,
        {});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 400);
    EXPECT_EQ(answer->header("x-amzn-errortype"), "Some");
    EXPECT_EQ(answer->header("date"), "Sat, 21 Nov 2026 20:00:00 GMT");
    EXPECT_EQ(answer->header("content-length"), "2");
    EXPECT_EQ(base::to_text(body), "{}");
    const ServerRequest request = seen.update([](ServerRequest& kept) { return kept; });
    EXPECT_EQ(request.method, "PUT");
    EXPECT_EQ(request.target, "/a?b");
    EXPECT_EQ(request.header("x-some"), "1");
    EXPECT_EQ(request.body, "hello");
    EXPECT_EQ(request.peer_address, "127.0.0.1");
    EXPECT_FALSE(request.secure);
}

TEST(HttpServer, KeepsTheConnectionForTheNextRequest) {
    const auto server = serve();
    RawClient client(server->port());
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(client.send(kGet));
        EXPECT_THAT(client.until("\r\n\r\n"),
                    AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Connection: keep-alive")));
    }
    client.send(kLastGet);
    EXPECT_THAT(client.rest(), HasSubstr("Connection: close\r\n\r\n"));
}

TEST(HttpServer, EndsTheConnectionWhenTheHandlerSaysSo) {
    const auto server = serve({}, [](const ServerRequest&, std::stop_token) {
        return ServerResponse{.headers = {{"Connection", "close"}}};
    });
    EXPECT_THAT(answer_to(*server, kGet), HasSubstr("Connection: close\r\n\r\n"));
}

TEST(HttpServer, AnswersPipelinedRequestsInTheirOrder) {
    const auto server = serve();
    std::string requests;
    for (int i = 0; i < 20; ++i) {
        requests += fmt::format("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", i);
    }
    const std::string answers = answer_to(*server, requests + std::string(kLastGet));
    std::size_t place = 0;
    for (int i = 0; i < 20; ++i) {
        place = answers.find(fmt::format("X-Target: /{}\r\n", i), place);
        ASSERT_NE(place, std::string::npos) << i;
    }
}

TEST(HttpServer, AnswersHeadWithoutABody) {
    const auto server = serve(
        {}, [](const ServerRequest&, std::stop_token) { return ServerResponse{.body = "12345"}; });
    const std::string answer =
        answer_to(*server, "HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(answer, AllOf(HasSubstr("Content-Length: 5\r\n"), EndsWith("\r\n\r\n")));
}

TEST(HttpServer, TellsTheClientToContinue) {
    const auto server = serve();
    RawClient client(server->port());
    client.send(
        "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n"
        "Connection: close\r\n\r\n");
    EXPECT_EQ(client.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hello");
    EXPECT_THAT(client.rest(), AllOf(StartsWith("HTTP/1.1 200"), EndsWith("hello")));
}

TEST(HttpServer, ReadsChunkedBodies) {
    const auto server = serve();
    EXPECT_THAT(answer_to(*server,
                          "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
                          "Connection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
                EndsWith("\r\n\r\nabcde"));
}

TEST(HttpServer, MovesLargeBodiesBothWays) {
    const auto server = serve();
    const auto client =
        *HttpClient::create(*Url::parse(fmt::format("http://127.0.0.1:{}", server->port())), {});
    const std::string large(5u << 20u, 'x');
    Bytes body;
    const auto answer = client->send({.method = "PUT", .target = "/", .body = large}, body, {});
    ASSERT_TRUE(answer) << answer.error().error.message;
    EXPECT_TRUE(base::as_text(body) == large);
}

TEST(HttpServer, AnswersAClientThatHasClosedItsHalf) {
    const auto server = serve();
    RawClient client(server->port());
    client.send(kGet);
    client.end_sending();
    EXPECT_THAT(client.rest(), StartsWith("HTTP/1.1 200 OK\r\n"));
    RawClient early(server->port());
    early.send(kGet.substr(0, 20));
    early.end_sending();
    EXPECT_THAT(early.rest(), StartsWith("HTTP/1.1 400 "));
}

TEST(HttpServer, RefusesRequestsThatAreTooLarge) {
    HttpServer::Options options;
    options.limits = {.header_bytes = 2000, .headers = 20, .body_bytes = 1000};
    const auto server = serve(std::move(options));
    std::string flood = "GET / HTTP/1.1\r\nHost: h\r\n";
    for (int i = 0; i < 100'000; ++i) flood += fmt::format("X-Header-{}: value\r\n", i);
    EXPECT_THAT(answer_to(*server, flood), StartsWith("HTTP/1.1 431 "));
    EXPECT_THAT(answer_to(*server, "GET /" + std::string(9000, 'a')), StartsWith("HTTP/1.1 414 "));
    EXPECT_THAT(answer_to(*server, "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" +
                                       std::string(100'000, 'x')),
                StartsWith("HTTP/1.1 413 "));
    EXPECT_THAT(answer_to(*server,
                          "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n"),
                StartsWith("HTTP/1.1 413 "));
    EXPECT_TRUE(serves_others(*server));
}

TEST(HttpServer, RefusesWhatIsNoRequest) {
    const auto server = serve();
    const std::string nul("GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n", 28);
    for (const std::string& bytes :
         {std::string("nonsense\r\n\r\n"), std::string("GET / HTTP/1.1\r\n\r\n"), nul,
          std::string(64, '\0'), std::string("\x16\x03\x01\x02\x00\x01", 6)}) {
        EXPECT_THAT(answer_to(*server, bytes), AllOf(StartsWith("HTTP/1.1 400 Bad Request\r\n"),
                                                     HasSubstr("Connection: close\r\n")))
            << bytes;
    }
    EXPECT_TRUE(serves_others(*server));
}

TEST(HttpServer, LetsTheApplicationWordRefusals) {
    HttpServer::Options options;
    options.refusal = [](int status, const std::string& sentence) {
        return ServerResponse{.status = status,
                              .headers = {{"Content-Type", "application/json"}},
                              .body = "{\"Message\":\"" + sentence + "\"}"};
    };
    const auto server = serve(std::move(options));
    EXPECT_THAT(answer_to(*server, "GET / HTTP/1.1\r\n\r\n"),
                AllOf(HasSubstr("Content-Type: application/json\r\n"),
                      EndsWith("{\"Message\":\"The request must have one Host header.\"}")));
}

TEST(HttpServer, ClosesIdleConnectionsWithoutAWord) {
    HttpServer::Options options;
    options.idle_timeout = 30ms;
    const auto server = serve(std::move(options));
    EXPECT_EQ(answer_to(*server, ""), "");
    const std::string answer = answer_to(*server, kGet);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer.substr(9), Not(HasSubstr("HTTP/1.1")));
}

TEST(HttpServer, WaitsForSlowRequestsOnlySoLong) {
    HttpServer::Options options;
    options.header_timeout = 30ms;
    options.body_timeout = 30ms;
    const auto server = serve(std::move(options));
    EXPECT_THAT(answer_to(*server, kGet.substr(0, 20)), StartsWith("HTTP/1.1 408 "));
    EXPECT_THAT(answer_to(*server, "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf"),
                StartsWith("HTTP/1.1 408 "));
    RawClient dripping(server->port());
    dripping.send("GET / HTTP/1.1\r\n");
    while (dripping.send("X: y\r\n")) {
        pollfd readable{.fd = dripping.socket(), .events = POLLIN, .revents = 0};
        if (::poll(&readable, 1, 5) > 0) break;
    }
    EXPECT_THAT(dripping.until("\r\n"),
                AnyOf(StartsWith("HTTP/1.1 408 "), StartsWith("HTTP/1.1 431 ")));
}

TEST(HttpServer, GivesUpOnClientsThatDoNotRead) {
    HttpServer::Options options;
    options.write_timeout = 30ms;
    const auto server = serve(std::move(options), [](const ServerRequest& request,
                                                     std::stop_token) {
        return ServerResponse{.body = std::string(request.target == "/x" ? 1 : 64u << 20u, 'x')};
    });
    RawClient deaf(server->port());
    deaf.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
    while (server->connections() == 0) std::this_thread::yield();
    while (server->connections() > 0) std::this_thread::yield();
    EXPECT_LT(deaf.rest().size(), 64u << 20u);
    EXPECT_TRUE(serves_others(*server));
}

/// Of those connections, the ones whose answer is there.
std::vector<std::size_t> answered(const std::vector<RawClient>& clients, std::size_t at_least) {
    std::vector<std::size_t> ready;
    while (ready.size() < at_least) {
        ready.clear();
        for (std::size_t i = 0; i < clients.size(); ++i) {
            pollfd readable{.fd = clients[i].socket(), .events = POLLIN, .revents = 0};
            if (::poll(&readable, 1, 1) > 0) ready.push_back(i);
        }
    }
    return ready;
}

TEST(HttpServer, RefusesRequestsForWhichNoPlaceIsLeft) {
    Gate gate;
    HttpServer::Options options;
    options.workers = 1;
    options.max_waiting = 1;
    const auto server = serve(std::move(options), gate.handler());
    RawClient first(server->port());
    first.send(kGet);
    gate.wait_until_inside(1);
    std::vector<RawClient> others;
    for (int i = 0; i < 3; ++i) {
        others.emplace_back(server->port());
        others.back().send(kGet);
    }
    const std::vector<std::size_t> refused = answered(others, 2);
    ASSERT_EQ(refused.size(), 2u);
    for (const std::size_t i : refused) {
        EXPECT_THAT(others[i].until("\r\n\r\n"),
                    AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: 1\r\n"),
                          HasSubstr("Connection: keep-alive\r\n")));
    }
    gate.open();
    EXPECT_THAT(first.until("let go"), StartsWith("HTTP/1.1 200 "));
    for (std::size_t i = 0; i < others.size(); ++i) {
        if (std::ranges::count(refused, i) > 0) continue;
        EXPECT_THAT(others[i].until("let go"), StartsWith("HTTP/1.1 200 "));
    }
}

TEST(HttpServer, TurnsConnectionsAwayWhenTooManyAreBusy) {
    Gate gate;
    HttpServer::Options options;
    options.max_connections = 2;
    const auto server = serve(std::move(options), gate.handler());
    RawClient first(server->port());
    first.send(kLastGet);
    RawClient second(server->port());
    second.send(kLastGet);
    gate.wait_until_inside(2);
    RawClient third(server->port());
    EXPECT_THAT(third.rest(), AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: 1\r\n"),
                                    HasSubstr("Date: Sat, 21 Nov 2026 20:00:00 GMT\r\n")));
    gate.open();
    EXPECT_THAT(first.rest(), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(second.rest(), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpServer, ClosesTheConnectionThatWasIdleLongestForANewOne) {
    HttpServer::Options options;
    options.max_connections = 2;
    const auto server = serve(std::move(options));
    RawClient first(server->port());
    RawClient second(server->port());
    for (RawClient* client : {&first, &second, &first}) {
        client->send(kGet);
        EXPECT_THAT(client->until("\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
    }
    EXPECT_TRUE(serves_others(*server));
    EXPECT_EQ(second.rest(), "");
    first.send(kLastGet);
    EXPECT_THAT(first.rest(), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpServer, BoundsWhatAllBodiesTakeTogether) {
    HttpServer::Options options;
    options.max_buffered_bytes = 1000;
    const auto server = serve(std::move(options));
    const std::string head = "PUT / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";
    const std::string large = head + "Content-Length: 700\r\n\r\n" + std::string(700, 'x');
    RawClient half(server->port());
    half.send(head + "Content-Length: 700\r\nExpect: 100-continue\r\n\r\n");
    half.until("\r\n\r\n");
    half.send(std::string(600, 'x'));
    // The server may not have read it yet, but once it has, no 700 bytes are left for others.
    std::string answer = answer_to(*server, large);
    while (answer.starts_with("HTTP/1.1 200 ")) answer = answer_to(*server, large);
    EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: 1\r\n")));
    half.send(std::string(100, 'x'));
    EXPECT_THAT(half.rest(), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(answer_to(*server, large), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpServer, SendsNoHeaderThatWouldBreakTheAnswer) {
    const auto server = serve({}, [](const ServerRequest&, std::stop_token) {
        return ServerResponse{.headers = {{"X-A", "b\r\nSet-Cookie: evil"}}, .body = "secret"};
    });
    const std::string answer = answer_to(*server, kLastGet);
    EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 500 "), Not(HasSubstr("evil")),
                              Not(HasSubstr("secret"))));
}

std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t all = 0;
    std::size_t resident = 0;
    file >> all >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST(HttpServer, HoldsThousandsOfIdleConnectionsInLittleMemory) {
    constexpr std::size_t kConnections = 2000;
    rlimit files{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = files.rlim_max;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
    ASSERT_GT(files.rlim_cur, 2 * kConnections + 100);
    const auto server = serve();
    const std::size_t before = resident_bytes();
    std::vector<RawClient> idle;
    for (std::size_t i = 0; i < kConnections; ++i) {
        idle.emplace_back(server->port());
        ASSERT_TRUE(idle.back().send(kGet));
        ASSERT_THAT(idle.back().until("\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
    }
    EXPECT_EQ(server->connections(), kConnections);
    EXPECT_LT(resident_bytes() - before, kConnections * (32u << 10u));
    EXPECT_TRUE(serves_others(*server));
    idle[0].send(kLastGet);
    EXPECT_THAT(idle[0].rest(), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpServer, FinishesWhatIsInFlightWhenItStops) {
    Gate gate;
    const auto server = serve({}, gate.handler());
    RawClient busy(server->port());
    busy.send(kGet);
    gate.wait_until_inside(1);
    RawClient idle(server->port());
    while (server->connections() < 2) std::this_thread::yield();
    std::jthread stopping([&] { server->stop(1h); });
    EXPECT_EQ(idle.rest(), "");  // the server is stopping
    gate.open();
    EXPECT_THAT(busy.rest(), AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("let go"),
                                   HasSubstr("Connection: close\r\n")));
    stopping.join();
    EXPECT_EQ(server->connections(), 0u);
    server->stop(0ms);
}

TEST(HttpServer, TellsHandlersToStopAfterTheGrace) {
    Gate gate;
    HttpServer::Options options;
    options.workers = 1;
    const auto server = serve(std::move(options), gate.handler());
    RawClient busy(server->port());
    busy.send(kGet);
    gate.wait_until_inside(1);
    RawClient waiting(server->port());
    waiting.send(kGet);
    server->stop(10ms);  // returns, though nobody opens the gate
    EXPECT_EQ(busy.rest(), "");
    EXPECT_EQ(waiting.rest(), "");
}

TEST(HttpServer, StopsWithoutConnections) {
    const auto server = serve();
    server->stop(1h);
}

TEST(HttpServer, SaysWhyItCannotListen) {
    const auto server = serve();
    EXPECT_EQ(failure_of({.port = server->port()}),
              fmt::format("cannot listen on 127.0.0.1:{}: the address is in use; stop the program "
                          "that listens there ('ss -ltnp' shows it), or choose another port",
                          server->port()));
    EXPECT_THAT(failure_of({.address = "somewhere"}), HasSubstr("'somewhere': this is no IP"));
    EXPECT_THAT(failure_of({.address = "192.0.2.1"}),
                HasSubstr("this machine has no such address"));
}

TEST(HttpServer, ListensOnIpv6) {
    const auto server = HttpServer::start({.address = "::1"}, echo, test_clock());
    if (!server) GTEST_SKIP() << server.error().message;  // a machine without IPv6
    const auto client =
        *HttpClient::create(*Url::parse(fmt::format("http://[::1]:{}", (*server)->port())), {});
    Bytes body;
    const auto answer = client->send({.target = "/"}, body, {});
    ASSERT_TRUE(answer) << answer.error().error.message;
    EXPECT_EQ(answer->status, 200);
}

TEST(HttpServer, SpeaksTls) {
    const TestCertificate certificate = make_test_certificate();
    base::Guarded<bool> secure;
    const auto server =
        serve({.certificate_pem = certificate.certificate_pem, .key_pem = certificate.key_pem},
              [&](const ServerRequest& request, std::stop_token) {
                  secure.update([&](bool& is) { is = request.secure; });
                  return ServerResponse{.body = request.body};
              });
    const Url url = *Url::parse(fmt::format("https://127.0.0.1:{}", server->port()));
    const auto client = *HttpClient::create(
        url, {.ca_pem = certificate.certificate_pem, .version = HttpVersion::Http2IfOffered});
    const std::string large(1u << 20u, 'x');
    for (int i = 0; i < 3; ++i) {
        Bytes body;
        const auto answer = client->send({.method = "PUT", .target = "/", .body = large}, body, {});
        ASSERT_TRUE(answer) << answer.error().error.message;
        EXPECT_TRUE(base::as_text(body) == large);
    }
    EXPECT_TRUE(secure.update([](bool& is) { return is; }));
    // Who speaks no TLS gets nothing, and harms nobody.
    EXPECT_THAT(answer_to(*server, kGet), Not(HasSubstr("200 OK")));
    Bytes body;
    EXPECT_TRUE(client->send({.target = "/"}, body, {}));
}

TEST(HttpServer, SaysWhyACertificateCannotBeUsed) {
    const TestCertificate one = make_test_certificate();
    const TestCertificate other = make_test_certificate();
    EXPECT_THAT(failure_of({.certificate_pem = "nonsense", .key_pem = one.key_pem}),
                HasSubstr("the server's TLS certificate cannot be used"));
    EXPECT_THAT(failure_of({.certificate_pem = one.certificate_pem, .key_pem = other.key_pem}),
                HasSubstr("it must be the certificate's own private key"));
}

TEST(HttpServerDeathTest, EndsTheProcessWhenAHandlerThrows) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            const auto server =
                serve({}, [](const ServerRequest&, std::stop_token) -> ServerResponse {
                    throw std::runtime_error("a handler threw");
                });
            answer_to(*server, kGet);
        },
        "a handler threw");
}

}  // namespace
}  // namespace holdfast::net
