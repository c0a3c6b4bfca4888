#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/fake_clock.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/key_protector.h"
#include "crypto/secret.h"
#include "repo/environment.h"
#include "repo/ids.h"
#include "repo/point.h"
#include "repo/repository.h"
#include "repo/run.h"
#include "repo/writer.h"
#include "store/memory_store.h"
#include "store/store.h"

namespace holdfast::repo {

/// The value; a test fails, with the reason, where there is none.
template <class T>
T must(Result<T> result) {
    EXPECT_TRUE(result) << (result ? "" : result.error().message);
    return std::move(*result);
}

/// A vault in memory for tests, everything on the caller's thread unless asked otherwise.
struct TestVault {
    explicit TestVault(std::size_t threads = 0, std::uint64_t seed = 1)
        : random(seed),
          environment{
              .clock = clock, .random = random, .cache_dir = "", .threads = threads, .memory = {}} {
        const CreateOptions options{.vault_id = new_vault_id(random)};
        auto made = Repository::create(store, protector, options, environment);
        EXPECT_TRUE(made) << (made ? "" : made.error().message);
        repository = std::move(*made);
    }

    /// The vault as another process sees it.
    std::unique_ptr<Repository> reopen() {
        auto opened = Repository::open(store, protector, environment);
        EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
        return std::move(*opened);
    }

    base::FakeClock clock;
    base::SeededRandom random;
    store::MemoryStore store{clock};
    crypto::KeyFileProtector protector{crypto::Key::random(random)};
    Environment environment;
    std::unique_ptr<Repository> repository;
};

/// Flips a bit of the byte at `at` of an object, which no store does for anybody but a failing
/// disk.
inline void harm(store::Store& store, const std::string& name, std::size_t at) {
    Bytes bytes = must(store.get(name));
    bytes.at(at) ^= std::byte{1};
    EXPECT_TRUE(store.remove(name));
    EXPECT_TRUE(store.create(name, bytes));
}

/// Rows from a map; an empty text is a tombstone.
using TestRows = std::map<std::string, std::string>;

inline Result<RunRef> write_run(Writer& writer, const TestRows& rows) {
    auto at = rows.begin();
    return writer.add_run([&]() -> Result<std::optional<Row>> {
        if (at == rows.end()) return std::nullopt;
        Row row{.key = at->first,
                .chunk = std::nullopt,
                .attributes = base::to_bytes("attributes of " + at->first)};
        if (!at->second.empty()) row.chunk = TRY(writer.add_chunk(base::as_bytes(at->second)));
        ++at;
        return row;
    });
}

/// A point with one run, over a base or not.
inline Result<PointId> write_point(Repository& repository, const TestRows& rows,
                                   const WriterOptions& options = {}) {
    auto writer = TRY(repository.begin(options));
    PointContent content{.summary_json = "{}", .manifest_json = "{\"a\":1}", .runs = {}};
    content.runs.push_back(TRY(write_run(*writer, rows)));
    return writer->commit(content);
}

/// Every row's key and chunk of a point.
inline Result<TestRows> read_rows(Repository& repository, const PointId& id) {
    const Point point = TRY(repository.point(id));
    TestRows rows;
    const RunReader reader(repository, point.content.runs);
    const auto visit = [&](const Row& row) -> Result<void> {
        rows[row.key] = base::to_text(TRY(repository.read_chunk(*row.chunk)));
        return {};
    };
    TRY(reader.scan("", visit));
    return rows;
}

/// `count` rows with keys "key-000000" on and texts that differ.
inline TestRows numbered_rows(std::size_t count, std::string_view text = "text") {
    TestRows rows;
    for (std::size_t i = 0; i < count; ++i)
        rows[fmt::format("key-{:06}", i)] = fmt::format("{} of number {}", text, i);
    return rows;
}

}  // namespace holdfast::repo
