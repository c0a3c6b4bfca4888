#include "kube/api_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/clock.h"
#include "base/fake_clock.h"
#include "base/json.h"
#include "base/random.h"
#include "kube/resource_type.h"
#include "net/scripted_server.h"

namespace holdfast::kube {
namespace {

using base::Millis;
using net::ScriptedServer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string status(int code, std::string_view reason, std::string_view message,
                   std::string_view headers = "") {
    const Json body = {
        {"kind", "Status"}, {"code", code}, {"reason", reason}, {"message", message}};
    return ScriptedServer::answer(code, body.dump(), headers);
}

std::string ok(std::string_view body = "{}") {
    return ScriptedServer::answer(200, body);
}

class ApiClientTest : public testing::Test {
protected:
    void serve(std::deque<std::string> answers) {
        server.emplace(std::move(answers));
        access.server = server->url();
        connect_to(access);
    }
    void connect_to(const ClusterAccess& to) {
        auto connected = connect(to, {.clock = clock, .random = random});
        ASSERT_TRUE(connected) << connected.error().message;
        client = *std::move(connected);
    }
    Result<Response> get(std::string path = "/x") { return client->send({.path = path}, {}); }
    Result<Response> post(LostReply lost_reply = LostReply::Retry) {
        return client->send(
            {.method = Method::Post, .path = "/x", .body = "{}", .lost_reply = lost_reply}, {});
    }
    Millis elapsed() { return clock.now() - start; }
    std::size_t requests() { return server->requests().size(); }

    base::FakeClock clock;
    base::SeededRandom random{1};
    base::Time start = clock.now();
    ClusterAccess access;
    std::optional<ScriptedServer> server;
    std::unique_ptr<Client> client;
};

TEST_F(ApiClientTest, ReturnsEveryAnswerAsAValue) {
    serve({status(404, "NotFound", "no x"), status(409, "AlreadyExists", "there")});
    EXPECT_EQ(get()->status, 404);
    EXPECT_EQ(post()->status, 409);
    EXPECT_EQ(elapsed(), Millis(0));
}

TEST_F(ApiClientTest, WaitsAsLongAsTheServerAsks) {
    serve({status(429, "TooManyRequests", "later", "Retry-After: 7\r\n"), ok()});
    EXPECT_EQ(get()->status, 200);
    EXPECT_GE(elapsed(), std::chrono::seconds(7));
    EXPECT_LE(elapsed(), std::chrono::seconds(9));
}

TEST_F(ApiClientTest, EndsItsPatienceWithAServerThatIsAlwaysBusy) {
    std::deque<std::string> answers(2000, status(429, "TooManyRequests", "later"));
    serve(answers);
    EXPECT_EQ(get()->status, 429);
    EXPECT_LE(elapsed(), std::chrono::minutes(5));
    EXPECT_GE(elapsed(), std::chrono::minutes(4));
}

TEST_F(ApiClientTest, TriesAgainWhileTheServerIsUnavailable) {
    serve({status(503, "ServiceUnavailable", "starting"), ScriptedServer::answer(502, "bad"),
           status(500, "InternalError", "etcdserver: leader changed"), "", ok("done")});
    EXPECT_EQ(post()->body, "done");
    EXPECT_EQ(requests(), 5u);
}

TEST_F(ApiClientTest, TakesAnInternalErrorOfAWriteForAnAnswer) {
    serve({status(500, "InternalError", "failed calling webhook \"x\": connection refused")});
    EXPECT_EQ(post()->status, 500);
    EXPECT_EQ(requests(), 1u);
}

TEST_F(ApiClientTest, DoesNotRepeatWhatMustNotBeRepeated) {
    serve({"", ok()});
    const auto answer = post(LostReply::Fail);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::Unavailable);
    EXPECT_EQ(requests(), 1u);
}

TEST_F(ApiClientTest, WaitsLongerForAServerThatHasAnsweredBefore) {
    serve({ok()});
    EXPECT_TRUE(get());
    server.reset();
    const auto answer = get();
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().message, HasSubstr("connection refused"));
    EXPECT_GE(elapsed(), std::chrono::seconds(50));
    EXPECT_LE(elapsed(), std::chrono::seconds(60));
    connect_to(access);
    start = clock.now();
    EXPECT_FALSE(get());
    EXPECT_LE(elapsed(), std::chrono::seconds(5));
}

TEST_F(ApiClientTest, SaysWhyItIsRefused) {
    access.user = "alice";
    access.auth.token = "very-secret";
    serve({status(401, "Unauthorized", "Unauthorized")});
    const auto answer = get();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::PermissionDenied);
    EXPECT_THAT(answer.error().message, HasSubstr("does not accept who we are (user 'alice')"));
    EXPECT_THAT(answer.error().message, Not(HasSubstr("very-secret")));
    EXPECT_EQ(requests(), 1u);
}

TEST_F(ApiClientTest, RenewsItsCredentialsOnceAfterARefusal) {
    access.auth.exec = ExecPlugin{
        .api_version = "client.authentication.k8s.io/v1",
        .command = "/bin/sh",
        .arguments = {"-c", R"(echo '{"kind":"ExecCredential","apiVersion":)"
                            R"("client.authentication.k8s.io/v1","status":{"token":"t'$$'"}}')"}};
    serve({ok(), status(401, "Unauthorized", "Unauthorized"), ok("again"),
           status(401, "Unauthorized", "Unauthorized"),
           status(401, "Unauthorized", "Unauthorized")});
    EXPECT_TRUE(get());
    EXPECT_EQ(get()->body, "again");
    EXPECT_FALSE(get());
    const auto header = [&](std::size_t index) {
        const std::string request = server->requests().at(index);
        const std::size_t at = request.find("Authorization: Bearer t");
        return request.substr(at, request.find('\r', at) - at);
    };
    EXPECT_EQ(header(0), header(1));
    EXPECT_NE(header(1), header(2));
    EXPECT_EQ(header(2), header(3));
    EXPECT_NE(header(3), header(4));
    EXPECT_EQ(requests(), 5u);
}

TEST_F(ApiClientTest, ActsAsAnother) {
    access.auth.username = "u";
    access.auth.password = "p";
    access.impersonation = {.user = "arn:aws:iam::1:role/x",
                            .uid = "7",
                            .groups = {"holdfast:backup", "b"},
                            .extra = {{"scopes/a", {"v"}}}};
    serve({ok()});
    ASSERT_TRUE(get());
    const std::string request = server->requests().at(0);
    EXPECT_THAT(request, HasSubstr("Authorization: Basic dTpw\r\n"));
    EXPECT_THAT(request, HasSubstr("Impersonate-User: arn:aws:iam::1:role/x\r\n"));
    EXPECT_THAT(request, HasSubstr("Impersonate-Uid: 7\r\n"));
    EXPECT_THAT(request, HasSubstr("Impersonate-Group: holdfast:backup\r\n"));
    EXPECT_THAT(request, HasSubstr("Impersonate-Group: b\r\n"));
    EXPECT_THAT(request, HasSubstr("Impersonate-Extra-scopes%2Fa: v\r\n"));
    access.impersonation.user = "x\r\nInjected: y";
    EXPECT_FALSE(connect(access, {.clock = clock, .random = random}));
}

TEST_F(ApiClientTest, ListsWithTheParametersOfTheOptions) {
    const std::string page =
        R"({"metadata":{"resourceVersion":"5","continue":"next"},"items":[{"metadata":)"
        R"({"name":"a"}}]})";
    serve({ok(page), ok(page)});
    const ResourceType pods = {
        .version = "v1", .kind = "Pod", .plural = "pods", .namespaced = true};
    const auto first = client->list(pods,
                                    {.ns = "a",
                                     .label_selector = "x in (y)",
                                     .limit = 9,
                                     .resource_version = "5",
                                     .exact = true},
                                    {});
    ASSERT_TRUE(first);
    EXPECT_EQ(first->items.at(0).name, "a");
    const auto second = client->list(
        pods, {.limit = 9, .continue_token = first->continue_token, .resource_version = "5"}, {});
    ASSERT_TRUE(second);
    EXPECT_THAT(server->requests().at(0),
                HasSubstr("GET /api/v1/namespaces/a/pods?limit=9&labelSelector=x%20in%20%28y%29&"
                          "resourceVersion=5&resourceVersionMatch=Exact "));
    EXPECT_THAT(server->requests().at(1), HasSubstr("GET /api/v1/pods?limit=9&continue=next "));
}

TEST_F(ApiClientTest, TellsAnExpiredVersionFromOtherRefusals) {
    serve({status(410, "Expired", "too old"), status(403, "Forbidden", "pods is forbidden")});
    const ResourceType pods = {.version = "v1", .kind = "Pod", .plural = "pods"};
    const auto gone = client->list(pods, {}, {});
    ASSERT_FALSE(gone);
    EXPECT_TRUE(is_expired(gone.error()));
    const auto forbidden = client->list(pods, {}, {});
    ASSERT_FALSE(forbidden);
    EXPECT_FALSE(is_expired(forbidden.error()));
    EXPECT_EQ(forbidden.error().code, ErrorCode::PermissionDenied);
    EXPECT_EQ(forbidden.error().message, "pods is forbidden");
}

std::string lagging() {
    return ScriptedServer::answer(
        504,
        R"({"kind":"Status","reason":"Timeout","message":"Timeout: Too large resource version",)"
        R"("details":{"causes":[{"reason":"ResourceVersionTooLarge"}],"retryAfterSeconds":1}})");
}

TEST_F(ApiClientTest, WaitsForACacheThatLagsBehind) {
    const std::string page = ok(R"({"items":[]})");
    serve({lagging(), page, lagging(), lagging(), page});
    const ResourceType pods = {.version = "v1", .kind = "Pod", .plural = "pods"};
    EXPECT_TRUE(client->list(pods, {.limit = 9, .resource_version = "12", .exact = true}, {}));
    EXPECT_THAT(server->requests().at(1), HasSubstr("GET /api/v1/pods?limit=1 "));
    EXPECT_THAT(server->requests().at(4), HasSubstr("resourceVersion=12"));
}

TEST_F(ApiClientTest, DoesNotWaitForACacheThatCannotBeFilled) {
    const std::string broken = status(500, "", "conversion webhook for x/v1, Kind=Pod failed: no");
    serve({lagging(), broken, broken, broken, lagging()});
    const ResourceType pods = {.version = "v1", .kind = "Pod", .plural = "pods"};
    const auto page = client->list(pods, {.limit = 9, .resource_version = "12", .exact = true}, {});
    ASSERT_FALSE(page);
    EXPECT_THAT(page.error().message, HasSubstr("conversion webhook for x/v1"));
    EXPECT_EQ(requests(), 4u);
}

TEST_F(ApiClientTest, AsksForSmallerPagesWhenOneIsTooLong) {
    const std::string huge =
        R"({"items":[{"metadata":{"name":"a"},"data":")" + std::string(2000, 'x') + R"("}]})";
    serve({ok(huge), ok(R"({"items":[]})")});
    auto connected = connect(access, {.clock = clock, .random = random, .max_page_bytes = 1000});
    client = *std::move(connected);
    const ResourceType pods = {.version = "v1", .kind = "Pod", .plural = "pods"};
    ASSERT_TRUE(client->list(pods, {.limit = 400}, {}));
    EXPECT_THAT(server->requests().at(1), HasSubstr("?limit=100 "));
}

TEST_F(ApiClientTest, DiscoversWithoutTheAggregatedForm) {
    serve({ok(R"({"gitVersion":"v1.20.0"})"), ok(R"({"kind":"APIVersions","versions":["v1"]})"),
           ok(R"({"kind":"APIGroupList","groups":[{"name":"apps","preferredVersion":)"
              R"({"version":"v1"},"versions":[{"version":"v1beta1"},{"version":"v1"}]}]})"),
           ok(R"({"kind":"APIResourceList","resources":[{"name":"pods","kind":"Pod",)"
              R"("namespaced":true,"verbs":["list"]},{"name":"pods/status","kind":"Pod"}]})"),
           ok(R"({"kind":"APIResourceList","resources":[{"name":"deployments","kind":)"
              R"("Deployment","namespaced":true,"verbs":["list"]}]})"),
           status(403, "Forbidden", "no beta for you"), status(403, "Forbidden", "no services")});
    const auto discovery = client->discover({});
    ASSERT_TRUE(discovery) << discovery.error().message;
    ASSERT_EQ(discovery->types.size(), 2u);
    EXPECT_TRUE(discovery->find("", "Pod")->has_status);
    EXPECT_EQ(discovery->find("apps", "Deployment")->version, "v1");
    ASSERT_EQ(discovery->failures.size(), 1u);
    EXPECT_EQ(discovery->failures[0].group_version, "apps/v1beta1");
    EXPECT_EQ(discovery->failures[0].reason, "no beta for you");
}

TEST_F(ApiClientTest, RefusesPathsThatAreNone) {
    serve({});
    for (const char* path : {"", "x", "/a b", "/a?b", "/a\r\nX: y"}) EXPECT_FALSE(get(path));
    EXPECT_EQ(requests(), 0u);
}

}  // namespace
}  // namespace holdfast::kube
