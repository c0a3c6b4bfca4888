#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "repo/ids.h"

namespace holdfast::repo {

class Repository;

/// A point names at most this many runs.
inline constexpr std::size_t kMaxRunsPerPoint = 8;
inline constexpr std::size_t kMaxRowKeyBytes = 4096;
inline constexpr std::size_t kMaxRowAttributeBytes = 4u << 20;

/// One key of a run. Keys compare bytewise; attributes are the caller's own.
struct Row {
    std::string key;
    std::optional<ChunkId> chunk;  ///< nothing: a tombstone, which hides the key in older runs
    Bytes attributes;
};

/// An immutable sorted run inside a vault.
struct RunRef {
    ChunkId root;
    std::uint64_t rows = 0;

    friend bool operator==(const RunRef&, const RunRef&) = default;
};

/// Rows one by one, keys strictly ascending; nothing at the end.
using RowSource = std::function<Result<std::optional<Row>>()>;

/// Walks the merged rows of several runs in key order: of rows with one key that of the newest
/// run. Memory: one decoded block per run. Not thread-safe.
class RowCursor {
public:
    enum class Tombstones { Hide, Show };

    ~RowCursor();
    RowCursor(RowCursor&&) noexcept;
    RowCursor& operator=(RowCursor&&) noexcept;

    /// The next row, valid until the next call; nullptr at the end.
    Result<const Row*> next();

private:
    friend class RunReader;
    struct State;
    explicit RowCursor(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Reads a point's runs. Cheap to make; the Repository outlives it. Any method from any thread.
class RunReader {
public:
    /// `runs`: newest first, as in PointContent.
    RunReader(Repository& repository, std::vector<RunRef> runs);

    /// The newest row of `key`; nothing when there is none or it is a tombstone. Touches one block
    /// of each run.
    Result<std::optional<Row>> find(std::string_view key) const;

    /// Calls `visit` with every live row whose key begins with `prefix`, in key order; stops at
    /// its first error and returns it.
    Result<void> scan(std::string_view prefix,
                      const std::function<Result<void>(const Row&)>& visit) const;

    /// The rows whose keys begin with `prefix`, for merging and comparing points. Showing
    /// tombstones is for merging some of a point's runs into one: RowSource from a cursor.
    Result<RowCursor> cursor(std::string_view prefix = {},
                             RowCursor::Tombstones tombstones = RowCursor::Tombstones::Hide) const;

    const std::vector<RunRef>& runs() const { return runs_; }

private:
    Repository* repository_;
    std::vector<RunRef> runs_;
};

}  // namespace holdfast::repo
