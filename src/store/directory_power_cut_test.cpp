#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "base/bytes.h"
#include "base/fake_clock.h"
#include "base/random.h"
#include "store/directory_store.h"
#include "store/store.h"
#include "tests/sim/faulty_files.h"
#include "tests/sim/memory_files.h"
#include "tests/sim/power_cuts.h"
#include "tests/sim/recording_files.h"

namespace holdfast::store {
namespace {

using sim::FaultyFileLayer;
using sim::FileCall;
using sim::FileFault;

/// What the scenario stores; one object twice, one in a folder that two share.
const std::map<std::string, std::string> kObjects = {{"header", "format 1"},
                                                     {"packs/4f/one", std::string(3000, 'p')},
                                                     {"packs/4f/two", std::string(10, 'q')},
                                                     {"points/p", "a point"}};

/// Stores everything through `meddle` and promises each object once it is acknowledged.
sim::Trace record(const FaultyFileLayer::Decide& meddle) {
    base::FakeClock clock;
    base::SeededRandom random(7);
    sim::Disk start{.directories = {"/vault"}, .files = {}};
    sim::MemoryFileLayer disk(start, clock);
    sim::RecordingFileLayer recorder(disk, start);
    FaultyFileLayer files(recorder, meddle);
    auto store = std::move(*DirectoryStore::open("/vault", files, random));
    for (const auto& [name, text] : kObjects) {
        EXPECT_TRUE(store->create(name, base::as_bytes(text)));
        recorder.note(name);
        EXPECT_TRUE(store->put(name, base::as_bytes(text)));
    }
    return recorder.trace();
}

/// Empty when the disk holds every promised object, and every object either whole or not at all.
std::string complaint_about(sim::CutState& state) {
    base::FakeClock clock;
    base::SystemRandom random;
    sim::MemoryFileLayer disk(std::move(state.disk), clock);
    auto store = std::move(*DirectoryStore::open("/vault", disk, random));
    for (const auto& [name, text] : kObjects) {
        auto bytes = store->get(name);
        bool promised = std::ranges::find(state.promises, name) != state.promises.end();
        if (!bytes && promised) return state.story + ": lost " + name;
        if (bytes && base::to_text(*bytes) != text) return state.story + ": harmed " + name;
    }
    auto listed = list_all(*store, "", 100);
    if (!listed) return state.story + ": no list";
    for (const ObjectInfo& object : *listed)
        if (!kObjects.contains(object.name)) return state.story + ": invented " + object.name;
    for (const auto& [name, text] : kObjects)
        if (!store->put(name, base::as_bytes(text))) return state.story + ": cannot put " + name;
    return "";
}

struct Verdict {
    std::size_t states = 0;
    std::string complaint;
};

Verdict judge(const sim::Trace& trace) {
    Verdict verdict;
    verdict.states = sim::each_power_cut(trace, {}, [&](sim::CutState state) {
        verdict.complaint = complaint_about(state);
        return verdict.complaint.empty();
    });
    return verdict;
}

TEST(PowerCut, LosesNoAcknowledgedObjectAndLeavesNoHalfOne) {
    Verdict verdict = judge(record([](FileCall) { return FaultyFileLayer::Verdict{}; }));
    EXPECT_EQ(verdict.complaint, "");
    EXPECT_GT(verdict.states, 100u);
}

/// The test above can fail: leaving out any one kind of sync is found.
TEST(PowerCut, FindsAFileLayerThatForgetsToSync) {
    for (FileCall forgotten : {FileCall::Sync, FileCall::SyncDirectory}) {
        Verdict verdict = judge(record([&](FileCall call) -> FaultyFileLayer::Verdict {
            if (call != forgotten) return {};
            return {.fault = FileFault::PretendSuccess};
        }));
        EXPECT_NE(verdict.complaint, "") << static_cast<int>(forgotten);
    }
}

TEST(PowerCut, SurvivesAnotherProcessThatDiedBeforeItsSync) {
    base::FakeClock clock;
    base::SeededRandom random(7);
    sim::Disk start{.directories = {"/vault"}, .files = {}};
    sim::MemoryFileLayer disk(start, clock);
    sim::RecordingFileLayer recorder(disk, start);
    bool dying = false;
    FaultyFileLayer files(recorder, [&](FileCall call) -> FaultyFileLayer::Verdict {
        return {.fault =
                    dying && call == FileCall::SyncDirectory ? FileFault::Fail : FileFault::None};
    });
    auto first = std::move(*DirectoryStore::open("/vault", files, random));
    ASSERT_TRUE(first->check_file_system());
    ASSERT_TRUE(first->put("header", base::as_bytes(kObjects.at("header"))));
    dying = true;
    EXPECT_FALSE(first->put("packs/4f/one", base::as_bytes(kObjects.at("packs/4f/one"))));
    dying = false;
    auto second = std::move(*DirectoryStore::open("/vault", files, random));
    ASSERT_TRUE(second->put("packs/4f/one", base::as_bytes(kObjects.at("packs/4f/one"))));
    recorder.note("packs/4f/one");
    EXPECT_EQ(judge(recorder.trace()).complaint, "");
}

}  // namespace
}  // namespace holdfast::store
