#include <gtest/gtest.h>

#include <algorithm>

#include "repo/core.h"
#include "repo/fake_vault.h"
#include "repo/names.h"

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

}  // namespace
}  // namespace holdfast::repo
