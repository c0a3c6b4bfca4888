#include "kube/discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "kube/client.h"
#include "kube/status_error.h"

namespace holdfast::kube {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Json json(std::string_view text) {
    return *base::parse_json(text);
}

constexpr std::string_view kGroups = R"({"kind":"APIGroupDiscoveryList","items":[
 {"metadata":{"name":"autoscaling"},"versions":[
  {"version":"v2","freshness":"Current","resources":[
   {"resource":"scalers","responseKind":{"kind":"Scaler"},"scope":"Namespaced",
    "singularResource":"scaler","shortNames":["sc"],"categories":["all"],"verbs":["get","list"],
    "subresources":[{"subresource":"status","verbs":["get"]}]}]},
  {"version":"v1","freshness":"Current","resources":[
   {"resource":"scalers","responseKind":{"kind":"Scaler"},"scope":"Namespaced","verbs":["list"]},
   {"resource":"old","responseKind":{"kind":"Old"},"scope":"Cluster","verbs":["list"]}]}]},
 {"metadata":{"name":"metrics.example.com"},"versions":[
  {"version":"v1","freshness":"Stale"}]},
 {"metadata":{"name":"up.example.com"},"versions":[
  {"version":"v1","freshness":"Current","resources":[
   {"resource":"things","responseKind":{"kind":"Thing"},"scope":"Cluster","verbs":["list"]}]}]}]})";

constexpr std::string_view kServices = R"({"items":[
 {"metadata":{"name":"v1.metrics.example.com"},"spec":{"service":{"name":"m"}},"status":{
  "conditions":[{"type":"Available","status":"False","reason":"MissingEndpoints",
   "message":"endpoints for service/m have no addresses"}]}},
 {"metadata":{"name":"v1.gone.example.com"},"spec":{"service":{"name":"g"}},"status":{
  "conditions":[{"type":"Available","status":"False","reason":"ServiceNotFound",
   "message":"service/g is not present"}]}},
 {"metadata":{"name":"v1.up.example.com"},"spec":{"service":{"name":"u"}},"status":{
  "conditions":[{"type":"Available","status":"True"}]}},
 {"metadata":{"name":"v2.autoscaling"},"spec":{},"status":{
  "conditions":[{"type":"Available","status":"True"}]}}]})";

TEST(Discovery, HasEachKindOnceAtItsPreferredVersion) {
    auto versions = parse_aggregated_discovery(json(kGroups));
    ASSERT_TRUE(versions);
    const Discovery found = merge_discovery(*std::move(versions), {}, {});
    const ResourceType* scaler = found.find("autoscaling", "Scaler");
    ASSERT_NE(scaler, nullptr);
    EXPECT_EQ(scaler->version, "v2");
    EXPECT_THAT(scaler->other_versions, ElementsAre("v1"));
    EXPECT_THAT(scaler->short_names, ElementsAre("sc"));
    EXPECT_THAT(scaler->categories, ElementsAre("all"));
    EXPECT_TRUE(scaler->namespaced);
    EXPECT_TRUE(scaler->has_status);
    EXPECT_TRUE(scaler->can("list"));
    EXPECT_FALSE(scaler->can("create"));
    EXPECT_EQ(found.find("autoscaling", "Old")->version, "v1");
    EXPECT_EQ(found.find("autoscaling", "None"), nullptr);
    EXPECT_EQ(scaler->collection_path("a b"), "/apis/autoscaling/v2/namespaces/a%20b/scalers");
    EXPECT_EQ(scaler->at_version("v1").api_version(), "autoscaling/v1");
    EXPECT_THAT(scaler->at_version("v1").other_versions, ElementsAre("v2"));
}

TEST(Discovery, NamesGroupVersionsThatDoNotAnswerWithTheServersWords) {
    auto versions = parse_aggregated_discovery(json(kGroups));
    const Discovery found =
        merge_discovery(*std::move(versions), parse_api_services(json(kServices)), {});
    ASSERT_EQ(found.failures.size(), 2u);
    EXPECT_EQ(found.failures[0].group_version, "gone.example.com/v1");
    EXPECT_EQ(found.failures[0].reason, "ServiceNotFound: service/g is not present");
    EXPECT_EQ(found.failures[1].group_version, "metrics.example.com/v1");
    EXPECT_EQ(found.failures[1].reason,
              "MissingEndpoints: endpoints for service/m have no addresses");
    EXPECT_TRUE(found.find("up.example.com", "Thing")->aggregated);
    EXPECT_FALSE(found.find("autoscaling", "Scaler")->aggregated);
}

TEST(Discovery, RefusesOtherDocuments) {
    EXPECT_FALSE(parse_aggregated_discovery(json("{}")));
    EXPECT_FALSE(parse_resource_list(json("[]"), "", "v1"));
    EXPECT_FALSE(legacy_group_versions(json("{}"), json("{}")));
}

TEST(StatusError, HasTheServersWordsAndCauses) {
    const StatusError error = status_error(
        422, R"({"kind":"Status","reason":"Invalid","message":"no\n good","details":{"causes":)"
             R"([{"reason":"FieldValueInvalid","field":"spec.x","message":"bad"}],)"
             R"("retryAfterSeconds":3}})");
    EXPECT_EQ(error.reason, "Invalid");
    EXPECT_EQ(error.message, "no  good");
    EXPECT_TRUE(error.has_cause("FieldValueInvalid"));
    EXPECT_EQ(error.causes.at(0).field, "spec.x");
    EXPECT_EQ(error.retry_after_seconds, 3);
    EXPECT_EQ(to_error(error).code, ErrorCode::InvalidArgument);
}

TEST(StatusError, MakesSomethingOfAnyBody) {
    EXPECT_EQ(status_error(503, "<html>\nno\n</html>").message, "<html> no </html>");
    EXPECT_EQ(status_error(502, "").message, "the server answered with status 502");
    EXPECT_EQ(status_error(403, "{}").reason, "Forbidden");
    EXPECT_LT(status_error(500, std::string(100'000, 'x')).message.size(), 400u);
    EXPECT_EQ(to_error(status_error(599, "")).code, ErrorCode::Unavailable);
    EXPECT_EQ(to_error(status_error(409, "")).code, ErrorCode::AlreadyExists);
    EXPECT_TRUE(is_expired(to_error(status_error(410, ""))));
}

TEST(Response, HasItsWarningsUnquoted) {
    const Response response = {
        .headers = {{"warning", R"(299 - "a \"deprecated\" kind")"}, {"x", "y"}, {"warning", "w"}}};
    EXPECT_THAT(response.warnings(), ElementsAre("a \"deprecated\" kind", "w"));
    EXPECT_EQ(response.header("x"), "y");
}

}  // namespace
}  // namespace holdfast::kube
