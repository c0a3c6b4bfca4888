#include "repo/repository.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/fake_clock.h"
#include "base/guarded.h"
#include "base/random.h"
#include "crypto/secret.h"
#include "repo/fake_vault.h"
#include "store/memory_store.h"

namespace holdfast::repo {
namespace {

TEST(Repository, GivesBackWhatWasWritten) {
    TestVault vault;
    const TestRows rows = numbered_rows(1000);
    const PointId id = must(write_point(*vault.repository, rows));
    EXPECT_EQ(must(read_rows(*vault.repository, id)), rows);
    EXPECT_EQ(must(read_rows(*vault.reopen(), id)), rows);
}

TEST(Repository, GivesBackWhatSeveralThreadsWrote) {
    TestVault vault(3);
    const TestRows rows = numbered_rows(20000);
    const PointId id =
        must(write_point(*vault.repository, rows, {.frame_bytes = 4096, .pack_bytes = 65536}));
    EXPECT_EQ(must(read_rows(*vault.reopen(), id)), rows);
}

TEST(Repository, ListsCommittedPointsOnly) {
    TestVault vault;
    EXPECT_TRUE(must(vault.repository->points()).empty());
    {
        auto writer = must(vault.repository->begin());
    }
    const PointId id = must(write_point(*vault.repository, numbered_rows(3)));
    const auto points = must(vault.reopen()->points());
    ASSERT_EQ(points.size(), 1u);
    EXPECT_EQ(points[0].id, id);
    EXPECT_EQ(points[0].summary_json, "{}");
    EXPECT_EQ(must(vault.repository->point(id)).content.manifest_json, "{\"a\":1}");
}

TEST(Repository, StoresAnEqualChunkOnce) {
    TestVault vault;
    must(write_point(*vault.repository, numbered_rows(1000)));
    auto again = vault.reopen();
    auto writer = must(again->begin());
    must(write_run(*writer, numbered_rows(1000)));
    EXPECT_EQ(writer->stats().new_chunks, 0u);
    EXPECT_GT(writer->stats().chunks, 1000u);
}

TEST(Repository, TakesSeveralChunksAtOnce) {
    TestVault vault;
    const std::vector<Bytes> kept = {base::to_bytes("one"), base::to_bytes("two"),
                                     base::to_bytes("one"), Bytes(3000, std::byte{7})};
    const std::vector<ByteView> chunks(kept.begin(), kept.end());
    auto writer = must(vault.repository->begin({.frame_bytes = 1000}));
    const auto ids = must(writer->add_chunks(chunks));
    ASSERT_EQ(ids.size(), chunks.size());
    for (std::size_t i = 0; i < chunks.size(); ++i) EXPECT_EQ(ids[i], writer->id_of(chunks[i]));
    EXPECT_EQ(writer->stats().new_chunks, 3u);
    const auto run =
        must(writer->add_run([row = Row{.key = "key", .chunk = ids[0], .attributes = {}},
                              done = false]() mutable -> Result<std::optional<Row>> {
            return std::exchange(done, true) ? std::nullopt : std::optional(row);
        }));
    must(writer->commit({.summary_json = "{}", .manifest_json = "{}", .runs = {run}}));
    auto repository = vault.reopen();
    for (std::size_t i = 0; i < chunks.size(); ++i)
        EXPECT_EQ(must(repository->read_chunk(ids[i])), kept[i]);
}

TEST(Repository, KeepsWhatItClaimedBeforeAChunkThatIsTooLarge) {
    TestVault vault;
    const Bytes small = base::to_bytes("small");
    const Bytes large(kMaxChunkBytes + 1, std::byte{1});
    const std::vector<ByteView> chunks = {small, large};
    auto writer = must(vault.repository->begin());
    EXPECT_EQ(writer->add_chunks(chunks).error().code, ErrorCode::LimitExceeded);
    const PointId id =
        must(writer->commit({.summary_json = "{}", .manifest_json = "{}", .runs = {}}));
    EXPECT_EQ(must(vault.reopen()->read_chunk(writer->id_of(small))), small);
    EXPECT_FALSE(id.empty());
}

TEST(Repository, SharesRunsWithItsBasePoint) {
    TestVault vault;
    const TestRows rows = numbered_rows(500);
    const PointId first = must(write_point(*vault.repository, rows));
    auto repository = vault.reopen();
    auto writer = must(repository->begin({.base = first}));
    PointContent content = must(repository->point(first)).content;
    content.runs.insert(content.runs.begin(),
                        must(write_run(*writer, {{"key-000001", ""}, {"new", "row"}})));
    const PointId second = must(writer->commit(content));
    TestRows want = rows;
    want.erase("key-000001");
    want["new"] = "row";
    EXPECT_EQ(must(read_rows(*vault.reopen(), second)), want);
    EXPECT_EQ(must(read_rows(*vault.reopen(), first)), rows);
}

TEST(Repository, RefusesARunOfNobody) {
    TestVault vault;
    const PointId first = must(write_point(*vault.repository, numbered_rows(5)));
    auto writer = must(vault.repository->begin());
    const auto committed = writer->commit(must(vault.repository->point(first)).content);
    EXPECT_EQ(committed.error().code, ErrorCode::InvalidArgument);
}

TEST(Repository, ForgetsADeletedPoint) {
    TestVault vault;
    const PointId id = must(write_point(*vault.repository, numbered_rows(5)));
    ASSERT_TRUE(vault.repository->delete_point(id, "test"));
    EXPECT_TRUE(must(vault.repository->points()).empty());
    EXPECT_EQ(vault.repository->point(id).error().code, ErrorCode::NotFound);
    EXPECT_EQ(vault.repository->delete_point(id, "test").error().code, ErrorCode::NotFound);
    EXPECT_EQ(vault.repository->delete_point(PointId::random(vault.random), "").error().code,
              ErrorCode::NotFound);
}

TEST(Repository, TellsAWrongKeyInOneSentence) {
    TestVault vault;
    const crypto::KeyFileProtector other(crypto::Key::random(vault.random));
    const auto opened = Repository::open(vault.store, other, vault.environment);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::PermissionDenied);
    EXPECT_EQ(opened.error().message, "this key file is not of this vault");
}

TEST(Repository, OpensThroughEveryKeyAndKeepsTheLast) {
    TestVault vault;
    const crypto::PassphraseProtector passphrase("secret", {.log2_n = 4, .r = 8, .p = 1});
    const KeyWrap added = must(vault.repository->add_key(passphrase, "mine"));
    EXPECT_TRUE(Repository::open(vault.store, passphrase, vault.environment));
    const auto keys = must(vault.repository->keys());
    ASSERT_EQ(keys.size(), 2u);
    const KeyWrap& first = keys[0].id == added.id ? keys[1] : keys[0];
    EXPECT_TRUE(vault.repository->remove_key(first.id));
    EXPECT_FALSE(Repository::open(vault.store, vault.protector, vault.environment));
    EXPECT_TRUE(Repository::open(vault.store, passphrase, vault.environment));
    EXPECT_EQ(vault.repository->remove_key(added.id).error().code, ErrorCode::Conflict);
}

TEST(Repository, OpensWithTheExportedKeyWhenEveryWrapIsLost) {
    TestVault vault;
    const auto root = must(crypto::RootKeyProtector::from_text(vault.repository->export_key()));
    for (const auto& object : must(store::list_all(vault.store, "keys/", 10)))
        ASSERT_TRUE(vault.store.remove(object.name));
    EXPECT_TRUE(Repository::open(vault.store, crypto::RootKeyProtector(root), vault.environment));
    const crypto::RootKeyProtector other(crypto::Key::random(vault.random));
    EXPECT_EQ(Repository::open(vault.store, other, vault.environment).error().code,
              ErrorCode::PermissionDenied);
}

TEST(Repository, DeliversManyChunksInAnyOrder) {
    TestVault vault(2);
    auto writer = must(vault.repository->begin({.frame_bytes = 1000, .pack_bytes = 5000}));
    std::vector<ChunkId> ids;
    for (int i = 0; i < 500; ++i)
        ids.push_back(must(writer->add_chunk(base::as_bytes(fmt::format("chunk {}", i)))));
    must(writer->commit({}));
    ids.push_back(ids.front());
    base::Guarded<std::map<std::size_t, std::string>> got;
    const auto read =
        vault.reopen()->read_chunks(ids, [&](std::size_t position, ByteView bytes) -> Result<void> {
            got.update([&](auto& map) { map[position] = base::to_text(bytes); });
            return {};
        });
    ASSERT_TRUE(read) << read.error().message;
    got.update([&](auto& map) {
        ASSERT_EQ(map.size(), ids.size());
        EXPECT_EQ(map[7], "chunk 7");
        EXPECT_EQ(map[500], "chunk 0");
    });
}

TEST(Repository, VisitsEveryChunkThatAPointNeeds) {
    TestVault vault;
    const TestRows rows = numbered_rows(3000);
    const PointId id = must(write_point(*vault.repository, rows));
    std::set<ChunkId> seen;
    ASSERT_TRUE(vault.repository->visit_chunks(id, [&](const ChunkId& chunk) -> Result<void> {
        seen.insert(chunk);
        return {};
    }));
    EXPECT_GT(seen.size(), rows.size());
    EXPECT_LT(seen.size(), rows.size() + 20);
}

TEST(Repository, FindsTheVaultsOfALocation) {
    base::FakeClock clock;
    base::SeededRandom random(3);
    store::MemoryStore store{clock};
    std::vector<std::string> ids;
    for (int i = 0; i < 5; ++i) {
        ids.push_back(new_vault_id(random));
        ASSERT_TRUE(store.create(ids.back() + "/header.b", base::as_bytes("x")));
        ASSERT_TRUE(store.create(ids.back() + "/packs/y", base::as_bytes("x")));
    }
    ASSERT_TRUE(store.create("other/header.a", base::as_bytes("x")));
    ASSERT_TRUE(store.create(std::string(32, 'a') + "/something", base::as_bytes("x")));
    std::ranges::sort(ids);
    EXPECT_EQ(must(find_vaults(store)), ids);
}

}  // namespace
}  // namespace holdfast::repo
