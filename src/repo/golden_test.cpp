#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/fake_clock.h"
#include "base/json.h"
#include "base/random.h"
#include "crypto/key_protector.h"
#include "crypto/mac.h"
#include "repo/core.h"
#include "repo/golden_vault.h"
#include "repo/ids.h"
#include "repo/names.h"
#include "repo/point.h"
#include "repo/records.h"
#include "repo/report.h"
#include "repo/repository.h"
#include "repo/run.h"
#include "store/directory_store.h"
#include "store/file_layer.h"
#include "store/store.h"

// A vault that was written once and must be readable for as long as format version 1 is.
//
// To write the kept files anew: HOLDFAST_REWRITE_GOLDEN=1 build/dev/src/repo/repo_test
// --gtest_filter='*Golden*:*Corpora*', from the repository's root. That is right after a change
// that adds to the format. A change after which the kept vault cannot be read is another format
// version.
namespace holdfast::repo {
namespace {

const std::string kFolder = std::string(HOLDFAST_TEST_DATA) + std::string(kGoldenFolder);

std::map<std::string, Bytes> files_of(const GoldenVault& vault) {
    std::map<std::string, Bytes> files;
    for (const auto& [name, bytes] : vault.objects)
        files[fmt::format("location/{}/{}", vault.vault_id, name)] = bytes;
    files["key-file"] = base::to_bytes(vault.key_file);
    files["passphrase"] = base::to_bytes(vault.passphrase);
    files["expected.json"] = base::to_bytes(vault.expected_json());
    return files;
}

std::string kept_text(const std::string& name) {
    return base::to_text(read_files(kFolder).at(name));
}

/// The kept vault, copied to where nothing that a test does can harm it.
class KeptVault {
public:
    KeptVault() : expected(*base::parse_json(kept_text("expected.json"))) {
        std::string pattern = testing::TempDir() + "golden-XXXXXX";
        folder_ = ::mkdtemp(pattern.data());
        std::filesystem::copy(kFolder + "/location", folder_,
                              std::filesystem::copy_options::recursive);
        store = *store::DirectoryStore::open(
            fmt::format("{}/{}", folder_, base::text_at(expected, "/vaultId")), files_, random_);
    }
    ~KeptVault() { std::filesystem::remove_all(folder_); }
    KeptVault(const KeptVault&) = delete;
    KeptVault& operator=(const KeptVault&) = delete;

    Result<std::unique_ptr<Repository>> open(const crypto::KeyProtector& protector) {
        return Repository::open(
            *store, protector,
            {.clock = clock_, .random = random_, .cache_dir = "", .threads = 2, .memory = {}});
    }
    Result<std::unique_ptr<Repository>> open() {
        return open(crypto::KeyFileProtector(
            TRY(crypto::KeyFileProtector::from_text(kept_text("key-file")))));
    }
    const std::string& folder() const { return folder_; }

    Json expected;
    std::unique_ptr<store::DirectoryStore> store;

private:
    std::string folder_;
    store::PosixFileLayer files_;
    base::FakeClock clock_;
    base::SeededRandom random_{1};
};

/// What the vault gives back of a point, in the words of expected.json.
Result<Json> read_point(Repository& repository, const PointId& id) {
    const Point point = TRY(repository.point(id));
    Json rows = Json::array();
    const auto visit = [&](const Row& row) -> Result<void> {
        const Bytes bytes = TRY(repository.read_chunk(*row.chunk));
        rows.push_back({{"key", row.key},
                        {"attributes", base::to_text(row.attributes)},
                        {"chunk", row.chunk->hex()},
                        {"bytes", bytes.size()},
                        {"sha256", base::to_hex(crypto::sha256(bytes))}});
        return {};
    };
    TRY(RunReader(repository, point.content.runs).scan("", visit));
    return Json{{"id", id.text()},
                {"summary", point.content.summary_json},
                {"manifest", point.content.manifest_json},
                {"runs", point.content.runs.size()},
                {"rows", std::move(rows)}};
}

TEST(Golden, VaultIsWrittenAsItWasAndWillBe) {
    const auto files = files_of(make_golden_vault());
    if (rewrites_golden_files()) write_files(kFolder, files);
    const auto kept = read_files(kFolder);
    // Byte by byte, for the kept files and these are made by the same zstd (Debian 12: 1.5.4).
    // Another one may compress otherwise. If this fails after an upgrade of zstd while the kept
    // vault is still read back whole, the format is the same: write the files anew.
    for (const auto& [name, bytes] : files) {
        ASSERT_TRUE(kept.contains(name)) << name << " is not among the kept files";
        EXPECT_TRUE(std::ranges::equal(kept.at(name), bytes)) << name << " is written otherwise";
    }
    EXPECT_EQ(kept.size(), files.size());
}

TEST(Golden, VaultHasEveryKindOfObject) {
    KeptVault vault;
    for (const std::string_view prefix :
         {names::kHeaders[0], names::kHeaders[1], names::kKeys, names::kPacks, names::kIndexRuns,
          names::kManifests, names::kPoints, names::kTombstones, names::kWriters,
          names::kCondemned})
        EXPECT_FALSE(store::list_all(*vault.store, prefix, 1000)->empty()) << prefix;
    auto repository = *vault.open();
    std::set<PointRecord::Kind> kinds;
    const auto points = *store::list_all(*vault.store, names::kPoints, 1000);
    for (const auto& object : points)
        kinds.insert(
            repository->core().point_record(*names::point_of(object.name, names::kPoints))->kind);
    EXPECT_EQ(kinds.size(), 3u);
}

TEST(Golden, VaultIsReadBackWhole) {
    KeptVault vault;
    auto opened = vault.open();
    ASSERT_TRUE(opened) << opened.error().message;
    Repository& repository = **opened;
    EXPECT_EQ(repository.vault_id(), base::text_at(vault.expected, "/vaultId"));

    const auto report = repository.verify({.read_data_percent = 100});
    ASSERT_TRUE(report) << report.error().message;
    for (const Damage& damage : report->damage)
        ADD_FAILURE() << damage.object << ": " << damage.what;

    auto points = *repository.points();
    std::ranges::sort(points, {}, &PointSummary::id);
    Json found = Json::array();
    for (const PointSummary& point : points) {
        const auto read = read_point(repository, point.id);
        ASSERT_TRUE(read) << point.id.text() << ": " << read.error().message;
        found.push_back(*read);
    }
    EXPECT_EQ(found, vault.expected["points"]);
    for (const char* gone : {"/deleted", "/aborted"}) {
        const auto id = PointId::parse(base::text_at(vault.expected, gone));
        EXPECT_EQ(repository.point(*id).error().code, ErrorCode::NotFound) << gone;
    }
}

TEST(Golden, VaultIsOpenedByItsPassphraseToo) {
    KeptVault vault;
    EXPECT_TRUE(vault.open(crypto::PassphraseProtector(kept_text("passphrase"))));
    const auto refused = vault.open(crypto::PassphraseProtector("another"));
    EXPECT_EQ(refused.error().code, ErrorCode::PermissionDenied);
}

TEST(Golden, VaultIsFoundAtItsLocation) {
    KeptVault vault;
    store::PosixFileLayer files;
    base::SeededRandom random(1);
    const auto location = *store::DirectoryStore::open(vault.folder(), files, random);
    EXPECT_EQ(*find_vaults(*location), std::vector{base::text_at(vault.expected, "/vaultId")});
}

}  // namespace
}  // namespace holdfast::repo
