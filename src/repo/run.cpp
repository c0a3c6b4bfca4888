#include "repo/run.h"

#include <algorithm>
#include <ranges>
#include <variant>

#include "repo/core.h"
#include "repo/run_block.h"

namespace holdfast::repo {
namespace {

using Block = std::variant<RowBlock, RunNode>;

Result<Block> load_block(Repository& repository, const ChunkId& id) {
    auto& core = repository.core();
    const Bytes bytes = TRY(core.reader().read(id), "reading a run");
    return parse_run_block(bytes, core.keys().chunk_id_bytes());
}

/// The last child whose first key is not beyond `key`; the first one when all are.
std::size_t child_for(const RunNode& node, std::string_view key) {
    const auto after = std::ranges::upper_bound(
        node.children, key, std::ranges::less{},
        [](const RunNode::Child& child) { return std::string_view(child.first_key); });
    const auto position = after - node.children.begin();
    return position == 0 ? 0 : static_cast<std::size_t>(position - 1);
}

/// Walks the rows of one run from a key on.
class RunCursor {
public:
    RunCursor(Repository& repository, ChunkId root) : repository_(&repository), root_(root) {}

    /// Goes to the first row whose key is not before `key`.
    Result<void> seek(std::string_view key) {
        path_.clear();
        TRY(descend(root_, key));
        const auto it =
            std::ranges::lower_bound(rows_, key, std::ranges::less{},
                                     [](const Row& row) { return std::string_view(row.key); });
        position_ = static_cast<std::size_t>(it - rows_.begin());
        return skip_to_row();
    }

    bool done() const { return position_ >= rows_.size(); }
    Row& row() { return rows_[position_]; }
    const Row& row() const { return rows_[position_]; }

    Result<void> advance() {
        ++position_;
        return skip_to_row();
    }

private:
    struct Step {
        RunNode node;
        std::size_t child = 0;
    };

    Result<void> descend(ChunkId id, std::string_view key) {
        while (true) {
            Block block = TRY(load_block(*repository_, id));
            TRY(check_place(block, place()));
            if (auto* rows = std::get_if<RowBlock>(&block)) {
                rows_ = std::move(*rows);
                position_ = 0;
                return {};
            }
            auto& node = std::get<RunNode>(block);
            const std::size_t child = child_for(node, key);
            id = node.children[child].block;
            path_.push_back({std::move(node), child});
        }
    }

    /// What the path says of the block at its end.
    BlockPlace place() const {
        BlockPlace place;
        if (path_.empty()) return place;
        const Step& last = path_.back();
        place.below = last.node.level;
        place.first_key = last.node.children[last.child].first_key;
        for (const Step& step : std::views::reverse(path_)) {
            if (step.child + 1 == step.node.children.size()) continue;
            place.end = step.node.children[step.child + 1].first_key;
            break;
        }
        return place;
    }

    /// When the block is used up, goes on to the next one that has rows.
    Result<void> skip_to_row() {
        while (position_ >= rows_.size()) {
            while (!path_.empty() && path_.back().child + 1 >= path_.back().node.children.size())
                path_.pop_back();
            if (path_.empty()) return {};
            Step& step = path_.back();
            ++step.child;
            TRY(descend(step.node.children[step.child].block, {}));
        }
        return {};
    }

    Repository* repository_;
    ChunkId root_;
    std::vector<Step> path_;
    RowBlock rows_;
    std::size_t position_ = 0;
};

}  // namespace

struct RowCursor::State {
    std::vector<RunCursor> runs;  // newest first
    std::string prefix;
    Tombstones tombstones = Tombstones::Hide;
    Row current;

    bool at_end(const RunCursor& run) const {
        return run.done() || !run.row().key.starts_with(prefix);
    }

    /// The run with the smallest key; of equal ones the newest.
    RunCursor* smallest() {
        RunCursor* best = nullptr;
        for (RunCursor& run : runs)
            if (!at_end(run) && (best == nullptr || run.row().key < best->row().key)) best = &run;
        return best;
    }

    Result<const Row*> next() {
        while (RunCursor* best = smallest()) {
            current = std::move(best->row());
            TRY(best->advance());
            for (RunCursor& run : runs)
                if (!at_end(run) && run.row().key == current.key) TRY(run.advance());
            if (current.chunk || tombstones == Tombstones::Show) return &current;
        }
        return nullptr;
    }
};

RowCursor::RowCursor(std::unique_ptr<State> state) : state_(std::move(state)) {}
RowCursor::~RowCursor() = default;
RowCursor::RowCursor(RowCursor&&) noexcept = default;
RowCursor& RowCursor::operator=(RowCursor&&) noexcept = default;

Result<const Row*> RowCursor::next() {
    return state_->next();
}

RunReader::RunReader(Repository& repository, std::vector<RunRef> runs)
    : repository_(&repository), runs_(std::move(runs)) {}

Result<std::optional<Row>> RunReader::find(std::string_view key) const {
    for (const RunRef& run : runs_) {
        RunCursor cursor(*repository_, run.root);
        TRY(cursor.seek(key));
        if (cursor.done() || cursor.row().key != key) continue;
        if (!cursor.row().chunk) return std::nullopt;
        return std::move(cursor.row());
    }
    return std::nullopt;
}

Result<void> RunReader::scan(std::string_view prefix,
                             const std::function<Result<void>(const Row&)>& visit) const {
    RowCursor rows = TRY(cursor(prefix));
    while (const Row* row = TRY(rows.next())) TRY(visit(*row));
    return {};
}

Result<RowCursor> RunReader::cursor(std::string_view prefix,
                                    RowCursor::Tombstones tombstones) const {
    auto state = std::make_unique<RowCursor::State>();
    state->prefix = prefix;
    state->tombstones = tombstones;
    for (const RunRef& run : runs_) {
        RunCursor cursor(*repository_, run.root);
        TRY(cursor.seek(prefix));
        state->runs.push_back(std::move(cursor));
    }
    return RowCursor(std::move(state));
}

}  // namespace holdfast::repo
