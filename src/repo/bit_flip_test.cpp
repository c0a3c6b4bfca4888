#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/fake_clock.h"
#include "base/log.h"
#include "base/random.h"
#include "crypto/key_protector.h"
#include "repo/core.h"
#include "repo/fake_vault.h"
#include "repo/golden_vault.h"
#include "repo/ids.h"
#include "repo/names.h"
#include "repo/point.h"
#include "repo/report.h"
#include "repo/repository.h"
#include "store/memory_store.h"
#include "store/store.h"

// One wrong bit anywhere in a vault is found, and what it costs is told.
namespace holdfast::repo {
namespace {

using Points = std::set<PointId>;

Points as_set(const std::vector<PointId>& points) {
    return {points.begin(), points.end()};
}

bool has_twin(std::string_view object) {
    return object.starts_with("header.") || object.starts_with(names::kKeys);
}

/// Every vault here is damaged, and opening it says so.
void be_quiet() {
    static const bool kOnce = [] {
        base::log::configure({.level = base::log::Level::Error});
        return true;
    }();
    (void)kOnce;
}

class BitFlips {
public:
    BitFlips(store::MemoryStore& store, const crypto::KeyProtector& protector)
        : store_(store), protector_(protector) {
        be_quiet();
        const auto listed = *store::list_all(store_, "", 1000);
        for (const auto& object : listed) objects_.push_back(object.name);
        find_needs();
    }

    const std::vector<std::string>& objects() const { return objects_; }

    /// Flips the bits of a byte that `mask` has set, one after the other.
    void check_byte(const std::string& object, const Bytes& good, std::size_t at, unsigned mask) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            if ((mask >> bit & 1u) == 0) continue;
            Bytes bad = good;
            bad[at] ^= static_cast<std::byte>(1u << bit);
            overwrite(object, bad);
            SCOPED_TRACE(fmt::format("{}, byte {}, bit {}", object, at, bit));
            check(object);
            if (testing::Test::HasFailure()) break;
        }
        overwrite(object, good);
    }

private:
    Result<std::unique_ptr<Repository>> open() {
        return Repository::open(
            store_, protector_,
            {.clock = clock_, .random = random_, .cache_dir = "", .threads = 0, .memory = {}});
    }

    void overwrite(const std::string& object, const Bytes& bytes) {
        ASSERT_TRUE(store_.remove(object));
        ASSERT_TRUE(store_.create(object, bytes));
    }

    /// Which points need which objects, found by asking the sound vault for every chunk.
    void find_needs() {
        auto repository = *open();
        auto& core = repository->core();
        ASSERT_TRUE(core.index().refresh());
        points_ = *repository->points();
        for (const PointSummary& point : points_) {
            needs_[names::point(point.id)].insert(point.id);
            needs_[names::manifest(point.id)].insert(point.id);
            ASSERT_TRUE(repository->visit_chunks(point.id, [&](const ChunkId& id) -> Result<void> {
                const auto places = TRY(core.index().find(id));
                EXPECT_EQ(places.size(), 1u) << "a second copy would make this test guess";
                needs_[core.index().packs().name_of(places.front().pack)].insert(point.id);
                return {};
            }));
        }
        // Of a record that cannot be read nobody knows that it told of an abort, not of a point.
        for (const std::string& object : objects_) {
            const auto id = names::point_of(object, names::kPoints);
            if (!id || store_.stat(names::tombstone(*id))) continue;
            needs_[object].insert(*id);
        }
    }

    void check(const std::string& object) {
        auto repository = open();
        ASSERT_TRUE(repository) << repository.error().message;
        const auto report = (*repository)->verify({.read_data_percent = 100});
        ASSERT_TRUE(report) << report.error().message;
        ASSERT_EQ(report->damage.size(), 1u);
        const Damage& damage = report->damage.front();
        EXPECT_EQ(damage.object, object);
        EXPECT_EQ(as_set(damage.points), needs_[object]);
        const bool repairable = has_twin(object) || object.starts_with(names::kIndexRuns);
        EXPECT_EQ(damage.repairable, repairable);
        const Points harmed = as_set(report->harmed);
        EXPECT_TRUE(std::ranges::includes(needs_[object], harmed));
        if (++checks_ % kReadEvery == 0) check_reading(**repository, harmed);
    }

    /// What verify calls harmed cannot be read whole, everything else can.
    void check_reading(Repository& repository, const Points& harmed) {
        for (const PointSummary& point : points_)
            EXPECT_EQ(read_rows(repository, point.id).has_value(), !harmed.contains(point.id));
    }

    static constexpr std::size_t kReadEvery = 16;

    store::MemoryStore& store_;
    const crypto::KeyProtector& protector_;
    base::FakeClock clock_;
    base::SeededRandom random_{1};
    std::vector<std::string> objects_;
    std::vector<PointSummary> points_;
    std::map<std::string, Points> needs_;
    std::size_t checks_ = 0;
};

/// Every bit of every object; of the second copy of what has two, equal to the first, one bit of
/// each byte.
TEST(BitFlips, AreAllFoundInATinyVault) {
    TestVault vault;
    (void)*write_point(*vault.repository, {{"a", "kept"}});
    BitFlips flips(vault.store, vault.protector);
    for (const std::string& object : flips.objects()) {
        const Bytes good = *vault.store.get(object);
        const bool second = has_twin(object) && object.ends_with(".b");
        for (std::size_t at = 0; at < good.size() && !HasFailure(); ++at)
            flips.check_byte(object, good, at, second ? 1u << at % 8 : 0xff);
    }
}

/// All bits of the golden vault would take minutes: one bit, each in turn, of every byte near the
/// ends of an object, where structure stands in the clear, and of every fifth in between.
TEST(BitFlips, AreFoundInEveryObjectOfTheGoldenVault) {
    constexpr std::size_t kEnd = 16;
    const GoldenVault golden = make_golden_vault();
    base::FakeClock clock;
    store::MemoryStore store(clock);
    for (const auto& [name, bytes] : golden.objects) ASSERT_TRUE(store.create(name, bytes));
    const crypto::KeyFileProtector protector(*crypto::KeyFileProtector::from_text(golden.key_file));
    BitFlips flips(store, protector);
    for (const std::string& object : flips.objects()) {
        const Bytes good = *store.get(object);
        for (std::size_t at = 0; at < good.size() && !HasFailure(); ++at)
            if (at < kEnd || at + kEnd >= good.size() || at % 5 == 0)
                flips.check_byte(object, good, at, 1u << at % 8);
    }
}

}  // namespace
}  // namespace holdfast::repo
