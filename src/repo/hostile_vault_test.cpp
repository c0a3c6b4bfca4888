#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "repo/collect.h"
#include "repo/core.h"
#include "repo/fake_vault.h"
#include "repo/ids.h"
#include "repo/index_run.h"
#include "repo/index_run_builder.h"
#include "repo/names.h"
#include "repo/pack.h"
#include "repo/report.h"
#include "repo/run.h"
#include "repo/run_block.h"
#include "repo/writer.h"
#include "store/store.h"

// Objects that are sealed under the vault's key, and yet lie.
namespace holdfast::repo {
namespace {

Row row(const std::string& key) {
    return {.key = key, .chunk = std::nullopt, .attributes = {}};
}

/// A run of blocks that no builder puts together so: children by first key and block.
Result<RunRef> store_tree(Repository& repository, const std::vector<RowBlock>& blocks,
                          const std::vector<std::pair<std::string, std::size_t>>& children) {
    const auto writer = TRY(repository.begin());
    std::vector<ChunkId> ids;
    for (const RowBlock& rows : blocks)
        ids.push_back(TRY(writer->add_chunk(encode_rows(rows), ChunkKind::Metadata)));
    RunNode node;
    for (const auto& [key, block] : children) node.children.push_back({key, ids[block], 1});
    const ChunkId root = TRY(writer->add_chunk(encode_node(node), ChunkKind::Metadata));
    TRY(writer->commit({}));
    return RunRef{.root = root, .rows = 0};
}

void expect_refused(Repository& repository, const RunRef& run) {
    const RunReader reader(repository, {run});
    const auto visit = [](const Row&) { return Result<void>(); };
    const auto scanned = reader.scan("", visit);
    ASSERT_FALSE(scanned);
    EXPECT_EQ(scanned.error().code, ErrorCode::Corrupted);
    const auto walked =
        repository.core().visit_run(run, [](const ChunkId&) { return Result<void>(); });
    ASSERT_FALSE(walked);
    EXPECT_EQ(walked.error().code, ErrorCode::Corrupted);
}

TEST(ForgedRun, WithOneBlockManyTimesIsRefused) {
    // Eight levels of such nodes would otherwise be a walk that never ends.
    TestVault vault;
    const auto run = store_tree(*vault.repository, {{row("a")}}, {{"a", 0}, {"b", 0}, {"c", 0}});
    ASSERT_TRUE(run) << run.error().message;
    expect_refused(*vault.reopen(), *run);
}

TEST(ForgedRun, WithBlocksThatOverlapIsRefused) {
    TestVault vault;
    const auto run =
        store_tree(*vault.repository, {{row("a"), row("z")}, {row("b")}}, {{"a", 0}, {"b", 1}});
    ASSERT_TRUE(run) << run.error().message;
    expect_refused(*vault.reopen(), *run);
}

TEST(ForgedRun, OfBlocksAsAnnouncedIsRead) {
    TestVault vault;
    const auto run =
        store_tree(*vault.repository, {{row("a"), row("b")}, {row("c")}}, {{"a", 0}, {"c", 1}});
    ASSERT_TRUE(run) << run.error().message;
    auto repository = vault.reopen();
    EXPECT_TRUE(repository->core().visit_run(*run, [](const ChunkId&) { return Result<void>(); }));
    EXPECT_TRUE(RunReader(*repository, {*run}).scan("", [](const Row&) { return Result<void>(); }));
}

/// An index run that says of the vault's first pack what it likes.
class ForgedIndex : public testing::Test {
protected:
    ForgedIndex() {
        point_ = *write_point(*vault_.repository, numbered_rows(20));
        const auto packs = *store::list_all(vault_.store, names::kPacks, 10);
        pack_ = packs.front().name;
        bytes_ = static_cast<std::uint32_t>(packs.front().size_bytes);
    }

    /// One chunk per frame, with ids 00…, 01…, and so on.
    std::vector<ChunkId> forge(const std::vector<FramePlace>& frames) {
        const auto& keys = vault_.repository->core().keys();
        IndexRunBuilder builder(keys, vault_.random, frames.size());
        PackEntry entry;
        entry.name = pack_;
        entry.bytes = bytes_;
        builder.add_pack(entry);
        std::vector<ChunkId> ids;
        for (std::uint32_t i = 0; i < frames.size(); ++i) {
            Bytes id(keys.chunk_id_bytes(), std::byte{0});
            id[0] = static_cast<std::byte>(i);
            ids.push_back(*ChunkId::from_bytes(id));
            builder.add({.id = ids.back(),
                         .frame = builder.add_frame({.pack = 0, .place = frames[i]}),
                         .offset = 0,
                         .bytes = 1});
        }
        EXPECT_TRUE(vault_.store.create(builder.name(), builder.finish()));
        return ids;
    }

    TestVault vault_;
    PointId point_;
    std::string pack_;
    std::uint32_t bytes_ = 0;
};

TEST_F(ForgedIndex, WithAChunkInAnUnknownFrameStopsACollection) {
    const auto& keys = vault_.repository->core().keys();
    IndexRunBuilder builder(keys, vault_.random, 1);
    PackEntry entry;
    entry.name = pack_;
    entry.bytes = bytes_;
    builder.add_pack(entry);
    builder.add_frame({.pack = 0, .place = {.ordinal = 0, .offset = 8, .sealed_bytes = 20}});
    builder.add({.id = keys.chunk_id({}), .frame = 64, .offset = 0, .bytes = 1});
    ASSERT_TRUE(vault_.store.create(builder.name(), builder.finish()));
    const auto collected = collect(*vault_.reopen(), {});
    ASSERT_FALSE(collected);
    EXPECT_EQ(collected.error().code, ErrorCode::Corrupted);
    EXPECT_EQ(*read_rows(*vault_.reopen(), point_), numbered_rows(20));
}

TEST_F(ForgedIndex, WithFramesThatOverlapMisleadsNoBulkRead) {
    const auto ids = forge({{.ordinal = 0, .offset = 8, .sealed_bytes = bytes_ - 40},
                            {.ordinal = 1, .offset = 9, .sealed_bytes = 20},
                            {.ordinal = 1, .offset = 30, .sealed_bytes = 20}});
    auto repository = vault_.reopen();
    ASSERT_TRUE(repository->core().index().refresh());
    const auto read =
        repository->read_chunks(ids, [](std::size_t, ByteView) { return Result<void>(); });
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::Corrupted);
}

TEST_F(ForgedIndex, MisleadsNoVerificationOfAPackWithoutFooter) {
    forge({{.ordinal = 0, .offset = 60, .sealed_bytes = 20},
           {.ordinal = 1, .offset = 9, .sealed_bytes = bytes_ - 40},
           {.ordinal = 2, .offset = 40, .sealed_bytes = 20}});
    Bytes cut = *vault_.store.get(pack_);
    cut.back() ^= std::byte{1};
    ASSERT_TRUE(vault_.store.remove(pack_));
    ASSERT_TRUE(vault_.store.create(pack_, cut));
    const auto report = vault_.reopen()->verify({.read_data_percent = 100});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(std::ranges::count(report->damage, pack_, &Damage::object), 1);
}

}  // namespace
}  // namespace holdfast::repo
