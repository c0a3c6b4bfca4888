#include "engine/capture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/bytes.h"
#include "kube/fake_kube.h"
#include "repo/fake_vault.h"
#include "repo/ids.h"
#include "store/store.h"

namespace holdfast::engine {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

/// A pretended cluster and a vault in memory.
class CaptureTest : public testing::Test {
protected:
    void cluster_has_config_map(std::string_view ns, std::string_view name,
                                std::string_view value) {
        kube_.add(
            "ConfigMap",
            fmt::format(R"({{"metadata":{{"namespace":"{}","name":"{}"}},"data":{{"k":"{}"}}}})",
                        ns, name, value));
    }
    Result<CaptureReport> try_capture(const CaptureOptions& options = {}) {
        SilentProgress progress;
        return capture(kube_, *vault_.repository, vault_.clock, options, progress, {});
    }
    CaptureReport capture_all(const CaptureOptions& options = {}) {
        auto report = try_capture(options);
        EXPECT_TRUE(report) << (report ? "" : report.error().message);
        return report ? *report : CaptureReport{};
    }
    static CaptureOptions of_namespaces(std::vector<std::string> namespaces) {
        return {.selection = {.namespaces = std::move(namespaces)}};
    }
    ClusterManifest manifest_of(const repo::PointId& id) {
        return *decode_manifest(vault_.repository->point(id)->content.manifest_json);
    }

    kube::FakeKube kube_;
    repo::TestVault vault_;
};

TEST_F(CaptureTest, RefusesNamespacesOfWhichNoneExists) {
    cluster_has_config_map("shop", "a", "1");
    auto refused = try_capture(of_namespaces({"shpo", "team-*"}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::NotFound);
    EXPECT_THAT(refused.error().message, HasSubstr("shpo, team-*"));
    EXPECT_THAT(*vault_.repository->points(), IsEmpty());
}

TEST_F(CaptureTest, IsPartialWithoutANamespaceThatWasNamed) {
    cluster_has_config_map("shop", "a", "1");
    CaptureReport report = capture_all(of_namespaces({"shop", "shpo", "team-*"}));
    EXPECT_EQ(report.manifest.status(), PointStatus::Partial);
    EXPECT_THAT(report.notes, ElementsAre(HasSubstr("team-*")));
    ClusterManifest kept = manifest_of(report.point);
    EXPECT_EQ(kept.status(), PointStatus::Partial);
    EXPECT_THAT(kept.missing_namespaces, ElementsAre("shpo"));
    EXPECT_EQ(kept.objects(), 2u);
}

TEST_F(CaptureTest, IsWholeWithoutAGlobsNamespaces) {
    cluster_has_config_map("shop", "a", "1");
    CaptureReport report = capture_all(of_namespaces({"shop", "team-*"}));
    EXPECT_EQ(report.manifest.status(), PointStatus::Completed);
    EXPECT_THAT(report.notes, SizeIs(1));
}

TEST_F(CaptureTest, MissesNoNamespaceThatIsKeptOutOnPurpose) {
    cluster_has_config_map("shop", "a", "1");
    kube_.add("Namespace", R"({"metadata":{"name":"hidden",
        "labels":{"velero.io/exclude-from-backup":"true"}}})");
    CaptureOptions options = of_namespaces({"shop", "hidden", "gone"});
    options.selection.excluded_namespaces = {"gone"};
    EXPECT_EQ(capture_all(options).manifest.status(), PointStatus::Completed);
}

TEST_F(CaptureTest, TakesNamesAsGivenWhereNamespacesCannotBeListed) {
    cluster_has_config_map("shop", "a", "1");
    kube_.script(
        {.when = [](const kube::Request& request) { return request.path == "/api/v1/namespaces"; },
         .status = 403,
         .reason = "Forbidden",
         .message = "namespaces is forbidden",
         .times = 1000});
    EXPECT_THAT(capture_all(of_namespaces({"shop", "shpo"})).manifest.missing_namespaces,
                IsEmpty());
}

TEST_F(CaptureTest, AfterARepairMakesWholeWhateverWasHarmed) {
    cluster_has_config_map("shop", "a", "1");
    std::size_t pack_bytes = 1;
    std::vector<std::string> refusals;
    std::size_t condemned = 0;
    for (std::size_t at = 0; at < pack_bytes; at += 50) {
        SCOPED_TRACE(at);
        repo::TestVault vault;
        const auto capture_now = [&] {
            SilentProgress progress;
            vault.repository = vault.reopen();
            return capture(kube_, *vault.repository, vault.clock, {}, progress, {});
        };
        const repo::PointId base = repo::must(capture_now()).point;
        const std::string pack = store::list_all(vault.store, "packs/", 10)->front().name;
        pack_bytes = vault.store.stat(pack)->size_bytes;
        repo::harm(vault.store, pack, at);
        // A harmed object stays unnoticed here; it is the rows that every backup reads.
        if (auto unaware = capture_now(); !unaware) {
            EXPECT_THAT(unaware.error().message, HasSubstr(base.text()));
            refusals.push_back(unaware.error().message);
        }
        const auto repaired = repo::must(vault.repository->repair());
        condemned += repaired.condemned.size();
        const CaptureReport report = repo::must(capture_now());
        EXPECT_EQ(report.base.empty(), !repaired.condemned.empty());
        const auto verified = repo::must(vault.repository->verify({.read_data_percent = 100}));
        EXPECT_THAT(verified.harmed, IsEmpty());
    }
    EXPECT_GT(condemned, 2u);
    EXPECT_THAT(refusals, Not(IsEmpty()));
    EXPECT_THAT(refusals, Each(HasSubstr("holdfast vault repair")));
}

TEST_F(CaptureTest, PagesOfLargeObjectsAreAsSmallAsTheirSizeAsks) {
    constexpr int kMoreThanAPage = 520;
    const std::string value(4000, 'v');
    for (int i = 0; i < kMoreThanAPage; ++i)
        cluster_has_config_map("shop", fmt::format("m{:03}", i), value);
    CaptureOptions options = of_namespaces({"shop"});
    options.page_bytes = 20'000;
    EXPECT_EQ(capture_all(options).manifest.objects(), kMoreThanAPage + 1u);
    std::vector<std::int64_t> later_pages;
    for (const kube::Request& request : kube_.requests()) {
        auto limit =
            std::ranges::find(request.query, "limit", &std::pair<std::string, std::string>::first);
        if (request.path.ends_with("/configmaps") && limit != request.query.end())
            later_pages.push_back(std::stoll(limit->second));
    }
    ASSERT_THAT(later_pages, Contains(500));
    std::erase(later_pages, 500);
    ASSERT_FALSE(later_pages.empty());
    EXPECT_THAT(later_pages, Each(testing::Le(5)));
}

TEST_F(CaptureTest, AKindOfWhichTooManyObjectsCannotBeKeptIsNotCaptured) {
    const std::string endless(5000, 'n');
    for (int i = 0; i < 150; ++i)
        cluster_has_config_map("shop", fmt::format("{}{}", endless, i), "1");
    CaptureReport report = capture_all(of_namespaces({"shop"}));
    EXPECT_EQ(report.manifest.status(), PointStatus::Partial);
    auto record = std::ranges::find(report.manifest.types, "ConfigMap",
                                    [](const TypeRecord& one) { return one.type.kind; });
    ASSERT_NE(record, report.manifest.types.end());
    EXPECT_THAT(record->failure, HasSubstr("150 of its objects cannot be kept"));
}

}  // namespace
}  // namespace holdfast::engine
