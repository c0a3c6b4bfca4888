#include "engine/row_delta.h"

#include <algorithm>
#include <optional>

namespace holdfast::engine {

namespace {

/// A base is worth keeping while changes are fewer than one row in this many.
constexpr std::uint64_t kRowsPerChange = 5;

bool same_row(const RowTable::View& view, const repo::Row& row) {
    return row.chunk && std::ranges::equal(view.chunk, row.chunk->view()) &&
           std::ranges::equal(view.attributes, row.attributes);
}

repo::RowSource whole_table(const RowTable& rows) {
    return [&rows, next = std::size_t{0}]() mutable -> Result<std::optional<repo::Row>> {
        if (next == rows.size()) return std::optional<repo::Row>();
        return std::optional(rows.row(next++));
    };
}

/// Changed rows and tombstones merged in key order.
repo::RowSource only_changes(const RowTable& rows, const RowDelta& delta) {
    return [&, change = std::size_t{0},
            tombstone = std::size_t{0}]() mutable -> Result<std::optional<repo::Row>> {
        bool more_changes = change < delta.changed.size();
        bool more_tombstones = tombstone < delta.gone.size();
        if (!more_changes && !more_tombstones) return std::optional<repo::Row>();
        bool take_change = more_changes && (!more_tombstones || rows.at(delta.changed[change]).key <
                                                                    delta.gone[tombstone]);
        if (take_change) return std::optional(rows.row(delta.changed[change++]));
        return std::optional(
            repo::Row{.key = delta.gone[tombstone++], .chunk = {}, .attributes = {}});
    };
}

bool worth_keeping(std::uint64_t changes, std::size_t rows) {
    return changes * kRowsPerChange <= rows;
}

}  // namespace

Result<RowDelta> compare_rows(const RowTable& rows, const repo::RunReader& base) {
    RowDelta delta;
    repo::RowCursor cursor = TRY(base.cursor());
    const repo::Row* old = TRY(cursor.next());
    std::size_t next = 0;
    while (next < rows.size() || old != nullptr) {
        RowTable::View view = next < rows.size() ? rows.at(next) : RowTable::View{};
        bool has_new = next < rows.size();
        if (old != nullptr && (!has_new || old->key < view.key)) {
            delta.gone.push_back(old->key);
            old = TRY(cursor.next());
            continue;
        }
        bool both = old != nullptr && old->key == view.key;
        if (!both || !same_row(view, *old))
            delta.changed.push_back(static_cast<std::uint32_t>(next));
        if (both) old = TRY(cursor.next());
        ++next;
    }
    return delta;
}

Result<std::vector<repo::RunRef>> write_runs(repo::Repository& repository, repo::Writer& writer,
                                             const RowTable& rows,
                                             const std::vector<repo::RunRef>& base) {
    std::vector<repo::RunRef> runs;
    if (!base.empty()) {
        RowDelta delta = TRY(compare_rows(rows, repo::RunReader(repository, base)));
        std::uint64_t older_changes = 0;
        for (std::size_t i = 0; i + 1 < base.size(); ++i) older_changes += base[i].rows;
        if (delta.size() == 0) return base;
        if (base.size() < repo::kMaxRunsPerPoint &&
            worth_keeping(older_changes + delta.size(), rows.size())) {
            runs = base;
            runs.insert(runs.begin(), TRY(writer.add_run(only_changes(rows, delta))));
            return runs;
        }
        const std::vector oldest = {base.back()};
        delta = TRY(compare_rows(rows, repo::RunReader(repository, oldest)));
        if (delta.size() == 0) return oldest;
        if (base.size() > 1 && worth_keeping(delta.size(), rows.size())) {
            runs.push_back(TRY(writer.add_run(only_changes(rows, delta))));
            runs.push_back(oldest.front());
            return runs;
        }
    }
    runs.push_back(TRY(writer.add_run(whole_table(rows))));
    return runs;
}

}  // namespace holdfast::engine
