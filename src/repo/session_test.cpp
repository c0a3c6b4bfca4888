#include "repo/session.h"

#include <gtest/gtest.h>

#include <string>

#include "base/bytes.h"
#include "crypto/mac.h"
#include "repo/fake_vault.h"
#include "repo/ids.h"
#include "repo/index.h"
#include "repo/names.h"
#include "repo/pack.h"
#include "repo/records.h"
#include "repo/reliance.h"
#include "repo/repository.h"
#include "repo/survey.h"
#include "store/faulty_store.h"
#include "store/store.h"

namespace holdfast::repo {
namespace {

/// The kinds of the frames of the vault's only pack.
std::vector<ChunkKind> kinds_of_frames(TestVault& vault) {
    auto& core = vault.repository->core();
    const auto packs = store::list_all(core.store(), names::kPacks, 2);
    EXPECT_TRUE(packs);
    EXPECT_EQ(packs->size(), 1u);
    const auto frames =
        read_footer(core.store(), core.keys(), packs->front().name, packs->front().size_bytes);
    EXPECT_TRUE(frames);
    std::vector<ChunkKind> kinds;
    for (const FrameInfo& frame : *frames) kinds.push_back(frame.kind);
    return kinds;
}

TEST(Session, PutsTheLastRowsBehindAllData) {
    // A frame of data that takes long to encode beside one of rows that takes no time.
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        TestVault vault(2, seed);
        Bytes noise(1u << 19);
        vault.random.fill(noise);
        ASSERT_TRUE(write_point(*vault.repository, {{"key", base::to_text(noise)}}));
        const std::vector<ChunkKind> expected{ChunkKind::Data, ChunkKind::Metadata};
        EXPECT_EQ(kinds_of_frames(vault), expected) << "seed " << seed;
    }
}

/// Who may write to the store can bring an older manifest back under its own name.
TEST(Session, BuildsOnNoManifestButTheOneThatThePointNames) {
    TestVault vault;
    const PointId id = *write_point(*vault.repository, numbered_rows(5));
    auto& core = vault.repository->core();
    const std::string name = names::manifest(id);
    const Bytes sealed = core.seal(ObjectType::Manifest, name, encode(*core.manifest(id)));
    ASSERT_TRUE(vault.store.remove(name));
    ASSERT_TRUE(vault.store.create(name, sealed));
    const auto begun = vault.reopen()->begin({.base = id});
    ASSERT_FALSE(begun);
    EXPECT_EQ(begun.error().code, ErrorCode::Conflict);
}

/// A point with more packs than a record may name does not tell them.
TEST(Session, LooksForEveryChunkOfABaseThatTellsNoPacks) {
    TestVault vault;
    const PointId told = *write_point(*vault.repository, numbered_rows(5));
    auto& core = vault.repository->core();
    const PointId untold = PointId::random(vault.random);
    ManifestRecord manifest = *core.manifest(told);
    manifest.packs.clear();
    const Bytes sealed = core.seal(ObjectType::Manifest, names::manifest(untold), encode(manifest));
    PointRecord record;
    record.created_at = core.now();
    record.manifest_digest = crypto::sha256(sealed);
    ASSERT_TRUE(vault.store.create(names::manifest(untold), sealed));
    ASSERT_TRUE(vault.store.create(
        names::point(untold), core.seal(ObjectType::Point, names::point(untold), encode(record))));
    EXPECT_TRUE(vault.reopen()->begin({.base = untold}));
    const auto packs = *store::list_all(vault.store, "packs/", 10);
    for (const auto& pack : packs) ASSERT_TRUE(vault.store.remove(pack.name));
    const auto begun = vault.reopen()->begin({.base = untold});
    ASSERT_FALSE(begun);
    EXPECT_EQ(begun.error().code, ErrorCode::Conflict);
}

/// A collector would take a gap for a record that was lost, and delete nothing.
TEST(Reliance, LeavesNoGapWhenARecordIsNotStored) {
    for (const auto kind : {store::FaultKind::Fail, store::FaultKind::LoseReply}) {
        TestVault vault;
        ASSERT_TRUE(write_point(*vault.repository, numbered_rows(5)));
        store::FaultyStore faulty(vault.store, vault.random);
        auto repository = *Repository::open(faulty, vault.protector, vault.environment);
        auto& core = repository->core();
        ASSERT_TRUE(core.index().refresh());
        Reliance reliance(core, PointId::random(vault.random), {});
        store::Fault fault{.calls = store::StoreCall::Write, .kind = kind};
        fault.only_under = std::string(names::kWriters);
        faulty.script(fault);
        const std::vector<PackNumber> packs = {0};
        EXPECT_FALSE(reliance.settle(packs));
        const auto settled = reliance.settle(packs);
        ASSERT_TRUE(settled) << settled.error().message;
        EXPECT_EQ(reliance.trust(0), Reliance::Trust::Trusted);
        const auto relied = relied_packs(core, {});
        ASSERT_TRUE(relied) << relied.error().message;
        EXPECT_EQ(relied->size(), 1u);
    }
}

}  // namespace
}  // namespace holdfast::repo
