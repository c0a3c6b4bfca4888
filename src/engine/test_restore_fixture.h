#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/fake_clock.h"
#include "base/json.h"
#include "base/random.h"
#include "base/result.h"
#include "engine/fake_source.h"
#include "engine/object_row.h"
#include "engine/object_source.h"
#include "engine/outcome.h"
#include "engine/progress.h"
#include "engine/restore.h"
#include "engine/restore_options.h"
#include "engine/rules/edit.h"
#include "kube/client.h"
#include "kube/fake_kube.h"
#include "kube/resource_type.h"

namespace holdfast::engine {

/// A point in memory, a pretended target and a home for records.
class RestoreFixture : public testing::Test {
protected:
    RestoreFixture() {
        std::string pattern = testing::TempDir() + "restore-XXXXXX";
        home_ = ::mkdtemp(pattern.data());
    }
    ~RestoreFixture() override { std::filesystem::remove_all(home_); }

    /// Puts an object into the point, as a capture would have stored it.
    void point_has(std::string_view json, bool deleting = false) {
        auto parsed = base::parse_json(json);
        ASSERT_TRUE(parsed) << json;
        source_.put(encode_key({.group = rules::object_group(*parsed),
                                .kind = rules::kind_of(*parsed),
                                .ns = rules::object_namespace(*parsed),
                                .name = rules::object_name(*parsed)}),
                    std::string(json), deleting);
    }
    void point_has_config_map(std::string_view ns, std::string_view name, std::string_view value) {
        point_has(Json{{"apiVersion", "v1"},
                       {"kind", "ConfigMap"},
                       {"metadata", {{"namespace", ns}, {"name", name}}},
                       {"data", {{"k", value}}}}
                      .dump());
    }
    void point_has_namespace(std::string_view name) {
        point_has(Json{{"apiVersion", "v1"},
                       {"kind", "Namespace"},
                       {"metadata", {{"name", name}}},
                       {"spec", {{"finalizers", {"kubernetes"}}}}}
                      .dump());
    }
    /// A Deployment that owns ConfigMap "part", which is restored in an earlier wave.
    void point_has_deployment_with_config_map() {
        point_has(R"({"apiVersion":"apps/v1","kind":"Deployment",
            "metadata":{"namespace":"shop","name":"web"},"spec":{}})");
        point_has(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"shop",
            "name":"part","ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment",
            "name":"web","uid":"old"}]},"data":{"k":"1"}})");
    }
    void point_has_widgets_definition() {
        point_has(R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
            "metadata":{"name":"widgets.example.com"},"spec":{"group":"example.com",
            "scope":"Namespaced","names":{"kind":"Widget","plural":"widgets","singular":"widget"},
            "versions":[{"name":"v1","served":true,"storage":true,
            "schema":{"openAPIV3Schema":{"type":"object"}},"subresources":{"status":{}}}]},
            "status":{"storedVersions":["v1"]}})");
    }

    RestoreEnvironment environment() {
        return {.client = kube_,
                .source = source_,
                .clock = clock_,
                .random = random_,
                .progress = progress_,
                .captured = captured_,
                .damaged = damaged_,
                .requests_in_flight = threads_};
    }
    Result<RestorePlan> plan(const RestoreOptions& options = {}) {
        return plan_restore(environment(), options, {});
    }
    /// A new restore, or the rest of restore `id`.
    RestoreRecord restore(const RestoreOptions& options = {}, std::string id = "",
                          std::stop_token stop = {}) {
        auto planned = plan(options);
        EXPECT_TRUE(planned) << (planned ? "" : planned.error().message);
        if (!planned) return {};
        if (id.empty()) id = *records().create({}, options, environment());
        auto record = run_restore(environment(), *planned, records(), id, stop);
        EXPECT_TRUE(record) << (record ? "" : record.error().message);
        return record ? *record : RestoreRecord{};
    }
    /// Lacks a right from now on.
    void forbid(std::function<bool(const kube::Request&)> when) {
        refuse(std::move(when), "it is forbidden: User cannot do this");
    }
    /// Lacks the right to set blockOwnerDeletion.
    void forbid_blocking() {
        refuse(
            [](const kube::Request& request) {
                return request.body.contains("blockOwnerDeletion\":true");
            },
            "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set "
            "finalizers on");
    }
    void refuse(std::function<bool(const kube::Request&)> when, std::string message) {
        kube_.script({.when = std::move(when),
                      .status = 403,
                      .reason = "Forbidden",
                      .message = std::move(message),
                      .times = 1000});
    }
    RestoreRecords records() const { return RestoreRecords(home_); }

    /// "outcome" or "outcome: reason" by "Kind ns/name".
    std::map<std::string, std::string> outcomes(const std::string& id) {
        std::map<std::string, std::string> all;
        EXPECT_TRUE(records().each_object(id, [&](const ObjectOutcome& one) {
            all[one.object.text()] =
                std::string(name_of(one.outcome)) + (one.reason.empty() ? "" : ": " + one.reason);
            notes_[one.object.text()] = one.notes;
        }));
        return all;
    }
    std::map<std::string, PreviewObject> preview(const RestoreOptions& options = {}) {
        std::map<std::string, PreviewObject> all;
        auto planned = plan(options);
        EXPECT_TRUE(planned);
        auto done =
            preview_restore(environment(), *planned, {},
                            [&](const PreviewObject& one) { all[one.object.text()] = one; }, {});
        EXPECT_TRUE(done) << (done ? "" : done.error().message);
        return all;
    }

    std::string home_;
    kube::FakeKube kube_;
    FakeSource source_;
    base::FakeClock clock_;
    base::SeededRandom random_{1};
    SilentProgress progress_;
    kube::Discovery captured_;
    std::vector<DamagedObject> damaged_;
    std::size_t threads_ = 0;  ///< No threads: everything happens in order.
    std::map<std::string, std::vector<std::string>> notes_;
};

}  // namespace holdfast::engine
