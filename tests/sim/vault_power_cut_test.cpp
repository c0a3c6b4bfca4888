#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/fake_clock.h"
#include "base/random.h"
#include "crypto/key_protector.h"
#include "crypto/secret.h"
#include "repo/collect.h"
#include "repo/environment.h"
#include "repo/ids.h"
#include "repo/point.h"
#include "repo/repository.h"
#include "repo/run.h"
#include "repo/writer.h"
#include "store/directory_store.h"
#include "store/store.h"
#include "tests/sim/faulty_files.h"
#include "tests/sim/memory_files.h"
#include "tests/sim/power_cuts.h"
#include "tests/sim/recording_files.h"

// A killed process proves nothing about power loss: here whole backups, a deletion and a collection
// are replayed as every power cut in their course could have left the disk.
namespace holdfast::sim {
namespace {

using repo::PointId;
using repo::Repository;
using Rows = std::map<std::string, std::string>;

constexpr std::string_view kCreated = "created";
constexpr std::string_view kPointMark = "point ";
constexpr std::string_view kDeletedMark = "deleting ";

struct History {
    Trace trace;
    std::map<std::string, Rows> rows;  ///< by point id
};

class PowerCutOfAVault : public testing::Test {
protected:
    repo::Environment environment() {
        return {.clock = clock_, .random = random_, .cache_dir = "", .threads = 0, .memory = {}};
    }

    std::unique_ptr<Repository> open(store::Store& store) {
        auto opened = Repository::open(store, protector_, environment());
        return opened ? std::move(*opened) : nullptr;
    }

    Result<PointId> write(Repository& repository, const Rows& rows) {
        repo::WriterOptions options;
        options.frame_bytes = 1;
        options.metadata_frame_bytes = 1;
        options.pack_bytes = 300;
        auto writer = TRY(repository.begin(options));
        auto at = rows.begin();
        const auto next = [&]() -> Result<std::optional<repo::Row>> {
            if (at == rows.end()) return std::nullopt;
            repo::Row row{.key = at->first, .chunk = {}, .attributes = {}};
            row.chunk = TRY(writer->add_chunk(base::as_bytes(at->second)));
            ++at;
            return row;
        };
        repo::PointContent content{.summary_json = "{}", .manifest_json = "{}", .runs = {}};
        content.runs.push_back(TRY(writer->add_run(next)));
        return writer->commit(content);
    }

    /// Two backups that share objects, the deletion of the first, a collection, a third backup.
    Result<void> live(store::Store& store, RecordingFileLayer& recorder, History& history) {
        repo::CreateOptions options;
        options.vault_id = repo::new_vault_id(random_);
        auto repository = TRY(Repository::create(store, protector_, options, environment()));
        recorder.note(std::string(kCreated));
        const auto keep = [&](const PointId& id, const Rows& rows) {
            history.rows[id.text()] = rows;
            recorder.note(std::string(kPointMark) + id.text());
        };
        Rows many;
        for (int i = 0; i < 6; ++i) many[fmt::format("k{}", i)] = fmt::format("text {}", i);
        const Rows few = {{"k1", "text 1"}, {"k4", "text 4"}, {"k9", "text 9"}};
        const PointId first = TRY(write(*repository, many));
        keep(first, many);
        const PointId second = TRY(write(*repository, few));
        keep(second, few);
        recorder.note(std::string(kDeletedMark) + first.text());
        TRY(repository->delete_point(first, "test"));
        repo::CollectOptions collecting;
        collecting.pack_bytes = 300;
        collecting.frame_bytes = 1;
        TRY(repo::collect(*repository, collecting));
        const PointId third = TRY(write(*repository, many));
        keep(third, many);
        return {};
    }

    History record(const FaultyFileLayer::Decide& meddle) {
        History history;
        Disk start{.directories = {"/vault"}, .files = {}};
        MemoryFileLayer disk(start, clock_);
        RecordingFileLayer recorder(disk, start);
        FaultyFileLayer files(recorder, meddle);
        auto store = std::move(*store::DirectoryStore::open("/vault", files, random_));
        auto lived = live(*store, recorder, history);
        EXPECT_TRUE(lived) << (lived ? "" : lived.error().message);
        history.trace = recorder.trace();
        return history;
    }

    Result<Rows> read(Repository& repository, const PointId& id) {
        const repo::Point point = TRY(repository.point(id));
        Rows rows;
        const auto visit = [&](const repo::Row& row) -> Result<void> {
            rows[row.key] = base::to_text(TRY(repository.read_chunk(*row.chunk)));
            return {};
        };
        TRY(repo::RunReader(repository, point.content.runs).scan("", visit));
        return rows;
    }

    /// Empty when every point that was promised, and every point that is listed, is whole.
    std::string complaint_about(const History& history, CutState& state) {
        std::set<std::string> must_be_there;
        bool created = false;
        for (const std::string& promise : state.promises) {
            if (promise == kCreated) created = true;
            if (promise.starts_with(kPointMark))
                must_be_there.insert(promise.substr(kPointMark.size()));
            if (promise.starts_with(kDeletedMark))
                must_be_there.erase(promise.substr(kDeletedMark.size()));
        }
        if (!created) return "";
        MemoryFileLayer disk(std::move(state.disk), clock_);
        auto store = std::move(*store::DirectoryStore::open("/vault", disk, random_));
        auto repository = open(*store);
        if (!repository) return state.story + ": the vault cannot be opened";
        auto points = repository->points();
        if (!points) return state.story + ": " + points.error().message;
        for (const auto& point : *points) {
            must_be_there.erase(point.id.text());
            auto rows = read(*repository, point.id);
            if (!rows) return fmt::format("{}: {}", state.story, rows.error().message);
            // A point that was never acknowledged may have made it to the disk all the same.
            const auto known = history.rows.find(point.id.text());
            if (known != history.rows.end() && *rows != known->second)
                return state.story + ": other rows";
        }
        return must_be_there.empty() ? "" : state.story + ": lost point " + *must_be_there.begin();
    }

    struct Verdict {
        std::size_t states = 0;
        std::string complaint;
    };
    Verdict judge(const History& history, std::size_t stride) {
        CutPlan plan;
        plan.random_subsets = 2;
        plan.stride = stride;
        plan.settled_folder = "/vault/.tmp/";
        Verdict verdict;
        verdict.states = each_power_cut(history.trace, plan, [&](CutState state) {
            verdict.complaint = complaint_about(history, state);
            return verdict.complaint.empty();
        });
        return verdict;
    }

    base::FakeClock clock_;
    base::SeededRandom random_{3};
    crypto::KeyFileProtector protector_{crypto::Key::random(random_)};
};

TEST_F(PowerCutOfAVault, LosesNoAcknowledgedPoint) {
    const History history = record([](FileCall) { return FaultyFileLayer::Verdict{}; });
    const Verdict verdict = judge(history, 1);
    EXPECT_EQ(verdict.complaint, "");
    EXPECT_GT(verdict.states, 500u);
    RecordProperty("states", static_cast<int>(verdict.states));
}

/// The test above can fail.
TEST_F(PowerCutOfAVault, LosesPointsWhenASyncIsForgotten) {
    for (const FileCall forgotten : {FileCall::Sync, FileCall::SyncDirectory}) {
        const History history = record([&](FileCall call) -> FaultyFileLayer::Verdict {
            if (call != forgotten) return {};
            return {.fault = FileFault::PretendSuccess};
        });
        EXPECT_NE(judge(history, 5).complaint, "") << static_cast<int>(forgotten);
    }
}

}  // namespace
}  // namespace holdfast::sim
