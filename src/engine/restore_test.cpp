#include "engine/restore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string_view>

#include "base/json.h"
#include "engine/object_row.h"
#include "engine/test_restore_fixture.h"
#include "kube/client.h"
#include "kube/fake_kube.h"

namespace holdfast::engine {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using Restore = RestoreFixture;

bool is_post(const kube::Request& request) {
    return request.method == kube::Method::Post;
}

bool asks(const kube::Request& request, std::string_view name, std::string_view value) {
    return std::ranges::any_of(request.query, [&](const auto& parameter) {
        return parameter.first == name && parameter.second == value;
    });
}

bool is_list(const kube::Request& request, std::string_view collection) {
    return request.method == kube::Method::Get && request.path.ends_with(collection);
}

TEST_F(Restore, CreatesWhatIsMissingWithoutAskingFirst) {
    point_has_namespace("shop");
    point_has_config_map("shop", "a", "1");
    point_has_config_map("shop", "b", "2");
    RestoreRecord record = restore();
    EXPECT_EQ(record.state, RestoreState::Completed);
    EXPECT_EQ(record.counts[Outcome::Created], 3u);
    EXPECT_EQ((*kube_.find("ConfigMap", "shop", "b"))["data"]["k"], "2");
    std::string manager = "holdfast-" + record.id;
    EXPECT_EQ((*kube_.find("ConfigMap", "shop", "b"))["metadata"]["managedFields"][0]["manager"],
              manager);
    for (const kube::Request& request : kube_.requests())
        EXPECT_FALSE(request.path.contains("configmaps") && request.method == kube::Method::Get);
}

TEST_F(Restore, DoneAgainFindsEverythingUnchanged) {
    point_has_namespace("shop");
    point_has_config_map("shop", "a", "1");
    restore();
    RestoreRecord again = restore();
    EXPECT_EQ(again.counts[Outcome::Unchanged], 2u);
    EXPECT_EQ(again.counts[Outcome::Created], 0u);
}

TEST_F(Restore, LeavesADifferentObjectAloneByDefault) {
    kube_.add("ConfigMap", R"({"metadata":{"namespace":"shop","name":"a"},"data":{"k":"mine"}})");
    point_has_config_map("shop", "a", "1");
    RestoreRecord record = restore();
    EXPECT_EQ(record.state, RestoreState::Completed);
    EXPECT_EQ(outcomes(record.id)["ConfigMap shop/a"], "skipped: exists and differs");
    EXPECT_EQ((*kube_.find("ConfigMap", "shop", "a"))["data"]["k"], "mine");
}

TEST_F(Restore, UpdatesOnRequestAndRemovesWhatThePointLacks) {
    kube_.add("ConfigMap",
              R"({"metadata":{"namespace":"shop","name":"a"},"data":{"k":"mine","more":"x"}})");
    point_has_config_map("shop", "a", "1");
    RestoreRecord record = restore({.existing = ExistingPolicy::Update});
    EXPECT_EQ(outcomes(record.id)["ConfigMap shop/a"], "updated");
    EXPECT_EQ((*kube_.find("ConfigMap", "shop", "a"))["data"], *base::parse_json(R"({"k":"1"})"));
}

TEST_F(Restore, UpdatesOnlyTheKindsThatWereNamed) {
    kube_.add("ConfigMap", R"({"metadata":{"namespace":"shop","name":"a"},"data":{"k":"x"}})");
    kube_.add("Secret", R"({"metadata":{"namespace":"shop","name":"s"},"data":{"k":"eA=="}})");
    point_has_config_map("shop", "a", "1");
    point_has(R"({"apiVersion":"v1","kind":"Secret","metadata":{"namespace":"shop","name":"s"},
        "data":{"k":"eQ=="}})");
    RestoreRecord record = restore({.existing_by_kind = {{"configmaps", ExistingPolicy::Update}}});
    EXPECT_EQ(outcomes(record.id)["ConfigMap shop/a"], "updated");
    EXPECT_EQ(outcomes(record.id)["Secret shop/s"], "skipped: exists and differs");
}

TEST_F(Restore, UpdatesAgainWhenTheObjectChangedMeanwhile) {
    kube_.add("ConfigMap", R"({"metadata":{"namespace":"shop","name":"a"},"data":{"k":"x"}})");
    point_has_config_map("shop", "a", "1");
    kube_.script(
        {.when = [](const kube::Request& request) { return request.method == kube::Method::Put; },
         .status = 409,
         .reason = "Conflict",
         .message = "the object has been modified",
         .times = 2});
    EXPECT_EQ(outcomes(restore({.existing = ExistingPolicy::Update}).id)["ConfigMap shop/a"],
              "updated");
}

TEST_F(Restore, RecreatesOnlyAfterImmutabilityAndOnlyWhenAsked) {
    point_has_config_map("shop", "a", "1");
    auto immutable = [&] {
        kube_.remove("ConfigMap", "shop", "a");
        kube_.add("ConfigMap", R"({"metadata":{"namespace":"shop","name":"a"},"data":{"k":"x"}})");
        kube_.script(
            {.when =
                 [](const kube::Request& request) { return request.method == kube::Method::Put; },
             .status = 422,
             .reason = "Invalid",
             .message = "data: field is immutable when `immutable` is set"});
    };
    kube_.add("ConfigMap", R"({"metadata":{"namespace":"shop","name":"a"},"data":{"k":"x"}})");
    immutable();
    EXPECT_THAT(outcomes(restore({.existing = ExistingPolicy::Update}).id)["ConfigMap shop/a"],
                HasSubstr("failed: data: field is immutable"));
    immutable();
    EXPECT_EQ(outcomes(restore({.existing = ExistingPolicy::Recreate}).id)["ConfigMap shop/a"],
              "recreated");
    EXPECT_EQ((*kube_.find("ConfigMap", "shop", "a"))["data"]["k"], "1");
}

TEST_F(Restore, KeepsWhatARecreatedOwnerOwns) {
    point_has_namespace("shop");
    point_has_deployment_with_config_map();
    restore();
    std::string old = base::text_at(*kube_.find("Deployment", "shop", "web"), "/metadata/uid");
    kube_.change("Deployment", "shop", "web", R"({"apiVersion":"apps/v1","kind":"Deployment",
        "metadata":{"namespace":"shop","name":"web"},"spec":{"selector":"mine"}})");
    kube_.script({.when =
                      [](const kube::Request& request) {
                          return request.method == kube::Method::Put &&
                                 request.path.ends_with("/deployments/web");
                      },
                  .status = 422,
                  .reason = "Invalid",
                  .message = "spec.selector: field is immutable"});
    std::size_t before = kube_.requests().size();
    RestoreRecord record = restore({.existing = ExistingPolicy::Recreate});
    auto all = outcomes(record.id);
    EXPECT_EQ(all["Deployment.apps shop/web"], "recreated");
    EXPECT_EQ(all["ConfigMap shop/part"], "unchanged");
    std::vector<std::string> changes;
    for (const kube::Request& request : kube_.requests()) {
        if (before > 0) {
            --before;
            continue;
        }
        if (request.method == kube::Method::Patch)
            changes.push_back(request.body.contains("\"ownerReferences\":[]") ? "untie" : "tie");
        if (request.method == kube::Method::Delete) changes.emplace_back("delete");
    }
    EXPECT_THAT(changes, ElementsAre("untie", "delete", "tie"));
    std::string uid = base::text_at(*kube_.find("Deployment", "shop", "web"), "/metadata/uid");
    EXPECT_NE(uid, old);
    Json owners = (*kube_.find("ConfigMap", "shop", "part"))["metadata"]["ownerReferences"];
    ASSERT_EQ(owners.size(), 1u);
    EXPECT_EQ(owners[0]["uid"], uid);
}

TEST_F(Restore, TiesWhatAnInterruptedRunUntied) {
    point_has_namespace("shop");
    point_has_deployment_with_config_map();
    restore();
    kube_.change("Deployment", "shop", "web", R"({"apiVersion":"apps/v1","kind":"Deployment",
        "metadata":{"namespace":"shop","name":"web"},"spec":{"selector":"mine"}})");
    kube_.script({.when =
                      [](const kube::Request& request) {
                          return request.method == kube::Method::Put &&
                                 request.path.ends_with("/deployments/web");
                      },
                  .status = 422,
                  .reason = "Invalid",
                  .message = "spec.selector: field is immutable"});
    bool deleted = false;
    kube_.script({.when =
                      [&](const kube::Request& request) {
                          deleted |= request.method == kube::Method::Delete;
                          return deleted && is_post(request);
                      },
                  .kind = kube::FakeFault::Kind::Unreachable});
    RestoreOptions options{.existing = ExistingPolicy::Recreate};
    RestoreRecord first = restore(options);
    EXPECT_EQ(first.state, RestoreState::Interrupted);
    EXPECT_THAT((*kube_.find("ConfigMap", "shop", "part"))["metadata"]["ownerReferences"],
                IsEmpty());
    EXPECT_EQ(restore(options, first.id).state, RestoreState::Completed);
    EXPECT_EQ(outcomes(first.id)["Deployment.apps shop/web"], "recreated");
    Json owners = (*kube_.find("ConfigMap", "shop", "part"))["metadata"]["ownerReferences"];
    ASSERT_EQ(owners.size(), 1u);
    EXPECT_EQ(owners[0]["uid"],
              base::text_at(*kube_.find("Deployment", "shop", "web"), "/metadata/uid"));
}

TEST_F(Restore, DeletesNoOwnerWhoseDependentsItCannotUntie) {
    point_has_namespace("shop");
    point_has_deployment_with_config_map();
    restore();
    kube_.change("Deployment", "shop", "web", R"({"apiVersion":"apps/v1","kind":"Deployment",
        "metadata":{"namespace":"shop","name":"web"},"spec":{"selector":"mine"}})");
    kube_.script({.when =
                      [](const kube::Request& request) {
                          return request.method == kube::Method::Put &&
                                 request.path.ends_with("/deployments/web");
                      },
                  .status = 422,
                  .reason = "Invalid",
                  .message = "spec.selector: field is immutable"});
    forbid([](const kube::Request& request) { return request.method == kube::Method::Patch; });
    auto all = outcomes(restore({.existing = ExistingPolicy::Recreate}).id);
    EXPECT_THAT(all["Deployment.apps shop/web"],
                HasSubstr("failed: it was not deleted to be created anew: untying "
                          "ConfigMap shop/part from it: "));
    EXPECT_EQ((*kube_.find("Deployment", "shop", "web"))["spec"]["selector"], "mine");
}

TEST_F(Restore, NeverRecreatesWhatTakesDataOrObjectsWithIt) {
    kube_.add("CustomResourceDefinition", R"({"metadata":{"name":
        "volumesnapshotcontents.snapshot.storage.k8s.io"},"spec":{"group":
        "snapshot.storage.k8s.io","scope":"Cluster","names":{"kind":"VolumeSnapshotContent",
        "plural":"volumesnapshotcontents","singular":"volumesnapshotcontent"},
        "versions":[{"name":"v1","served":true,"storage":true}]}})");
    const std::map<std::string, std::string> objects = {
        {"Namespace", R"({"metadata":{"name":"x"}})"},
        {"CustomResourceDefinition",
         R"({"metadata":{"name":"x"},"spec":{"group":"x.io","scope":"Namespaced","names":
         {"kind":"X","plural":"x","singular":"x"},"versions":[{"name":"v1","served":true}]}})"},
        {"PersistentVolume", R"({"metadata":{"name":"x"},"spec":{"hostPath":{"path":"/x"}}})"},
        {"PersistentVolumeClaim", R"({"metadata":{"namespace":"shop","name":"x"},"spec":{}})"},
        {"VolumeSnapshotContent",
         R"({"metadata":{"name":"x"},"spec":{"deletionPolicy":"Retain",
         "source":{"snapshotHandle":"h"},"volumeSnapshotRef":{"namespace":"x","name":"x"}}})"}};
    for (const auto& [kind, json] : objects) {
        Json object = kube_.add(kind, json);
        object["metadata"]["labels"]["in"] = "the point";
        point_has(object.dump());
    }
    kube_.script(
        {.when = [](const kube::Request& request) { return request.method == kube::Method::Put; },
         .status = 422,
         .reason = "Invalid",
         .message = "field is immutable",
         .times = 5});
    RestoreRecord record = restore({.existing = ExistingPolicy::Recreate});
    EXPECT_EQ(record.counts[Outcome::Failed], objects.size());
    for (const auto& [object, outcome] : outcomes(record.id))
        EXPECT_EQ(outcome, "failed: field is immutable") << object;
    for (const kube::Request& request : kube_.requests())
        EXPECT_NE(request.method, kube::Method::Delete) << request.path;
}

TEST_F(Restore, CountsAsCreatedWhatItCreatedWhenAReplyWasLost) {
    point_has_namespace("shop");
    point_has_config_map("shop", "a", "1");
    kube_.script({.when = is_post, .kind = kube::FakeFault::Kind::LostReply, .times = 2});
    RestoreRecord record = restore();
    EXPECT_EQ(record.counts[Outcome::Created], 2u);
}

TEST_F(Restore, GoesOnAfterAnObjectFailed) {
    point_has_namespace("shop");
    point_has_config_map("shop", "a", "1");
    point_has_config_map("shop", "b", "1");
    kube_.script({.when =
                      [](const kube::Request& request) {
                          return is_post(request) && request.body.contains("\"name\":\"a\"");
                      },
                  .status = 403,
                  .reason = "Forbidden",
                  .message = "exceeded quota: q"});
    RestoreRecord record = restore();
    EXPECT_EQ(record.state, RestoreState::Partial);
    EXPECT_EQ(outcomes(record.id)["ConfigMap shop/a"], "failed: exceeded quota: q");
    EXPECT_EQ(outcomes(record.id)["ConfigMap shop/b"], "created");
}

TEST_F(Restore, TakesANamespaceThatItMayNotCreateButHas) {
    point_has_namespace("shop");
    point_has_config_map("shop", "a", "1");
    kube_.add("Namespace", R"({"metadata":{"name":"shop"}})");
    auto forbid_namespaces = [&] {
        for (bool list : {false, true}) {
            kube_.script({.when =
                              [list](const kube::Request& request) {
                                  return request.path == "/api/v1/namespaces" &&
                                         (request.method == kube::Method::Get) == list;
                              },
                          .status = 403,
                          .reason = "Forbidden",
                          .message = "namespaces is forbidden: you may not",
                          .times = 5});
        }
    };
    forbid_namespaces();
    auto shown = preview();
    EXPECT_EQ(shown["Namespace shop"].verdict, PreviewVerdict::Unchanged);
    EXPECT_EQ(shown["ConfigMap shop/a"].verdict, PreviewVerdict::Create);
    auto all = outcomes(restore().id);
    EXPECT_EQ(all["Namespace shop"], "unchanged");
    EXPECT_EQ(all["ConfigMap shop/a"], "created");
}

TEST_F(Restore, SaysOfWhatIsBeingDeletedThatItCannotBeRestored) {
    point_has_namespace("shop");
    point_has_config_map("shop", "a", "1");
    restore();
    kube_.change("ConfigMap", "shop", "a", R"({"metadata":{"namespace":"shop","name":"a",
        "finalizers":["x/y"],"deletionTimestamp":"2026-11-21T12:00:00Z"},"data":{"v":"1"}})");
    auto shown = preview()["ConfigMap shop/a"];
    EXPECT_EQ(shown.verdict, PreviewVerdict::Cannot);
    EXPECT_THAT(shown.reason, HasSubstr("waits for x/y"));
    EXPECT_EQ(outcomes(restore().id)["ConfigMap shop/a"], "failed: " + shown.reason);
}

TEST_F(Restore, FailsAnObjectThatIsTooLargeForTheServer) {
    point_has_namespace("shop");
    point_has_config_map("shop", "a", std::string(4u << 20, 'x'));
    point_has_config_map("shop", "b", "1");
    RestoreRecord record = restore();
    EXPECT_THAT(outcomes(record.id)["ConfigMap shop/a"], HasSubstr("failed: "));
    EXPECT_EQ(outcomes(record.id)["ConfigMap shop/b"], "created");
}

TEST_F(Restore, TriesAgainLaterWhenAWebhookDoesNotAnswer) {
    point_has_namespace("shop");
    point_has_config_map("shop", "a", "1");
    auto refuse = [&](int times) {
        kube_.script({.when =
                          [](const kube::Request& request) {
                              return is_post(request) && request.path.contains("configmaps");
                          },
                      .status = 500,
                      .reason = "InternalError",
                      .message = "failed calling webhook \"w\": connection refused",
                      .times = times});
    };
    refuse(1);
    EXPECT_EQ(outcomes(restore().id)["ConfigMap shop/a"], "created");
    kube_.remove("ConfigMap", "shop", "a");
    refuse(1000);
    EXPECT_THAT(outcomes(restore().id)["ConfigMap shop/a"], HasSubstr("failed calling webhook"));
}

TEST_F(Restore, FailsTheObjectsOfATerminatingNamespaceWithWords) {
    kube_.add("Namespace", R"({"metadata":{"name":"going",
        "deletionTimestamp":"2026-01-01T00:00:00Z"},
        "status":{"phase":"Terminating","conditions":[{"type":"NamespaceFinalizersRemaining",
        "status":"True","message":"x/y remains"}]}})");
    point_has_namespace("going");
    point_has_config_map("going", "a", "1");
    RestoreRecord record = restore();
    EXPECT_THAT(outcomes(record.id)["Namespace going"], HasSubstr("x/y remains"));
    EXPECT_THAT(outcomes(record.id)["ConfigMap going/a"], HasSubstr("going is being deleted"));
}

TEST_F(Restore, BringsADefinitionBeforeItsObjects) {
    point_has_widgets_definition();
    point_has_namespace("shop");
    point_has(R"({"apiVersion":"example.com/v1","kind":"Widget",
        "metadata":{"namespace":"shop","name":"w"},"spec":{"a":1},"status":{"b":2}})");
    RestoreRecord record = restore();
    EXPECT_EQ(record.state, RestoreState::Completed);
    EXPECT_EQ(outcomes(record.id)["Widget.example.com shop/w"], "created");
    EXPECT_FALSE(kube_.find("Widget", "shop", "w")->contains("status"));
}

TEST_F(Restore, WaitsForADefinitionUnderItsOwnName) {
    // The point does not say what the kind's plural is.
    point_has_widgets_definition();
    point_has_namespace("shop");
    point_has(R"({"apiVersion":"example.com/v1","kind":"Widget",
        "metadata":{"namespace":"shop","name":"w"}})");
    EXPECT_EQ(restore().state, RestoreState::Completed);
    std::vector<std::string> read;
    for (const kube::Request& request : kube_.requests())
        if (request.method == kube::Method::Get) read.push_back(request.path);
    EXPECT_THAT(read, Contains("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"
                               "widgets.example.com"));
}

TEST_F(Restore, WritesTheStatusOnRequest) {
    point_has_widgets_definition();
    point_has_namespace("shop");
    point_has(R"({"apiVersion":"example.com/v1","kind":"Widget",
        "metadata":{"namespace":"shop","name":"w"},"spec":{"a":1},"status":{"b":2}})");
    kube_.add("CustomResourceDefinition", R"({"apiVersion":"apiextensions.k8s.io/v1",
        "kind":"CustomResourceDefinition","metadata":{"name":"widgets.example.com"},"spec":{
        "group":"example.com","scope":"Namespaced","names":{"kind":"Widget","plural":"widgets",
        "singular":"widget"},"versions":[{"name":"v1","served":true,"storage":true,
        "schema":{"openAPIV3Schema":{"type":"object"}},"subresources":{"status":{}}}]}})");
    restore({.restore_status = {"widgets"}});
    EXPECT_EQ((*kube_.find("Widget", "shop", "w"))["status"]["b"], 2);
}

TEST_F(Restore, FailsObjectsOfKindsThatNobodyServes) {
    point_has_namespace("shop");
    point_has(R"({"apiVersion":"gone.org/v1","kind":"Thing",
        "metadata":{"namespace":"shop","name":"t"}})");
    EXPECT_EQ(outcomes(restore().id)["Thing.gone.org shop/t"],
              "failed: the target does not serve Thing.gone.org");
}

TEST_F(Restore, GivesDependentsTheNewUidOfTheirOwner) {
    point_has_namespace("shop");
    point_has(R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"namespace":"shop",
        "name":"web","ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"owner",
        "uid":"old"}]},"spec":{}})");
    point_has_config_map("shop", "owner", "1");
    RestoreRecord record = restore();
    std::string uid = base::text_at(*kube_.find("ConfigMap", "shop", "owner"), "/metadata/uid");
    EXPECT_EQ((*kube_.find("Deployment", "shop", "web"))["metadata"]["ownerReferences"][0]["uid"],
              uid);
    EXPECT_EQ(record.state, RestoreState::Completed);
}

TEST_F(Restore, SetsOwnersOfLaterWavesAfterwards) {
    point_has_namespace("shop");
    point_has(R"({"apiVersion":"apps/v1","kind":"Deployment",
        "metadata":{"namespace":"shop","name":"web"},"spec":{}})");
    point_has(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"shop","name":"c",
        "ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"web","uid":"old"}]},
        "data":{}})");
    restore();
    std::string uid = base::text_at(*kube_.find("Deployment", "shop", "web"), "/metadata/uid");
    Json child = *kube_.find("ConfigMap", "shop", "c");
    EXPECT_EQ(child["metadata"]["ownerReferences"][0]["uid"], uid);
}

TEST_F(Restore, SetsALaterOwnerWithoutReadingWhatTheServerMerges) {
    point_has_namespace("shop");
    point_has_deployment_with_config_map();
    restore();
    EXPECT_EQ(std::ranges::count_if(kube_.requests(),
                                    [](const kube::Request& request) {
                                        return request.method == kube::Method::Get &&
                                               request.path.ends_with("/configmaps/part");
                                    }),
              0);
}

TEST_F(Restore, SetsALaterOwnerOfACustomResource) {
    point_has_widgets_definition();
    point_has_namespace("shop");
    point_has(R"({"apiVersion":"apps/v1","kind":"Deployment",
        "metadata":{"namespace":"shop","name":"web"},"spec":{}})");
    point_has(R"({"apiVersion":"example.com/v1","kind":"Widget","metadata":{"namespace":"shop",
        "name":"w","ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"web",
        "uid":"old"}]}})");
    restore();
    Json child = *kube_.find("Widget", "shop", "w");
    EXPECT_EQ(base::text_at(child, "/metadata/ownerReferences/0/uid"),
              base::text_at(*kube_.find("Deployment", "shop", "web"), "/metadata/uid"));
}

TEST_F(Restore, FindsADependentOfALaterOwnerUnchanged) {
    point_has_namespace("shop");
    point_has_deployment_with_config_map();
    restore();
    RestoreOptions update{.existing = ExistingPolicy::Update};
    EXPECT_EQ(preview(update)["ConfigMap shop/part"].verdict, PreviewVerdict::Unchanged);
    std::string before = kube_.resource_version();
    EXPECT_EQ(outcomes(restore(update).id)["ConfigMap shop/part"], "unchanged");
    EXPECT_EQ(kube_.resource_version(), before);
}

TEST_F(Restore, RenewsTheReferenceToAnOwnerThatItCreates) {
    point_has_namespace("shop");
    point_has_deployment_with_config_map();
    restore();
    // Without its controller the cluster leaves a reference to an owner that is gone.
    kube_.remove("Deployment", "shop", "web");
    RestoreOptions update{.existing = ExistingPolicy::Update};
    EXPECT_EQ(preview()["ConfigMap shop/part"].verdict, PreviewVerdict::Differs);
    EXPECT_EQ(outcomes(restore(update).id)["ConfigMap shop/part"], "updated");
    std::string uid = base::text_at(*kube_.find("Deployment", "shop", "web"), "/metadata/uid");
    Json owners = (*kube_.find("ConfigMap", "shop", "part"))["metadata"]["ownerReferences"];
    ASSERT_EQ(owners.size(), 1u);
    EXPECT_EQ(owners[0]["uid"], uid);
    EXPECT_EQ(preview()["ConfigMap shop/part"].verdict, PreviewVerdict::Unchanged);
}

TEST_F(Restore, PutsOwnersOfOneKindBeforeTheirDependents) {
    point_has_namespace("shop");
    auto owned_by = [](std::string_view name, std::string_view owner) {
        return fmt::format(R"({{"apiVersion":"v1","kind":"ConfigMap",
            "metadata":{{"namespace":"shop","name":"{}","ownerReferences":[{{"apiVersion":"v1",
            "kind":"ConfigMap","name":"{}","uid":"old"}}]}}}})",
                           name, owner);
    };
    point_has(owned_by("a", "b"));
    point_has(owned_by("b", "c"));
    point_has_config_map("shop", "c", "1");
    restore();
    auto uid = [&](const char* name) -> std::string {
        return base::text_at(*kube_.find("ConfigMap", "shop", name), "/metadata/uid");
    };
    auto owner = [&](const char* name) -> std::string {
        return base::text_at(*kube_.find("ConfigMap", "shop", name),
                             "/metadata/ownerReferences/0/uid");
    };
    EXPECT_EQ(owner("a"), uid("b"));
    EXPECT_EQ(owner("b"), uid("c"));
}

TEST_F(Restore, DropsAnOwnerThatIsNotThereAndSaysSo) {
    point_has_namespace("shop");
    point_has(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"shop","name":"c",
        "ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"gone",
        "uid":"old"}]}})");
    RestoreRecord record = restore();
    outcomes(record.id);
    EXPECT_THAT(notes_["ConfigMap shop/c"], ElementsAre(HasSubstr("Deployment gone")));
    EXPECT_FALSE((*kube_.find("ConfigMap", "shop", "c"))["metadata"].contains("ownerReferences"));
}

TEST_F(Restore, TakesAnOwnerThatIsInTheTargetAlready) {
    kube_.add("Deployment", R"({"metadata":{"namespace":"shop","name":"web"},"spec":{}})");
    point_has(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"shop","name":"c",
        "ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"web",
        "uid":"old"}]}})");
    restore();
    std::string uid = base::text_at(*kube_.find("Deployment", "shop", "web"), "/metadata/uid");
    Json child = *kube_.find("ConfigMap", "shop", "c");
    EXPECT_EQ(child["metadata"]["ownerReferences"][0]["uid"], uid);
}

TEST_F(Restore, LeavesGeneratedChildrenToTheirController) {
    point_has_namespace("shop");
    point_has(R"({"apiVersion":"apps/v1","kind":"Deployment",
        "metadata":{"namespace":"shop","name":"web"},"spec":{}})");
    point_has(R"({"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"namespace":"shop",
        "name":"web-1","ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"web",
        "uid":"u","controller":true}]},"spec":{}})");
    point_has(R"({"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"web-1-x",
        "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-1","uid":"u",
        "controller":true}]},"spec":{}})");
    RestoreRecord record = restore();
    auto all = outcomes(record.id);
    EXPECT_EQ(all["Deployment.apps shop/web"], "created");
    EXPECT_THAT(all["ReplicaSet.apps shop/web-1"], HasSubstr("skipped"));
    EXPECT_THAT(all["Pod shop/web-1-x"], HasSubstr("skipped"));
}

TEST_F(Restore, LeavesChildrenOfALostControllerOut) {
    point_has_namespace("shop");
    damaged_ = {{.key = {.group = "apps", .kind = "Deployment", .ns = "shop", .name = "web"},
                 .reason = "its pack is harmed"}};
    point_has(R"({"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"namespace":"shop",
        "name":"web-1","ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"web",
        "uid":"u","controller":true}]},"spec":{}})");
    point_has(R"({"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"web-1-x",
        "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-1","uid":"u",
        "controller":true}]},"spec":{}})");
    point_has(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"shop","name":"c",
        "ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"web","uid":"u",
        "controller":true}]}})");
    point_has(R"({"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"other",
        "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"gone","uid":"u",
        "controller":true}]},"spec":{}})");
    auto all = outcomes(restore().id);
    EXPECT_EQ(all["ReplicaSet.apps shop/web-1"],
              "skipped: is made by its Deployment, which is lost from the point");
    EXPECT_EQ(all["Pod shop/web-1-x"],
              "skipped: is made by its ReplicaSet, whose Deployment is lost from the point");
    // No controller of Kubernetes makes this one, and of that one's nothing is known.
    EXPECT_EQ(all["ConfigMap shop/c"], "created");
    EXPECT_EQ(all["Pod shop/other"], "created");
}

TEST_F(Restore, SkipsWhatWasBeingDeletedAndWhatBelongsToTheCluster) {
    point_has_namespace("shop");
    point_has(R"({"apiVersion":"v1","kind":"ConfigMap",
        "metadata":{"namespace":"shop","name":"going"}})",
              true);
    point_has(R"({"apiVersion":"v1","kind":"ConfigMap",
        "metadata":{"namespace":"shop","name":"kube-root-ca.crt"}})");
    point_has_config_map("kube-system", "theirs", "1");
    auto all = outcomes(restore().id);
    EXPECT_THAT(all["ConfigMap shop/going"], HasSubstr("was being deleted"));
    EXPECT_THAT(all["ConfigMap shop/kube-root-ca.crt"], HasSubstr("skipped"));
    EXPECT_THAT(all["ConfigMap kube-system/theirs"], HasSubstr("system namespace"));
}

TEST_F(Restore, MergesTheDefaultServiceAccountThatAControllerMade) {
    kube_.add("ServiceAccount", R"({"metadata":{"namespace":"shop","name":"default"}})");
    point_has(R"({"apiVersion":"v1","kind":"ServiceAccount","metadata":{"namespace":"shop",
        "name":"default"},"imagePullSecrets":[{"name":"registry"}]})");
    RestoreRecord record = restore();
    EXPECT_EQ(record.state, RestoreState::Completed);
    EXPECT_EQ((*kube_.find("ServiceAccount", "shop", "default"))["imagePullSecrets"][0]["name"],
              "registry");
}

TEST_F(Restore, SaysWhichClaimsCameBackEmpty) {
    point_has_namespace("shop");
    point_has(R"({"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"namespace":"shop",
        "name":"data","annotations":{"pv.kubernetes.io/bind-completed":"yes"}},
        "spec":{"volumeName":"pv-1"}})");
    RestoreRecord record = restore();
    EXPECT_EQ(record.state, RestoreState::Partial);
    EXPECT_EQ(record.counts.volumes_empty, 1u);
    outcomes(record.id);
    EXPECT_THAT(notes_["PersistentVolumeClaim shop/data"], ElementsAre("volume new and EMPTY"));
    EXPECT_FALSE(
        (*kube_.find("PersistentVolumeClaim", "shop", "data"))["spec"].contains("volumeName"));
}

/// A static volume that is or was bound to claim "data".
Json disk_of(std::string_view ns, std::string_view claim_uid, std::string_view phase) {
    return {{"apiVersion", "v1"},
            {"kind", "PersistentVolume"},
            {"metadata", {{"name", "disk"}}},
            {"spec",
             {{"hostPath", {{"path", "/d"}}},
              {"persistentVolumeReclaimPolicy", "Retain"},
              {"claimRef", {{"namespace", ns}, {"name", "data"}, {"uid", claim_uid}}}}},
            {"status", {{"phase", phase}}}};
}

constexpr std::string_view kClaim = R"({"apiVersion":"v1","kind":"PersistentVolumeClaim",
    "metadata":{"namespace":"shop","name":"data"},
    "spec":{"volumeName":"disk","dataSource":{"kind":"PersistentVolumeClaim","name":"seed"}}})";

TEST_F(Restore, SaysOfAClaimThatLeavesItsVolumeBehindThatItIsEmpty) {
    point_has_namespace("shop");
    point_has(kClaim);
    point_has(disk_of("shop", "u", "Bound").dump());
    kube_.add("PersistentVolume", disk_of("shop", "u", "Bound").dump());
    RestoreOptions options{.existing = ExistingPolicy::Update};
    options.mappings.namespaces = {{"shop", "shop2"}};
    EXPECT_THAT(preview(options)["PersistentVolumeClaim shop2/data"].notes,
                ElementsAre("volume new and EMPTY"));
    RestoreRecord record = restore(options);
    EXPECT_EQ(record.state, RestoreState::Partial);
    EXPECT_EQ(record.counts.volumes_empty, 1u);
    EXPECT_EQ(outcomes(record.id)["PersistentVolume disk"],
              "skipped: exists and serves namespace shop; a copy for shop2 must be made by hand");
    EXPECT_FALSE(
        (*kube_.find("PersistentVolumeClaim", "shop2", "data"))["spec"].contains("volumeName"));
    EXPECT_EQ((*kube_.find("PersistentVolume", "", "disk"))["spec"],
              disk_of("shop", "u", "Bound")["spec"]);
}

TEST_F(Restore, SaysOfAClaimWhoseVolumeIsAnotherOnesThatItIsEmpty) {
    point_has_namespace("shop");
    point_has(kClaim);
    point_has(disk_of("shop", "u", "Bound").dump());
    kube_.add("PersistentVolume", disk_of("other", "v", "Bound").dump());
    EXPECT_THAT(preview()["PersistentVolumeClaim shop/data"].notes,
                ElementsAre("volume new and EMPTY"));
    EXPECT_EQ(restore().state, RestoreState::Partial);
    EXPECT_FALSE(
        (*kube_.find("PersistentVolumeClaim", "shop", "data"))["spec"].contains("volumeName"));
}

TEST_F(Restore, MovesAClaimTogetherWithItsVolume) {
    point_has_namespace("shop");
    point_has(kClaim);
    point_has(disk_of("shop", "u", "Bound").dump());
    RestoreOptions options;
    options.mappings.namespaces = {{"shop", "shop2"}};
    EXPECT_THAT(preview(options)["PersistentVolumeClaim shop2/data"].notes, IsEmpty());
    EXPECT_EQ(restore(options).state, RestoreState::Completed);
    EXPECT_EQ((*kube_.find("PersistentVolumeClaim", "shop2", "data"))["spec"]["volumeName"],
              "disk");
    EXPECT_EQ((*kube_.find("PersistentVolume", "", "disk"))["spec"]["claimRef"],
              *base::parse_json(R"({"namespace":"shop2","name":"data"})"));
}

TEST_F(Restore, KnowsThatAPlannedVolumeIsForAnotherClaim) {
    point_has_namespace("shop");
    point_has(kClaim);
    point_has(disk_of("other", "u", "Bound").dump());
    EXPECT_THAT(preview()["PersistentVolumeClaim shop/data"].notes,
                ElementsAre("volume new and EMPTY"));
    EXPECT_EQ(restore().state, RestoreState::Partial);
}

TEST_F(Restore, FindsABoundClaimUnchangedButDoesNotWaitForAVolumeThatIsStillBound) {
    point_has_namespace("shop");
    point_has(kClaim);
    point_has(disk_of("shop", "u", "Bound").dump());
    std::string uid = base::text_at(kube_.add("PersistentVolumeClaim", kClaim), "/metadata/uid");
    kube_.add("PersistentVolume", disk_of("shop", uid, "Bound").dump());
    EXPECT_EQ(preview()["PersistentVolumeClaim shop/data"].verdict, PreviewVerdict::Unchanged);
    EXPECT_EQ(outcomes(restore().id)["PersistentVolumeClaim shop/data"], "unchanged");
    kube_.remove("PersistentVolumeClaim", "shop", "data");
    EXPECT_EQ(restore().counts.volumes_empty, 1u);
}

TEST_F(Restore, BringsWhatChosenNamespacesNeedAndNothingElse) {
    point_has_namespace("shop");
    point_has_namespace("other");
    point_has_widgets_definition();
    point_has_config_map("other", "x", "1");
    for (const char* name : {"reader", "unused"})
        point_has(fmt::format(R"({{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole",
            "metadata":{{"name":"{}"}},"rules":[]}})",
                              name));
    point_has(R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding",
        "metadata":{"name":"shop-reads"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io",
        "kind":"ClusterRole","name":"reader"},
        "subjects":[{"kind":"ServiceAccount","name":"a","namespace":"shop"}]})");
    point_has(R"({"apiVersion":"example.com/v1","kind":"Widget",
        "metadata":{"namespace":"shop","name":"w"}})");
    RestoreOptions options;
    options.selection.namespaces = {"shop"};
    auto planned = plan(options);
    ASSERT_TRUE(planned);
    EXPECT_EQ(planned->objects(), 5u);
    RestoreRecord record = restore(options);
    EXPECT_EQ(record.state, RestoreState::Completed);
    EXPECT_TRUE(kube_.find("ClusterRole", "", "reader"));
    EXPECT_FALSE(kube_.find("ClusterRole", "", "unused"));
    EXPECT_FALSE(kube_.find("Namespace", "", "other"));
}

TEST_F(Restore, CreatesANamespaceOfWhichOnlyTheNameIsLeft) {
    kube_.add("Namespace", R"({"metadata":{"name":"there","labels":{"a":"b"}}})");
    for (const char* name : {"shop", "there"}) {
        point_has_namespace(name);
        point_has_config_map(name, "a", "1");
        source_.lose(
            encode_key({.group = "", .kind = "Namespace", .ns = "", .name = name}),
            Json{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", name}}}}
                .dump());
    }
    RestoreRecord record = restore({.existing = ExistingPolicy::Update});
    auto all = outcomes(record.id);
    EXPECT_EQ(all["Namespace shop"], "created");
    EXPECT_THAT(notes_["Namespace shop"], Contains(HasSubstr("lost from the point")));
    EXPECT_EQ(all["ConfigMap shop/a"], "created");
    // What the target has is better than what is left in the point.
    EXPECT_EQ(all["Namespace there"], "skipped: exists and differs");
    EXPECT_EQ(kube_.find("Namespace", "", "there")->at("metadata").at("labels").at("a"), "b");
    EXPECT_EQ(all["ConfigMap there/a"], "created");
}

TEST_F(Restore, DoesNotReadWhatItCannotNeed) {
    for (const char* name : {"shop", "other"}) {
        point_has_namespace(name);
        point_has_config_map(name, "a", "1");
    }
    point_has(R"({"apiVersion":"example.com/v1","kind":"ClusterIssuer","metadata":{"name":"i"}})");
    for (const ObjectKey& key :
         {ObjectKey{.group = "", .kind = "Namespace", .ns = "", .name = "other"},
          ObjectKey{.group = "", .kind = "ConfigMap", .ns = "other", .name = "a"},
          ObjectKey{.group = "example.com", .kind = "ClusterIssuer", .ns = "", .name = "i"}})
        source_.harm(encode_key(key));
    RestoreRecord record = restore({.selection = {.namespaces = {"sho?"}}});
    EXPECT_EQ(record.state, RestoreState::Completed);
    EXPECT_EQ(outcomes(record.id)["ConfigMap shop/a"], "created");
}

TEST_F(Restore, FiltersByKindAndLabel) {
    point_has_namespace("shop");
    point_has_config_map("shop", "a", "1");
    point_has(R"({"apiVersion":"v1","kind":"Secret","metadata":{"namespace":"shop","name":"s",
        "labels":{"app":"web"}}})");
    RestoreOptions by_kind;
    by_kind.selection.kinds = {"secrets"};
    EXPECT_THAT(outcomes(restore(by_kind).id), SizeIs(2));
    EXPECT_FALSE(kube_.find("ConfigMap", "shop", "a"));
    RestoreOptions by_label;
    by_label.selection.selector = "app=web";
    EXPECT_THAT(outcomes(restore(by_label).id), SizeIs(2));
    RestoreOptions unknown;
    unknown.selection.kinds = {"secretz"};
    EXPECT_FALSE(plan(unknown));
}

TEST_F(Restore, MapsNamespacesAndTransforms) {
    point_has_namespace("shop");
    point_has_config_map("shop", "a", "1");
    RestoreOptions options;
    options.mappings.namespaces = {{"shop", "shop2"}};
    options.transforms = R"(
version: v1
resourceModifierRules:
- conditions: {groupResource: configmaps, namespaces: [shop]}
  mergePatches: [{patchData: '{"data":{"k":"changed"}}'}]
)";
    restore(options);
    EXPECT_TRUE(kube_.find("Namespace", "", "shop2"));
    EXPECT_FALSE(kube_.find("Namespace", "", "shop"));
    EXPECT_EQ((*kube_.find("ConfigMap", "shop2", "a"))["data"]["k"], "changed");
}

TEST_F(Restore, TakesNothingSharedFromTheOriginalOfARenamedNamespace) {
    auto binding = [](std::string_view ns, std::string_view label) {
        return Json{{"apiVersion", "rbac.authorization.k8s.io/v1"},
                    {"kind", "ClusterRoleBinding"},
                    {"metadata", {{"name", "rights"}, {"labels", {{"in", label}}}}},
                    {"subjects", {{{"kind", "ServiceAccount"}, {"name", "a"}, {"namespace", ns}}}}}
            .dump();
    };
    point_has(binding("shop", "point"));
    kube_.add("ClusterRoleBinding", binding("shop", "point"));
    constexpr const char* kWhy =
        "exists and serves namespace shop; a copy for shop2 must be made by hand";
    for (auto policy : {ExistingPolicy::Skip, ExistingPolicy::Update, ExistingPolicy::Recreate}) {
        RestoreOptions options{.existing = policy};
        options.mappings.namespaces = {{"shop", "shop2"}, {"else", "else2"}};
        PreviewObject shown =
            preview(options)["ClusterRoleBinding.rbac.authorization.k8s.io rights"];
        EXPECT_EQ(shown.verdict, PreviewVerdict::Differs);
        EXPECT_EQ(shown.reason, kWhy);
        EXPECT_FALSE(shown.would_change);
        EXPECT_EQ(
            outcomes(restore(options).id)["ClusterRoleBinding.rbac.authorization.k8s.io rights"],
            std::string("skipped: ") + kWhy);
    }
    EXPECT_EQ((*kube_.find("ClusterRoleBinding", "", "rights"))["subjects"][0]["namespace"],
              "shop");
    // One that serves the new namespace only is as good as any other.
    kube_.change("ClusterRoleBinding", "", "rights", binding("shop2", "target"));
    RestoreOptions options{.existing = ExistingPolicy::Update};
    options.mappings.namespaces = {{"shop", "shop2"}};
    EXPECT_TRUE(
        preview(options)["ClusterRoleBinding.rbac.authorization.k8s.io rights"].would_change);
    EXPECT_EQ(outcomes(restore(options).id)["ClusterRoleBinding.rbac.authorization.k8s.io rights"],
              "updated");
}

TEST_F(Restore, StopsOnRequestAndGoesOnWhereItStopped) {
    point_has_namespace("shop");
    for (int i = 0; i < 20; ++i) point_has_config_map("shop", fmt::format("m{:02}", i), "1");
    std::stop_source stop;
    int posts = 0;
    kube_.script({.when =
                      [&](const kube::Request& request) {
                          if (is_post(request) && ++posts == 7) stop.request_stop();
                          return false;
                      },
                  .times = 1});
    RestoreRecord first = restore({}, "", stop.get_token());
    EXPECT_EQ(first.state, RestoreState::Interrupted);
    EXPECT_GT(first.counts[Outcome::Pending], 0u);
    std::uint64_t created = first.counts[Outcome::Created];
    EXPECT_GT(created, 0u);
    RestoreRecord second = restore({}, first.id);
    EXPECT_EQ(second.state, RestoreState::Completed);
    EXPECT_EQ(second.counts[Outcome::Created], 21u);
    EXPECT_EQ(kube_.count("ConfigMap"), 20u);
}

TEST_F(Restore, CountsAsCreatedWhatAKilledRunCreatedWithoutRecordingIt) {
    point_has_namespace("shop");
    point_has_config_map("shop", "a", "1");
    RestoreRecord first = restore();
    std::filesystem::remove(home_ + "/restores/" + first.id + "/journal");
    RestoreRecord second = restore({}, first.id);
    EXPECT_EQ(second.counts[Outcome::Created], 2u);
    EXPECT_EQ(second.counts[Outcome::Unchanged], 0u);
}

TEST_F(Restore, ResumingTriesFailuresAgain) {
    point_has_namespace("shop");
    point_has_config_map("shop", "a", "1");
    kube_.script({.when =
                      [](const kube::Request& request) {
                          return is_post(request) && request.path.contains("configmaps");
                      },
                  .status = 403,
                  .reason = "Forbidden",
                  .message = "exceeded quota"});
    RestoreRecord first = restore();
    EXPECT_EQ(first.counts[Outcome::Failed], 1u);
    RestoreRecord second = restore({}, first.id);
    EXPECT_EQ(second.state, RestoreState::Completed);
    EXPECT_EQ(outcomes(first.id)["ConfigMap shop/a"], "created");
}

TEST_F(Restore, RecordsWhatIsLostFromThePointAsFailed) {
    point_has_namespace("shop");
    point_has_config_map("shop", "a", "1");
    damaged_ = {{.key = {.group = "", .kind = "ConfigMap", .ns = "shop", .name = "lost"},
                 .reason = "its pack is harmed"}};
    RestoreOptions options;
    options.mappings.namespaces = {{"shop", "again"}};
    RestoreRecord record = restore(options);
    for (int run = 0; run < 2; ++run) {
        EXPECT_EQ(record.state, RestoreState::Partial);
        EXPECT_EQ(record.planned, 3u);
        EXPECT_EQ(record.counts[Outcome::Created], 2u);
        EXPECT_EQ(record.counts[Outcome::Failed], 1u);
        EXPECT_EQ(record.counts[Outcome::Pending], 0u);
        EXPECT_EQ(outcomes(record.id)["ConfigMap again/lost"],
                  "failed: lost from the point: its pack is harmed");
        record = restore(options, record.id);
    }
}

TEST_F(Restore, IsPartialWhenOnlyTheNameOfANamespaceIsLeft) {
    point_has_namespace("shop");
    ObjectKey shop{.group = "", .kind = "Namespace", .ns = "", .name = "shop"};
    source_.lose(encode_key(shop),
                 R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}})");
    damaged_ = {{.key = shop, .reason = "its pack is harmed"}};
    RestoreRecord record = restore();
    EXPECT_EQ(outcomes(record.id)["Namespace shop"], "created");
    EXPECT_EQ(record.counts.total(), 1u);
    EXPECT_EQ(record.state, RestoreState::Partial);
}

TEST_F(Restore, IsNotCompleteWhileAnObjectHasNoOutcome) {
    point_has_namespace("shop");
    point_has_config_map("shop", "a", "1");
    auto planned = plan();
    source_.remove(encode_key({.group = "", .kind = "ConfigMap", .ns = "shop", .name = "a"}));
    std::string id = *records().create({}, {}, environment());
    auto record = run_restore(environment(), *planned, records(), id, {});
    ASSERT_TRUE(record);
    EXPECT_EQ(record->counts[Outcome::Pending], 1u);
    EXPECT_EQ(record->state, RestoreState::Partial);
}

TEST_F(Restore, EndsInterruptedWhenTheTargetGoesAway) {
    point_has_namespace("shop");
    point_has_config_map("shop", "a", "1");
    kube_.script(
        {.when = [](const kube::Request& request) { return request.path.contains("configmaps"); },
         .kind = kube::FakeFault::Kind::Unreachable,
         .times = 1000});
    RestoreRecord record = restore();
    EXPECT_EQ(record.state, RestoreState::Interrupted);
    EXPECT_THAT(record.problem, HasSubstr("cannot connect"));
}

TEST_F(Restore, WorksWithManyRequestsInFlight) {
    threads_ = 8;
    point_has_namespace("shop");
    for (int i = 0; i < 300; ++i) point_has_config_map("shop", fmt::format("m{}", i), "1");
    RestoreRecord record = restore();
    EXPECT_EQ(record.counts[Outcome::Created], 301u);
    EXPECT_THAT(outcomes(record.id), SizeIs(301));
}

TEST_F(Restore, RecordsCanBeFoundByPrefix) {
    EXPECT_FALSE(records().find("latest"));
    point_has_namespace("shop");
    RestoreRecord record = restore();
    EXPECT_EQ(records().find("latest")->id, record.id);
    EXPECT_EQ(records().find(record.id.substr(0, 12))->id, record.id);
    EXPECT_FALSE(records().find("nothing"));
    EXPECT_THAT(*records().list(), SizeIs(1));
    EXPECT_EQ(records().find("latest")->state, RestoreState::Completed);
}

TEST_F(Restore, PreviewSaysWhatWouldHappenAndChangesNothing) {
    kube_.add("Namespace", R"({"metadata":{"name":"shop"}})");
    kube_.add("ConfigMap", R"({"metadata":{"namespace":"shop","name":"same"},"data":{"k":"1"}})");
    kube_.add("ConfigMap", R"({"metadata":{"namespace":"shop","name":"other"},"data":{"k":"2"}})");
    kube_.add("Secret", R"({"metadata":{"namespace":"shop","name":"s"},"data":{"k":"eA=="}})");
    point_has_namespace("shop");
    point_has_namespace("fresh");
    point_has_config_map("shop", "same", "1");
    point_has_config_map("shop", "other", "1");
    point_has_config_map("shop", "new", "1");
    point_has_config_map("fresh", "x", "1");
    point_has_config_map("missing", "x", "1");
    point_has(R"({"apiVersion":"v1","kind":"Secret","metadata":{"namespace":"shop","name":"s"},
        "data":{"k":"eQ=="}})");
    std::string before = kube_.resource_version();
    auto all = preview();
    EXPECT_EQ(kube_.resource_version(), before);
    EXPECT_EQ(all["Namespace shop"].verdict, PreviewVerdict::Unchanged);
    EXPECT_EQ(all["Namespace fresh"].verdict, PreviewVerdict::Create);
    EXPECT_EQ(all["ConfigMap shop/same"].verdict, PreviewVerdict::Unchanged);
    EXPECT_EQ(all["ConfigMap shop/other"].verdict, PreviewVerdict::Differs);
    EXPECT_THAT(all["ConfigMap shop/other"].diff, ElementsAre(R"(data.k: "2" -> "1")"));
    EXPECT_FALSE(all["ConfigMap shop/other"].would_change);
    EXPECT_EQ(all["ConfigMap shop/new"].verdict, PreviewVerdict::Create);
    EXPECT_EQ(all["ConfigMap fresh/x"].verdict, PreviewVerdict::CreateUnchecked);
    EXPECT_EQ(all["ConfigMap fresh/x"].reason, "namespace fresh is created by this restore");
    EXPECT_EQ(all["ConfigMap missing/x"].verdict, PreviewVerdict::Cannot);
    EXPECT_THAT(all["Secret shop/s"].diff, ElementsAre("data.k: *** -> ***"));
}

TEST_F(Restore, PreviewDoesNotBlameAWebhookThatRefusesDryRuns) {
    kube_.add("Namespace", R"({"metadata":{"name":"shop"}})");
    point_has_config_map("shop", "a", "1");
    kube_.script({.when = is_post,
                  .status = 400,
                  .reason = "BadRequest",
                  .message = "admission webhook \"w\" does not support dry run"});
    EXPECT_EQ(preview()["ConfigMap shop/a"].verdict, PreviewVerdict::CreateUnchecked);
}

TEST_F(Restore, PreviewNamesFieldsThatTheServerDoesNotKnow) {
    kube_.add("Namespace", R"({"metadata":{"name":"shop"}})");
    point_has_config_map("shop", "a", "1");
    kube_.script({.when =
                      [](const kube::Request& request) {
                          return is_post(request) && asks(request, "fieldValidation", "Strict");
                      },
                  .status = 400,
                  .reason = "BadRequest",
                  .message = R"(ConfigMap in version "v1" cannot be handled as a ConfigMap: )"
                             R"(strict decoding error: unknown field "x", unknown field "y.z")"});
    PreviewObject shown = preview()["ConfigMap shop/a"];
    EXPECT_EQ(shown.verdict, PreviewVerdict::Create);
    EXPECT_THAT(shown.notes, ElementsAre(R"(the server will drop what it does not take: )"
                                         R"(unknown field "x", unknown field "y.z")"));
    EXPECT_EQ(restore().state, RestoreState::Completed);
}

TEST_F(Restore, PreviewKnowsKindsThatTheRestoreBrings) {
    kube_.add("Namespace", R"({"metadata":{"name":"shop"}})");
    point_has_widgets_definition();
    point_has(R"({"apiVersion":"example.com/v1","kind":"Widget",
        "metadata":{"namespace":"shop","name":"w"}})");
    auto all = preview();
    EXPECT_EQ(all["Widget.example.com shop/w"].verdict, PreviewVerdict::CreateUnchecked);
    EXPECT_EQ(all["Widget.example.com shop/w"].reason,
              "Widget.example.com is created by this restore");
}

TEST_F(Restore, PreviewSeesIntoNamespacesThatItMayNotList) {
    point_has_namespace("shop");
    point_has_namespace("fresh");
    point_has_deployment_with_config_map();
    point_has_config_map("shop", "same", "1");
    point_has_config_map("fresh", "x", "1");
    RestoreOptions shop{.selection = {.namespaces = {"shop"}}};
    restore(shop);
    forbid([](const kube::Request& request) { return is_list(request, "/namespaces"); });
    auto all = preview();
    EXPECT_EQ(all["Namespace shop"].verdict, PreviewVerdict::Unchanged);
    EXPECT_EQ(all["ConfigMap shop/same"].verdict, PreviewVerdict::Unchanged);
    EXPECT_EQ(all["ConfigMap shop/part"].verdict, PreviewVerdict::Unchanged);
    EXPECT_EQ(all["Deployment.apps shop/web"].verdict, PreviewVerdict::Unchanged);
    EXPECT_EQ(all["ConfigMap fresh/x"].verdict, PreviewVerdict::CreateUnchecked);
    EXPECT_EQ(all["ConfigMap fresh/x"].reason, "namespace fresh is created by this restore");
}

TEST_F(Restore, PreviewComparesWhatItMayNotListButRead) {
    kube_.add("ConfigMap", R"({"metadata":{"namespace":"shop","name":"a"},"data":{"k":"mine"}})");
    kube_.add("ConfigMap", R"({"metadata":{"namespace":"shop","name":"b"},"data":{"k":"1"}})");
    point_has_config_map("shop", "a", "1");
    point_has_config_map("shop", "b", "1");
    forbid([](const kube::Request& request) { return is_list(request, "/configmaps"); });
    auto all = preview({.existing = ExistingPolicy::Update});
    EXPECT_EQ(all["ConfigMap shop/a"].verdict, PreviewVerdict::Differs);
    EXPECT_TRUE(all["ConfigMap shop/a"].would_change);
    EXPECT_EQ(all["ConfigMap shop/b"].verdict, PreviewVerdict::Unchanged);
    // Nor read: then a restore fails too.
    forbid([](const kube::Request& request) {
        return request.method == kube::Method::Get && request.path.ends_with("/a");
    });
    EXPECT_EQ(preview()["ConfigMap shop/a"].verdict, PreviewVerdict::Cannot);
    EXPECT_THAT(outcomes(restore().id)["ConfigMap shop/a"], HasSubstr("cannot be read"));
}

TEST_F(Restore, PreviewGivesUpOnWhatAppearsAndVanishes) {
    kube_.add("ConfigMap", R"({"metadata":{"namespace":"shop","name":"a"},"data":{"k":"mine"}})");
    point_has_config_map("shop", "a", "1");
    kube_.script({.when =
                      [](const kube::Request& request) {
                          return request.method == kube::Method::Get &&
                                 request.path.ends_with("/configmaps/a");
                      },
                  .status = 404,
                  .reason = "NotFound",
                  .message = "configmaps \"a\" not found",
                  .times = 1000});
    EXPECT_EQ(preview()["ConfigMap shop/a"].verdict, PreviewVerdict::Cannot);
}

TEST_F(Restore, PreviewTakesAReadForMoreThanAList) {
    // As an object is that was listed at another version than the point's.
    kube_.add("ConfigMap", R"({"metadata":{"namespace":"shop","name":"a"},"data":{"k":"1"}})");
    kube_.add("ConfigMap", R"({"metadata":{"namespace":"shop","name":"b"},"data":{"k":"x"}})");
    point_has_config_map("shop", "a", "1");
    point_has_config_map("shop", "b", "1");
    auto planned = plan();
    ASSERT_TRUE(planned);
    std::map<std::string, PreviewVerdict> all;
    auto visit = [&](const PreviewObject& one) {
        all[one.object.name] = one.verdict;
        if (one.object.name == "a")
            kube_.change("ConfigMap", "shop", "b",
                         R"({"apiVersion":"v1","kind":"ConfigMap",
                "metadata":{"namespace":"shop","name":"b"},"data":{"k":"1"}})");
    };
    ASSERT_TRUE(preview_restore(environment(), *planned, {}, visit, {}));
    EXPECT_EQ(all["a"], PreviewVerdict::Unchanged);
    EXPECT_EQ(all["b"], PreviewVerdict::Unchanged);
}

TEST_F(Restore, PreviewDropsBlockOwnerDeletionAsTheRestoreDoes) {
    kube_.add("Namespace", R"({"metadata":{"name":"shop"}})");
    point_has_config_map("shop", "owner", "1");
    point_has(R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"namespace":"shop",
        "name":"web","ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"owner",
        "uid":"old","blockOwnerDeletion":true}]},"spec":{}})");
    restore({.selection = {.kinds = {"configmaps"}}});
    forbid_blocking();
    PreviewObject shown = preview()["Deployment.apps shop/web"];
    EXPECT_EQ(shown.verdict, PreviewVerdict::Create);
    EXPECT_THAT(shown.notes, ElementsAre(HasSubstr("blockOwnerDeletion will be dropped")));
    EXPECT_EQ(outcomes(restore().id)["Deployment.apps shop/web"], "created");
    RestoreOptions update{.existing = ExistingPolicy::Update};
    EXPECT_EQ(preview(update)["Deployment.apps shop/web"].verdict, PreviewVerdict::Unchanged);
    EXPECT_EQ(outcomes(restore(update).id)["Deployment.apps shop/web"], "unchanged");
}

TEST_F(Restore, SetsLateOwnersWithoutBlockOwnerDeletionForWhoMayNot) {
    point_has_namespace("shop");
    point_has(R"({"apiVersion":"apps/v1","kind":"Deployment",
        "metadata":{"namespace":"shop","name":"web"},"spec":{}})");
    point_has(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"shop",
        "name":"part","ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment",
        "name":"web","uid":"old","blockOwnerDeletion":true}]},"data":{"k":"1"}})");
    forbid_blocking();
    RestoreRecord record = restore();
    outcomes(record.id);
    EXPECT_THAT(notes_["ConfigMap shop/part"],
                ElementsAre(HasSubstr("blockOwnerDeletion was dropped")));
    // An update sets them too.
    kube_.change("ConfigMap", "shop", "part",
                 R"({"apiVersion":"v1","kind":"ConfigMap",
        "metadata":{"namespace":"shop","name":"part"},"data":{"k":"mine"}})");
    RestoreOptions update{.existing = ExistingPolicy::Update};
    EXPECT_EQ(outcomes(restore(update).id)["ConfigMap shop/part"], "updated");
    Json owners = (*kube_.find("ConfigMap", "shop", "part"))["metadata"]["ownerReferences"];
    ASSERT_EQ(owners.size(), 1u);
    EXPECT_EQ(owners[0]["uid"],
              base::text_at(*kube_.find("Deployment", "shop", "web"), "/metadata/uid"));
}

TEST_F(Restore, PreviewLeavesUncheckedWhatTheRestoreTriesAgain) {
    kube_.add("Namespace", R"({"metadata":{"name":"shop"}})");
    point_has_config_map("shop", "a", "1");
    kube_.script({.when = is_post,
                  .status = 500,
                  .reason = "InternalError",
                  .message = "failed calling webhook \"w\": connection refused"});
    PreviewObject shown = preview()["ConfigMap shop/a"];
    EXPECT_EQ(shown.verdict, PreviewVerdict::CreateUnchecked);
    EXPECT_THAT(shown.reason, HasSubstr("failed calling webhook"));
}

TEST_F(Restore, PreviewSeesWhatARefusedNodePortHides) {
    kube_.add("Namespace", R"({"metadata":{"name":"shop"}})");
    point_has(R"({"apiVersion":"v1","kind":"Service","metadata":{"namespace":"shop","name":"web"},
        "spec":{"type":"NodePort","ports":[{"port":80,"nodePort":30080}]}})");
    auto refuse = [&](auto when, const char* message) {
        kube_.script(
            {.when =
                 [when](const kube::Request& request) { return is_post(request) && when(request); },
             .status = 422,
             .reason = "Invalid",
             .message = message,
             .times = 2});
    };
    auto has_port = [](const kube::Request& request) { return request.body.contains("30080"); };
    refuse(has_port, "spec.ports[0].nodePort: provided port is already allocated");
    PreviewObject shown = preview()["Service shop/web"];
    EXPECT_EQ(shown.verdict, PreviewVerdict::Create);
    EXPECT_THAT(shown.notes, ElementsAre(HasSubstr("choose its node ports anew")));
    refuse([](const kube::Request&) { return true; }, "spec.selector: Invalid value");
    shown = preview()["Service shop/web"];
    EXPECT_EQ(shown.verdict, PreviewVerdict::Cannot);
    EXPECT_EQ(shown.reason, "spec.selector: Invalid value");
}

TEST_F(Restore, FindsAServiceUnchangedThatHoldsItsNodePortItself) {
    point_has_namespace("shop");
    point_has(R"({"apiVersion":"v1","kind":"Service","metadata":{"namespace":"shop","name":"web"},
        "spec":{"type":"NodePort","ports":[{"port":80,"nodePort":30080}]}})");
    restore();
    kube_.script({.when =
                      [](const kube::Request& request) {
                          return is_post(request) && request.body.contains("30080");
                      },
                  .status = 422,
                  .reason = "Invalid",
                  .message = "spec.ports[0].nodePort: provided port is already allocated",
                  .times = 1000});
    RestoreOptions update{.existing = ExistingPolicy::Update};
    auto all = outcomes(restore(update).id);
    EXPECT_EQ(all["Service shop/web"], "unchanged");
    EXPECT_THAT(notes_["Service shop/web"], IsEmpty());
    forbid([](const kube::Request& request) { return is_list(request, "/services"); });
    EXPECT_EQ(preview(update)["Service shop/web"].verdict, PreviewVerdict::Unchanged);
}

}  // namespace
}  // namespace holdfast::engine
