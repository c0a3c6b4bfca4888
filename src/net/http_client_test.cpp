#include "net/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "net/scripted_server.h"

namespace holdfast::net {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::unique_ptr<HttpClient> client_of(const std::string& url, HttpOptions options = {}) {
    options.user_agent = "test/1";
    auto client = HttpClient::create(*Url::parse(url), std::move(options));
    EXPECT_TRUE(client);
    return *std::move(client);
}

struct Exchange {
    std::expected<HttpResponse, HttpFailure> answer;
    std::string body;
};

Exchange exchange(HttpClient& client, const HttpRequest& request, std::stop_token stop = {}) {
    Bytes body;
    auto answer = client.send(request, body, stop);
    return {.answer = std::move(answer), .body = base::to_text(body)};
}

TEST(HttpClient, ReturnsStatusHeadersAndBody) {
    ScriptedServer server({ScriptedServer::answer(418, "tea", "X-Pot:  full \r\n")});
    const auto client = client_of(server.url());
    const Exchange got = exchange(*client, {.target = "/a?b=c", .headers = {{"Accept", "x/y"}}});
    ASSERT_TRUE(got.answer) << got.answer.error().error.message;
    EXPECT_EQ(got.answer->status, 418);
    EXPECT_EQ(got.answer->header("x-pot"), "full");
    EXPECT_EQ(got.body, "tea");
    const std::string request = server.requests().at(0);
    EXPECT_THAT(request, StartsWith("GET /a?b=c HTTP/1.1\r\n"));
    EXPECT_THAT(request, HasSubstr("Accept: x/y\r\n"));
    EXPECT_THAT(request, HasSubstr("User-Agent: test/1\r\n"));
}

TEST(HttpClient, SendsBodiesOfEveryMethod) {
    for (const std::string_view method : {"POST", "PUT", "PATCH", "DELETE"}) {
        ScriptedServer server({ScriptedServer::answer(200, "")});
        const auto client = client_of(server.url());
        const Exchange got =
            exchange(*client, {.method = method, .target = "/", .body = "{\"a\":1}"});
        ASSERT_TRUE(got.answer);
        const std::string request = server.requests().at(0);
        EXPECT_THAT(request, StartsWith(method));
        EXPECT_THAT(request, testing::EndsWith("\r\n\r\n{\"a\":1}"));
        EXPECT_THAT(request, testing::Not(HasSubstr("Expect:")));
    }
}

TEST(HttpClient, FollowsNoRedirect) {
    ScriptedServer server({ScriptedServer::answer(302, "", "Location: http://127.0.0.1:1/\r\n")});
    const auto client = client_of(server.url());
    const Exchange got = exchange(*client, {.target = "/"});
    ASSERT_TRUE(got.answer);
    EXPECT_EQ(got.answer->status, 302);
}

TEST(HttpClient, SaysThatNobodyListens) {
    std::string url;
    {
        url = ScriptedServer({}).url();
    }
    const auto client = client_of(url);
    const Exchange got = exchange(*client, {.target = "/"});
    ASSERT_FALSE(got.answer);
    EXPECT_EQ(got.answer.error().error.code, ErrorCode::Unavailable);
    EXPECT_FALSE(got.answer.error().maybe_processed);
    EXPECT_EQ(got.answer.error().error.message,
              fmt::format("cannot connect to {}: connection refused; check that the server runs "
                          "and that its address and port are right",
                          url));
}

TEST(HttpClient, SaysThatANameDoesNotResolve) {
    const auto client = client_of("https://does-not-exist.invalid:6443");
    const Exchange got = exchange(*client, {.target = "/"});
    ASSERT_FALSE(got.answer);
    EXPECT_TRUE(got.answer.error().error.retryable());
    EXPECT_THAT(got.answer.error().error.message,
                StartsWith("the name does-not-exist.invalid of "
                           "https://does-not-exist.invalid:6443 cannot be resolved"));
}

TEST(HttpClient, SaysThatTheServerSpeaksNoTls) {
    ScriptedServer server({ScriptedServer::answer(400, "")});
    const auto client = client_of("https" + server.url().substr(4));
    const Exchange got = exchange(*client, {.target = "/"});
    ASSERT_FALSE(got.answer);
    EXPECT_FALSE(got.answer.error().maybe_processed);
    EXPECT_THAT(got.answer.error().error.message, HasSubstr("does not speak TLS"));
}

TEST(HttpClient, KnowsThatALostReplyMayHaveBeenProcessed) {
    for (const char* broken : {"", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"}) {
        ScriptedServer server({broken});
        const auto client = client_of(server.url());
        const Exchange got = exchange(*client, {.method = "POST", .target = "/", .body = "x"});
        ASSERT_FALSE(got.answer);
        EXPECT_EQ(got.answer.error().error.code, ErrorCode::Unavailable);
        EXPECT_TRUE(got.answer.error().maybe_processed);
        EXPECT_THAT(got.answer.error().error.message, StartsWith("the connection to"));
    }
}

TEST(HttpClient, BoundsBodiesAndHeaders) {
    ScriptedServer server({ScriptedServer::answer(200, std::string(1000, 'x')),
                           ScriptedServer::answer(200, "", "X: " + std::string(5000, 'x') + "\r\n"),
                           ScriptedServer::answer(200, std::string(1000, 'x'))});
    const auto client = client_of(server.url(), {.max_header_bytes = 4000});
    for (int i = 0; i < 2; ++i) {
        const Exchange got = exchange(*client, {.target = "/", .max_body_bytes = 999});
        ASSERT_FALSE(got.answer);
        EXPECT_EQ(got.answer.error().error.code, ErrorCode::LimitExceeded);
    }
    EXPECT_TRUE(exchange(*client, {.target = "/", .max_body_bytes = 1000}).answer);
}

TEST(HttpClient, GivesUpOnASilentServer) {
    ScriptedServer server({std::string(ScriptedServer::kSilence)});
    const auto client = client_of(server.url(), {.total_timeout = base::Millis(50)});
    const Exchange got = exchange(*client, {.target = "/"});
    ASSERT_FALSE(got.answer);
    EXPECT_EQ(got.answer.error().error.code, ErrorCode::Timeout);
    EXPECT_TRUE(got.answer.error().maybe_processed);
}

TEST(HttpClient, StopsWhenAsked) {
    ScriptedServer server({std::string(ScriptedServer::kSilence)});
    const auto client = client_of(server.url());
    std::stop_source stop;
    const std::jthread stopper([&] {
        while (server.requests().empty()) std::this_thread::yield();
        stop.request_stop();
    });
    const Exchange got = exchange(*client, {.target = "/"}, stop.get_token());
    ASSERT_FALSE(got.answer);
    EXPECT_EQ(got.answer.error().error.code, ErrorCode::Cancelled);
}

TEST(HttpClient, NamesTheProxyThatDoesNotAnswerWithoutItsPassword) {
    std::string proxy;
    {
        proxy = ScriptedServer({}).url();
    }
    const auto client =
        client_of("https://cluster.invalid",
                  {.proxy_url = "http://user:secret@" + proxy.substr(sizeof("http://") - 1)});
    const Exchange got = exchange(*client, {.target = "/"});
    ASSERT_FALSE(got.answer);
    EXPECT_THAT(got.answer.error().error.message, HasSubstr("the proxy " + proxy));
    EXPECT_THAT(got.answer.error().error.message, testing::Not(HasSubstr("secret")));
}

TEST(HttpClient, SaysThatTheProxyWantsAPassword) {
    ScriptedServer proxy({ScriptedServer::answer(407, "")});
    const auto client = client_of("https://cluster.invalid", {.proxy_url = proxy.url()});
    const Exchange got = exchange(*client, {.target = "/"});
    ASSERT_FALSE(got.answer);
    EXPECT_THAT(got.answer.error().error.message, HasSubstr("asks for a user and a password"));
    EXPECT_THAT(proxy.requests().at(0), StartsWith("CONNECT cluster.invalid:443"));
}

}  // namespace
}  // namespace holdfast::net
