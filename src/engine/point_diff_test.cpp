#include "engine/point_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>

#include "engine/capture.h"
#include "engine/manifest.h"
#include "engine/progress.h"
#include "kube/fake_kube.h"
#include "kube/resource_type.h"
#include "repo/fake_vault.h"
#include "repo/ids.h"
#include "repo/writer.h"
#include "store/store.h"

namespace holdfast::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Points of a pretended cluster in a vault in memory.
class PointDiffTest : public testing::Test {
protected:
    PointDiffTest() {
        put("ConfigMap", "a", "1");
        put("Secret", "s", "1");
    }
    void put(std::string_view kind, std::string_view name, const std::string& value) {
        kube_.add(kind, fmt::format(R"({{"metadata":{{"namespace":"shop","name":"{}"}},
                                         "data":{{"k":"{}"}}}})",
                                    name, value));
    }
    std::unique_ptr<PointSource> capture_now() {
        SilentProgress progress;
        auto report = capture(kube_, *vault_.repository, vault_.clock, {}, progress, {});
        EXPECT_TRUE(report) << (report ? "" : report.error().message);
        return *PointSource::open(*vault_.repository, report->point);
    }
    void forbid(std::string_view plural, int times) {
        kube_.script(
            {.when =
                 [plural](const kube::Request& request) { return request.path.ends_with(plural); },
             .status = 403,
             .reason = "Forbidden",
             .message = "it is forbidden",
             .times = times});
    }
    /// "added Kind ns/name" and so on.
    std::vector<std::string> points(PointSource& before, PointSource& after) {
        std::vector<std::string> changes;
        auto notes = diff_points(before, after, selection(before), {}, into(changes), {});
        EXPECT_TRUE(notes) << (notes ? "" : notes.error().message);
        if (notes) notes_ = *notes;
        return changes;
    }
    std::vector<std::string> live(PointSource& before) {
        std::vector<std::string> changes;
        auto notes = diff_live(before, kube_, selection(before), {}, into(changes), {});
        EXPECT_TRUE(notes) << (notes ? "" : notes.error().message);
        if (notes) notes_ = *notes;
        return changes;
    }
    static Selection selection(const PointSource& point) {
        return *Selection::create({}, point.manifest().discovery());
    }
    static ChangeVisitor into(std::vector<std::string>& changes) {
        return [&changes](const ObjectChange& change) {
            changes.push_back(fmt::format("{} {}", name_of(change.change), change.key.text()));
            return Result<void>();
        };
    }

    /// More than a chunk may have.
    const std::string endless_ = std::string(repo::kMaxChunkBytes, 'v');
    kube::FakeKube kube_;
    repo::TestVault vault_;
    NotCompared notes_;
};

TEST_F(PointDiffTest, TellsWhatChanged) {
    auto before = capture_now();
    kube_.remove("Secret", "shop", "s");
    put("ConfigMap", "b", "1");
    auto after = capture_now();
    EXPECT_THAT(points(*before, *after),
                ElementsAre("added ConfigMap shop/b", "removed Secret shop/s"));
    EXPECT_THAT(notes_, IsEmpty());
    EXPECT_THAT(live(*before), ElementsAre("added ConfigMap shop/b", "removed Secret shop/s"));
}

TEST_F(PointDiffTest, DoesNotTakeAKindThatWasNotCapturedForRemoved) {
    auto whole = capture_now();
    forbid("/secrets", 1);
    auto partial = capture_now();
    ASSERT_EQ(partial->manifest().status(), PointStatus::Partial);
    EXPECT_THAT(points(*whole, *partial), IsEmpty());
    EXPECT_THAT(notes_, ElementsAre(HasSubstr("Secret is not compared: the later point lacks it")));
    EXPECT_THAT(points(*partial, *whole), IsEmpty());
    EXPECT_THAT(live(*partial), IsEmpty());
    EXPECT_THAT(notes_, ElementsAre(HasSubstr("Secret is not compared: the point lacks it")));
}

TEST_F(PointDiffTest, DoesNotTakeAnObjectThatWasLeftOutForRemoved) {
    auto whole = capture_now();
    kube_.remove("ConfigMap", "shop", "a");
    put("ConfigMap", "a", endless_);
    auto without = capture_now();
    ASSERT_EQ(without->manifest().status(), PointStatus::Partial);
    EXPECT_THAT(points(*whole, *without), IsEmpty());
    EXPECT_THAT(notes_, ElementsAre(HasSubstr("ConfigMap shop/a is not compared")));
    EXPECT_THAT(live(*without), IsEmpty());
    EXPECT_THAT(notes_, ElementsAre(HasSubstr("ConfigMap shop/a is not compared")));
}

TEST_F(PointDiffTest, DoesNotTakeAnObjectThatIsLostForAdded) {
    auto first = capture_now();
    put("ConfigMap", "b", "1");
    repo::PointId second = capture_now()->point().id;
    // What the second point shares with the first, a run of rows and bodies, is gone.
    for (const auto& pack :
         repo::must(store::list_all(vault_.store, "packs/" + first->point().id.text(), 10)))
        ASSERT_TRUE(vault_.store.remove(pack.name));
    auto reopened = vault_.reopen();
    auto harmed = repo::must(PointSource::open(*reopened, second));
    std::vector<std::string> changes;
    auto compared = diff_live(*harmed, kube_, selection(*harmed), {}, into(changes), {});
    ASSERT_FALSE(compared);
    EXPECT_EQ(compared.error().code, ErrorCode::Corrupted);
    EXPECT_THAT(compared.error().message, HasSubstr("ConfigMap shop/a of point"));
    EXPECT_THAT(changes, IsEmpty());
}

TEST_F(PointDiffTest, DoesNotTakeKindsOfAGroupThatDoesNotAnswerForRemoved) {
    kube::ResourceType widget = *kube_.discover({})->find("", "ConfigMap");
    widget.group = "example.com";
    widget.kind = "Widget";
    widget.plural = "widgets";
    auto without = capture_now();
    kube_.add_type(widget);
    put("Widget", "w", "1");
    auto with = capture_now();
    EXPECT_THAT(points(*without, *with), ElementsAre("added Widget.example.com shop/w"));
    kube::FakeKube silent;
    for (const char* kind : {"ConfigMap", "Secret"})
        silent.add(kind, fmt::format(R"({{"metadata":{{"namespace":"shop","name":"{}"}},
                                          "data":{{"k":"1"}}}})",
                                     std::string(kind) == "Secret" ? "s" : "a"));
    std::vector<std::string> changes;
    ASSERT_TRUE(diff_live(*with, silent, selection(*with), {}, into(changes), {}));
    EXPECT_THAT(changes, ElementsAre("removed Widget.example.com shop/w"));
    changes.clear();
    silent.add_discovery_failure("example.com/v1", "no answer");
    ASSERT_TRUE(diff_live(*with, silent, selection(*with), {}, into(changes), {}));
    EXPECT_THAT(changes, IsEmpty());
}

}  // namespace
}  // namespace holdfast::engine
