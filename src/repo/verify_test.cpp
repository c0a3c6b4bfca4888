#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "repo/collect.h"
#include "repo/core.h"
#include "repo/fake_vault.h"
#include "repo/ids.h"
#include "repo/index.h"
#include "repo/names.h"
#include "repo/pack.h"
#include "repo/point.h"
#include "repo/report.h"
#include "repo/repository.h"
#include "repo/writer.h"
#include "store/store.h"

namespace holdfast::repo {
namespace {

VerifyReport verify(Repository& repository, unsigned percent = 100) {
    auto report = repository.verify({.read_data_percent = percent});
    EXPECT_TRUE(report) << (report ? "" : report.error().message);
    return report ? std::move(*report) : VerifyReport{};
}

const Damage* find_damage(const VerifyReport& report, std::string_view object) {
    const auto it = std::ranges::find(report.damage, object, &Damage::object);
    return it == report.damage.end() ? nullptr : &*it;
}

/// Puts other bytes under a name, which no store does for anybody but a failing disk.
void overwrite(store::Store& store, const std::string& name, ByteView bytes) {
    ASSERT_TRUE(store.remove(name));
    ASSERT_TRUE(store.create(name, bytes));
}

RepairReport repair(Repository& repository) {
    return must(repository.repair());
}

/// What a backup without a base stores anew of rows.
std::uint64_t new_chunks_of(Repository& repository, const TestRows& rows) {
    auto writer = must(repository.begin());
    must(write_run(*writer, rows));
    return writer->stats().new_chunks;
}

/// A vault with several points, a deleted one, reliance records and small packs.
struct FullVault : TestVault {
    FullVault() {
        const WriterOptions small{.frame_bytes = 700, .pack_bytes = 1000};
        first = *write_point(*repository, numbered_rows(200), small);
        WriterOptions over = small;
        over.base = first;
        second = *write_point(*reopen(), numbered_rows(100, "other"), over);
        const PointId third = *write_point(*repository, numbered_rows(3, "third"));
        EXPECT_TRUE(repository->delete_point(third, "no longer needed"));
    }
    std::vector<std::string> objects() {
        std::vector<std::string> names;
        const auto listed = *store::list_all(store, "", 1000);
        for (const auto& object : listed) names.push_back(object.name);
        return names;
    }
    /// All packs, and where their frames lie.
    std::vector<std::pair<std::string, FramePlace>> frames() {
        std::vector<std::pair<std::string, FramePlace>> found;
        for (const auto& pack : must(store::list_all(store, names::kPacks, 1000)))
            for (const FrameInfo& frame :
                 must(read_footer(store, repository->core().keys(), pack.name, pack.size_bytes)))
                found.emplace_back(pack.name, frame.place);
        return found;
    }
    PointId first, second;
};

TEST(Verify, FindsNothingWrongWithASoundVault) {
    FullVault vault;
    const VerifyReport report = verify(*vault.reopen());
    EXPECT_TRUE(report.damage.empty())
        << report.damage.front().object << ": " << report.damage.front().what;
    EXPECT_TRUE(report.harmed.empty());
    EXPECT_EQ(report.points, 2u);
    EXPECT_GT(report.packs, 3u);
    EXPECT_EQ(report.objects, vault.objects().size());
}

TEST(Verify, NamesEveryObjectOfWhichABitIsFlipped) {
    FullVault vault;
    base::SeededRandom random(5);
    for (const std::string& name : vault.objects()) {
        const Bytes good = *vault.store.get(name);
        for (int round = 0; round < 6; ++round) {
            Bytes bad = good;
            // The first and the last byte always, others at random.
            const std::size_t at = round == 0   ? 0
                                   : round == 1 ? bad.size() - 1
                                                : random.below(bad.size());
            bad[at] ^= static_cast<std::byte>(1u << random.below(8));
            overwrite(vault.store, name, bad);
            const VerifyReport report = verify(*vault.reopen());
            EXPECT_NE(find_damage(report, name), nullptr) << name << " at byte " << at;
            overwrite(vault.store, name, good);
        }
    }
    EXPECT_TRUE(verify(*vault.reopen()).damage.empty());
}

TEST(Verify, NamesThePointsThatNeedADamagedPack) {
    FullVault vault;
    auto writer = *vault.repository->begin();
    PointContent content;
    content.runs = {*write_run(*writer, {{"alone", "in its own pack"}})};
    const PointId lonely = *writer->commit(content);
    for (const std::string& name : vault.objects()) {
        if (!name.starts_with("packs/" + lonely.text())) continue;
        Bytes bad = *vault.store.get(name);
        bad[20] ^= std::byte{1};
        overwrite(vault.store, name, bad);
        const VerifyReport report = verify(*vault.reopen());
        const Damage* damage = find_damage(report, name);
        ASSERT_NE(damage, nullptr);
        EXPECT_EQ(damage->points, std::vector{lonely});
        EXPECT_EQ(report.harmed, std::vector{lonely});
        EXPECT_EQ(*read_rows(*vault.reopen(), vault.first), numbered_rows(200));
        EXPECT_FALSE(read_rows(*vault.reopen(), lonely));
    }
}

TEST(Verify, SaysHowToRemoveWhatIsNoKey) {
    FullVault vault;
    const std::string id = "0123456789abcdef";
    ASSERT_TRUE(vault.store.create(names::key_wrap(id, 0), base::as_bytes("no key wrap")));
    auto repository = vault.reopen();
    const VerifyReport report = verify(*repository);
    const Damage* damage = find_damage(report, names::key_wrap(id, 0));
    ASSERT_NE(damage, nullptr);
    EXPECT_NE(damage->what.find("vault key remove " + id), std::string::npos);
    EXPECT_FALSE(damage->repairable);
    ASSERT_TRUE(repository->remove_key(id));
    EXPECT_TRUE(verify(*repository).damage.empty());
}

TEST(Verify, NoticesAMissingPackWithoutReadingData) {
    FullVault vault;
    for (const std::string& name : vault.objects()) {
        if (!name.starts_with("packs/" + vault.first.text())) continue;
        ASSERT_TRUE(vault.store.remove(name));
        const VerifyReport report = verify(*vault.reopen(), 0);
        const Damage* damage = find_damage(report, name);
        ASSERT_NE(damage, nullptr) << name;
        EXPECT_FALSE(damage->points.empty());
        break;
    }
}

TEST(Verify, StopsWhenAsked) {
    FullVault vault;
    std::stop_source stop;
    stop.request_stop();
    const auto report = vault.repository->verify({}, {}, stop.get_token());
    EXPECT_EQ(report.error().code, ErrorCode::Cancelled);
}

TEST(Repair, MakesDamagedCopiesOfHeaderAndKeysAnew) {
    FullVault vault;
    for (const std::string& name : vault.objects()) {
        if (!name.starts_with("header.") && !name.starts_with("keys/")) continue;
        Bytes bad = *vault.store.get(name);
        bad[bad.size() / 2] ^= std::byte{4};
        overwrite(vault.store, name, bad);
        auto repository = vault.reopen();
        const auto report = repository->repair();
        ASSERT_TRUE(report) << report.error().message;
        EXPECT_EQ(report->rewritten, std::vector{name});
        EXPECT_TRUE(verify(*vault.reopen()).damage.empty()) << name;
    }
}

TEST(Repair, SaysWhatToDoAboutADamagedTombstone) {
    FullVault vault;
    const std::string name = names::tombstone(vault.second);
    ASSERT_TRUE(vault.store.create(name, base::as_bytes("no tombstone")));
    const VerifyReport found = verify(*vault.reopen());
    const Damage* damage = find_damage(found, name);
    ASSERT_NE(damage, nullptr);
    EXPECT_NE(damage->what.find("hidden"), std::string::npos);
    EXPECT_FALSE(damage->repairable);
    const auto report = vault.reopen()->repair();
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_EQ(report->advice.size(), 1u);
    EXPECT_NE(report->advice.front().find(name), std::string::npos);
    EXPECT_TRUE(vault.store.get(name));
}

TEST(Repair, SaysWhatToDoAboutADamagedPointRecord) {
    FullVault vault;
    const std::string name = names::point(vault.second);
    overwrite(vault.store, name, base::as_bytes("no record"));
    const auto report = vault.reopen()->repair();
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_EQ(report->advice.size(), 1u);
    EXPECT_NE(report->advice.front().find(name), std::string::npos);
    EXPECT_TRUE(vault.store.get(name));
}

TEST(Repair, RebuildsIndexRunsFromPacks) {
    FullVault vault;
    for (const std::string& name : vault.objects()) {
        if (!name.starts_with("index/")) continue;
        Bytes bad = *vault.store.get(name);
        bad[bad.size() / 2] ^= std::byte{4};
        overwrite(vault.store, name, bad);
    }
    // Even before that, readers find chunks through the packs.
    EXPECT_EQ(*read_rows(*vault.reopen(), vault.first), numbered_rows(200));
    const auto report = vault.reopen()->repair();
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->dropped.size(), 3u);
    EXPECT_TRUE(report->losses.empty());
    EXPECT_TRUE(verify(*vault.reopen()).damage.empty());
    EXPECT_EQ(*read_rows(*vault.reopen(), vault.second), numbered_rows(100, "other"));
}

TEST(Repair, SaysWhichRowsOfWhichPointsAreLost) {
    FullVault vault;
    const ChunkId id = vault.repository->core().keys().chunk_id(base::as_bytes("text of number 7"));
    const Location place = vault.repository->core().index().find(id)->front();
    const std::string name = vault.repository->core().index().packs().name_of(place.pack);
    Bytes bad = *vault.store.get(name);
    bad[place.frame.offset] ^= std::byte{1};
    overwrite(vault.store, name, bad);
    const auto report = vault.reopen()->repair();
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_EQ(report->losses.size(), 1u);
    EXPECT_EQ(report->losses[0].point, vault.first);
    EXPECT_NE(std::ranges::find(report->losses[0].keys, "key-000007"),
              report->losses[0].keys.end());
    EXPECT_LT(report->losses[0].lost_rows, 200u);
}

/// Objects, rows and nodes of runs: whatever frame it is, two backups of the same make all whole.
TEST(Repair, LetsTheNextBackupHealEveryPoint) {
    const std::size_t count = FullVault().frames().size();
    ASSERT_GT(count, 8u);
    for (std::size_t i = 0; i < count; ++i) {
        FullVault vault;
        const auto [pack, frame] = vault.frames()[i];
        SCOPED_TRACE(fmt::format("{} frame {}", pack, frame.ordinal));
        harm(vault.store, pack, frame.offset);
        const RepairReport told = repair(*vault.reopen());
        EXPECT_EQ(told.condemned, std::vector{pack});
        EXPECT_EQ(told.unreadable_bytes, frame.plain_bytes);
        auto repository = vault.reopen();
        const PointId again = must(write_point(*repository, numbered_rows(200)));
        must(write_point(*repository, numbered_rows(100, "other")));
        const VerifyReport found = verify(*vault.reopen());
        EXPECT_EQ(found.points, 4u);
        EXPECT_TRUE(found.harmed.empty());
        for (const PointId& point : {vault.first, again})
            EXPECT_EQ(must(read_rows(*vault.reopen(), point)), numbered_rows(200));
        EXPECT_EQ(must(read_rows(*vault.reopen(), vault.second)), numbered_rows(100, "other"));
        const RepairReport second = repair(*vault.reopen());
        EXPECT_TRUE(second.losses.empty());
        EXPECT_TRUE(second.condemned.empty());
        // Nobody needs the harmed frame any more, so it goes.
        must(collect(*vault.reopen(), {}));
        EXPECT_TRUE(verify(*vault.reopen()).damage.empty());
        EXPECT_TRUE(must(store::list_all(vault.store, names::kCondemned, 10)).empty());
    }
}

TEST(Repair, ThePackGoesWhenTheRestOfItHasMoved) {
    FullVault vault;
    auto& core = vault.repository->core();
    const ChunkId id = core.keys().chunk_id(base::as_bytes("text of number 0"));
    const Location place = core.index().find(id)->front();
    const std::string pack = core.index().packs().name_of(place.pack);
    harm(vault.store, pack, place.frame.offset);
    repair(*vault.reopen());
    // What the harmed frame holds, and not all of the pack.
    must(write_point(*vault.reopen(), numbered_rows(60)));
    EXPECT_EQ(must(collect(*vault.reopen(), {})).packs_moved, 1u);
    EXPECT_FALSE(vault.store.get(pack));
    EXPECT_TRUE(verify(*vault.reopen()).damage.empty());
    EXPECT_EQ(must(read_rows(*vault.reopen(), vault.first)), numbered_rows(200));
}

TEST(Repair, LetsNoBackupShareRunsOfAHarmedPoint) {
    FullVault vault;
    const auto frames = vault.frames();
    const auto of_second = std::ranges::find_if(frames, [&](const auto& frame) {
        return frame.first.starts_with("packs/" + vault.second.text());
    });
    harm(vault.store, of_second->first, of_second->second.offset);
    const auto unaware = vault.reopen();
    const auto running = must(unaware->begin({.base = vault.second}));
    repair(*vault.reopen());
    const auto shared = vault.reopen()->begin({.base = vault.second});
    ASSERT_FALSE(shared);
    EXPECT_EQ(shared.error().code, ErrorCode::Conflict);
    // Only the one that runs keeps packs from being collected.
    must(write_point(*vault.reopen(), numbered_rows(100, "other")));
    const auto unfinished = must(collect(*vault.reopen(), {})).unfinished;
    ASSERT_EQ(unfinished.size(), 1u);
    EXPECT_EQ(unfinished[0].id, running->point_id());
}

TEST(Repair, ChunksWithAnotherGoodPlaceAreNotStoredAnew) {
    TestVault vault;
    auto one = vault.reopen();
    auto other = vault.reopen();
    const TestRows rows = numbered_rows(20);
    // Neither knows of the other, so both store everything.
    auto first = must(one->begin());
    auto second = must(other->begin());
    for (Writer* writer : {first.get(), second.get()})
        must(writer->commit(
            {.summary_json = "", .manifest_json = "", .runs = {must(write_run(*writer, rows))}}));
    const auto packs = must(store::list_all(vault.store, names::kPacks, 10));
    ASSERT_EQ(packs.size(), 2u);
    for (const auto& pack : packs) {
        harm(vault.store, pack.name, 20);
        EXPECT_EQ(repair(*vault.reopen()).condemned, std::vector{pack.name});
        EXPECT_EQ(new_chunks_of(*vault.reopen(), rows), pack.name == packs[0].name ? 0u : 21u);
    }
}

TEST(Repair, LosesNothingOfAPackWithoutFooter) {
    FullVault vault;
    std::set<std::string> packs;
    for (const auto& [pack, frame] : vault.frames()) packs.insert(pack);
    for (const std::string& pack : packs)
        harm(vault.store, pack, vault.store.get(pack)->size() - 12);
    const RepairReport report = repair(*vault.reopen());
    EXPECT_EQ(report.condemned.size(), packs.size());
    EXPECT_EQ(report.unreadable_bytes, 0u);
    EXPECT_TRUE(report.losses.empty());
    must(collect(*vault.reopen(), {}));
    EXPECT_EQ(must(read_rows(*vault.reopen(), vault.first)), numbered_rows(200));
    EXPECT_EQ(must(read_rows(*vault.reopen(), vault.second)), numbered_rows(100, "other"));
    // What a backup stores anew need not be kept there any more.
    must(write_point(*vault.reopen(), numbered_rows(200)));
    must(write_point(*vault.reopen(), numbered_rows(100, "other")));
    must(collect(*vault.reopen(), {}));
    EXPECT_TRUE(verify(*vault.reopen()).damage.empty());
}

TEST(Repair, LosesOnlyTheHarmedFramesOfAPackWithoutFooter) {
    FullVault vault;
    const auto frames = vault.frames();
    const std::string pack = frames.front().first;
    harm(vault.store, pack, frames.front().second.offset);
    harm(vault.store, pack, vault.store.get(pack)->size() - 12);
    const RepairReport report = repair(*vault.reopen());
    EXPECT_EQ(report.condemned, std::vector{pack});
    EXPECT_EQ(report.unreadable_bytes, frames.front().second.plain_bytes);
    const auto kept = must(collect(*vault.reopen(), {}));
    EXPECT_EQ(kept.packs_spared, 1u);
    EXPECT_TRUE(vault.store.get(pack));
    ASSERT_EQ(repair(*vault.reopen()).losses.size(), 1u);
    must(write_point(*vault.reopen(), numbered_rows(200)));
    EXPECT_TRUE(verify(*vault.reopen()).harmed.empty());
}

TEST(Repair, OfWhatDoesNotComeBackStillLetsACollectionWork) {
    FullVault vault;
    const auto [pack, frame] = vault.frames().front();
    harm(vault.store, pack, frame.offset);
    const auto losses = repair(*vault.reopen()).losses;
    ASSERT_EQ(losses.size(), 1u);
    must(collect(*vault.reopen(), {}));
    const auto after = repair(*vault.reopen());
    ASSERT_EQ(after.losses.size(), 1u);
    EXPECT_EQ(after.losses[0].lost_rows, losses[0].lost_rows);
    EXPECT_TRUE(after.condemned.empty());
}

TEST(Repair, NamesOnlyTheHarmedFramesOfAPackThatIsCutShort) {
    FullVault vault;
    const auto frames = vault.frames();
    const std::string pack = frames.front().first;
    Bytes cut = *vault.store.get(pack);
    ASSERT_EQ(frames[1].first, pack);
    cut.resize(frames[1].second.offset);
    overwrite(vault.store, pack, cut);
    std::uint64_t gone = 0;
    for (const auto& [of, frame] : frames)
        if (of == pack && frame.ordinal > 0) gone += frame.plain_bytes;
    EXPECT_EQ(repair(*vault.reopen()).unreadable_bytes, gone);
}

TEST(Repair, SaysWhatToDoAboutADamagedCondemnedRecord) {
    FullVault vault;
    const std::string name = names::condemned(vault.random);
    ASSERT_TRUE(vault.store.create(name, base::as_bytes("no record")));
    const RepairReport report = repair(*vault.reopen());
    ASSERT_EQ(report.advice.size(), 1u);
    EXPECT_NE(report.advice.front().find(name), std::string::npos);
}

}  // namespace
}  // namespace holdfast::repo
