#include "kube/fake_kube.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "kube/object_view.h"
#include "kube/resource_type.h"
#include "kube/status_error.h"

namespace holdfast::kube {
namespace {

using testing::ElementsAre;

const ResourceType* type_in(const Discovery& discovery, std::string_view kind) {
    for (const ResourceType& type : discovery.types) {
        if (type.kind == kind) return &type;
    }
    return nullptr;
}

class FakeKubeTest : public testing::Test {
protected:
    Response send(Method method, std::string path, std::string body = "",
                  std::vector<std::pair<std::string, std::string>> query = {},
                  std::string_view content_type = "application/json") {
        Request request;
        request.method = method;
        request.path = std::move(path);
        request.body = std::move(body);
        request.query = std::move(query);
        request.content_type = content_type;
        return *kube.send(request, {});
    }
    Result<ListPage> list(std::string_view kind, const ListOptions& options) {
        return kube.list(*type_in(*kube.discover({}), kind), options, {});
    }
    std::vector<std::string> names(std::string_view kind, ListOptions options = {}) {
        std::vector<std::string> found;
        do {
            const auto page = list(kind, options);
            if (!page) return {page.error().message};
            for (const ObjectView& object : page->items) found.emplace_back(object.name);
            options.continue_token = page->continue_token;
        } while (!options.continue_token.empty());
        return found;
    }

    FakeKube kube;
    const std::string maps = "/api/v1/namespaces/default/configmaps";
    const std::string map_a =
        R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1"}})";
};

TEST_F(FakeKubeTest, CreatesOnceAndSaysWhoDid) {
    EXPECT_EQ(send(Method::Post, maps, map_a, {{"fieldManager", "holdfast-1"}}).status, 201);
    const Response again = send(Method::Post, maps, map_a);
    EXPECT_EQ(status_error(again).reason, "AlreadyExists");
    const auto object = kube.find("ConfigMap", "default", "a");
    ASSERT_TRUE(object);
    EXPECT_EQ((*object)["metadata"]["managedFields"][0]["manager"], "holdfast-1");
    EXPECT_FALSE((*object)["metadata"]["uid"].get<std::string>().empty());
}

TEST_F(FakeKubeTest, RefusesWhatTheRealServerRefuses) {
    EXPECT_EQ(send(Method::Post, "/api/v1/namespaces/none/configmaps", map_a).status, 404);
    EXPECT_EQ(send(Method::Post, "/api/v1/secrets", map_a).status, 400);
    EXPECT_EQ(send(Method::Get, "/apis/none/v1/things").status, 404);
    EXPECT_EQ(send(Method::Post, maps,
                   R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a",)"
                   R"("resourceVersion":"1"}})")
                  .status,
              400);
    kube.add("Namespace", R"({"metadata":{"name":"going","deletionTimestamp":"x"}})");
    const Response going = send(Method::Post, "/api/v1/namespaces/going/configmaps", map_a);
    EXPECT_EQ(going.status, 403);
    EXPECT_TRUE(status_error(going).has_cause("NamespaceTerminating"));
}

TEST_F(FakeKubeTest, DryRunsChangeNothing) {
    EXPECT_EQ(send(Method::Post, maps, map_a, {{"dryRun", "All"}}).status, 201);
    EXPECT_EQ(kube.count("ConfigMap"), 0u);
}

TEST_F(FakeKubeTest, ReplacesOnlyTheVersionThatTheClientSaw) {
    kube.add("ConfigMap", R"({"metadata":{"name":"a","namespace":"default"},"data":{"x":"1"}})");
    Json seen = *base::parse_json(send(Method::Get, maps + "/a").body);
    kube.change("ConfigMap", "default", "a", R"({"data":{"x":"2"}})");
    seen["data"]["x"] = "3";
    EXPECT_EQ(send(Method::Put, maps + "/a", seen.dump()).status, 409);
    seen["metadata"]["resourceVersion"] =
        (*kube.find("ConfigMap", "default", "a"))["metadata"]["resourceVersion"];
    EXPECT_EQ(send(Method::Put, maps + "/a", seen.dump()).status, 200);
    EXPECT_EQ((*kube.find("ConfigMap", "default", "a"))["data"]["x"], "3");
    EXPECT_EQ(send(Method::Patch, maps + "/a", R"({"data":{"x":"4"}})", {}, kMergePatch).status,
              200);
    EXPECT_EQ((*kube.find("ConfigMap", "default", "a"))["data"]["x"], "4");
}

TEST_F(FakeKubeTest, JoinsOwnersOfBuiltInKindsByUid) {
    kube.add("ConfigMap", R"({"metadata":{"name":"a","namespace":"default","ownerReferences":[
        {"uid":"1","name":"one"}]}})");
    const std::string patch =
        R"({"metadata":{"ownerReferences":[{"uid":"1","name":"one"},{"uid":"2","name":"two"}]}})";
    EXPECT_EQ(send(Method::Patch, maps + "/a", patch, {}, kStrategicMergePatch).status, 200);
    EXPECT_EQ((*kube.find("ConfigMap", "default", "a"))["metadata"]["ownerReferences"].size(), 2u);
}

TEST_F(FakeKubeTest, IgnoresStatusOutsideItsSubresource) {
    const std::string pods = "/api/v1/namespaces/default/pods";
    const std::string pod =
        R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"status":{"phase":"Running"}})";
    EXPECT_EQ(send(Method::Post, pods, pod).status, 201);
    EXPECT_FALSE(kube.find("Pod", "default", "p")->contains("status"));
    EXPECT_EQ(send(Method::Put, pods + "/p/status", pod).status, 200);
    EXPECT_EQ((*kube.find("Pod", "default", "p"))["status"]["phase"], "Running");
}

TEST_F(FakeKubeTest, DeletesAfterTheLastFinalizer) {
    kube.add("ConfigMap",
             R"({"metadata":{"name":"a","namespace":"default","finalizers":["x/y"]}})");
    EXPECT_EQ(send(Method::Delete, maps + "/a").status, 200);
    EXPECT_TRUE(
        (*kube.find("ConfigMap", "default", "a"))["metadata"].contains("deletionTimestamp"));
    EXPECT_EQ(
        send(Method::Patch, maps + "/a", R"({"metadata":{"finalizers":null}})", {}, kMergePatch)
            .status,
        200);
    EXPECT_FALSE(kube.find("ConfigMap", "default", "a"));
}

TEST_F(FakeKubeTest, ListsInPagesAtOneVersion) {
    for (const char* name : {"a", "b", "c"}) {
        kube.add("ConfigMap",
                 fmt::format(R"({{"metadata":{{"name":"{}","namespace":"default"}}}})", name));
    }
    const std::string then = kube.resource_version();
    kube.remove("ConfigMap", "default", "b");
    kube.add("ConfigMap", R"({"metadata":{"name":"d","namespace":"other","labels":{"x":"y"}}})");
    EXPECT_THAT(names("ConfigMap", {.limit = 2, .resource_version = then, .exact = true}),
                ElementsAre("a", "b", "c"));
    EXPECT_THAT(names("ConfigMap", {.limit = 1}), ElementsAre("a", "c", "d"));
    EXPECT_THAT(names("ConfigMap", {.ns = "other"}), ElementsAre("d"));
    EXPECT_THAT(names("ConfigMap", {.label_selector = "x=y"}), ElementsAre("d"));
    kube.compact();
    const auto gone = list("ConfigMap", {.resource_version = then, .exact = true});
    ASSERT_FALSE(gone);
    EXPECT_TRUE(is_expired(gone.error()));
}

TEST_F(FakeKubeTest, ServesWhatDefinitionsDefine) {
    const std::string definition =
        R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":)"
        R"({"name":"toys.example.com"},"spec":{"group":"example.com","scope":"Namespaced","names":)"
        R"({"kind":"Toy","plural":"toys"},"versions":[{"name":"v1","served":true}]}})";
    EXPECT_EQ(
        send(Method::Post, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)
            .status,
        201);
    const auto discovery = kube.discover({});
    ASSERT_NE(type_in(*discovery, "Toy"), nullptr);
    EXPECT_EQ(send(Method::Post, "/apis/example.com/v1/namespaces/default/toys",
                   R"({"apiVersion":"example.com/v1","kind":"Toy","metadata":{"name":"t"}})")
                  .status,
              201);
    EXPECT_THAT(names("Toy"), ElementsAre("t"));
}

TEST_F(FakeKubeTest, FailsAsItIsTold) {
    kube.script({.when = [](const Request& request) { return request.method == Method::Post; },
                 .kind = FakeFault::Kind::LostReply});
    kube.script({.status = 403, .reason = "Forbidden", .message = "no", .times = 1});
    kube.script({.kind = FakeFault::Kind::Unreachable});
    EXPECT_EQ(send(Method::Post, maps, map_a).status, 409);
    EXPECT_EQ(kube.count("ConfigMap"), 1u);
    EXPECT_EQ(send(Method::Get, maps + "/a").status, 403);
    const auto away = kube.send({.path = maps + "/a"}, {});
    ASSERT_FALSE(away);
    EXPECT_EQ(away.error().code, ErrorCode::Unavailable);
    EXPECT_EQ(send(Method::Get, maps + "/a").status, 200);
    EXPECT_EQ(kube.requests().size(), 4u);
}

}  // namespace
}  // namespace holdfast::kube
