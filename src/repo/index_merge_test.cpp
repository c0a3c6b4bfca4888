#include "repo/index_merge.h"

#include <gtest/gtest.h>

#include "repo/core.h"
#include "repo/fake_vault.h"
#include "repo/ids.h"
#include "repo/index_run.h"
#include "repo/index_run_builder.h"
#include "repo/names.h"
#include "repo/repository.h"
#include "repo/vault_keys.h"
#include "store/store.h"

namespace holdfast::repo {
namespace {

std::size_t runs_stored(TestVault& vault) {
    return store::list_all(vault.store, "index/", 1000)->size();
}

Result<void> merge(Repository& repository, TestVault& vault, const KeepPack& keep,
                   std::size_t max_entries = kMaxEntriesPerRun) {
    auto& core = repository.core();
    TRY(core.index().refresh());
    return merge_runs(core.index(), core.keys(), vault.random, *core.index().runs(), keep, {},
                      max_entries);
}

TEST(IndexMerge, WritesNoRunWhenNothingIsKept) {
    TestVault vault;
    ASSERT_TRUE(write_point(*vault.repository, numbered_rows(5)));
    ASSERT_EQ(runs_stored(vault), 1u);
    ASSERT_TRUE(merge(*vault.repository, vault, [](const std::string&) { return false; }));
    EXPECT_EQ(runs_stored(vault), 1u);
}

/// The last run must hide the old ones, or they would count beside the new.
TEST(IndexMerge, HidesTheOldRunsAlsoWhenItEndsWithDroppedEntries) {
    TestVault vault;
    const PointId id = *write_point(*vault.repository, numbered_rows(5));
    const auto kept = *store::list_all(vault.store, "packs/", 10);
    ASSERT_TRUE(write_point(*vault.reopen(), numbered_rows(50, "other")));
    auto repository = vault.reopen();
    ASSERT_TRUE(merge(
        *repository, vault, [&](const std::string& pack) { return pack == kept.front().name; }, 1));
    for (const auto& run : *repository->core().index().runs()) EXPECT_LE(run->footer().entries, 1u);
    EXPECT_EQ(*read_rows(*repository, id), numbered_rows(5));
}

TEST(IndexRunBuilder, RefusesARunThatNoReaderWouldTake) {
    TestVault vault;
    const VaultKeys& keys = vault.repository->core().keys();
    IndexRunBuilder builder(keys, vault.random, 0);
    builder.supersede(std::vector<std::string>(kMaxSuperseded + 1, names::index_run(vault.random)));
    const auto checked = builder.check();
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, ErrorCode::LimitExceeded);
}

}  // namespace
}  // namespace holdfast::repo
