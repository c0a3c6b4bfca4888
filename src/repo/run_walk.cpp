#include "repo/run_walk.h"

#include <ranges>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "repo/ids.h"
#include "repo/run.h"

namespace holdfast::repo {
namespace {

using Block = std::variant<RowBlock, RunNode>;

struct Todo {
    RunNode::Child child;
    int below = kMaxRunLevel + 1;  // the block's level must be lower than this
};

Result<Block> load(ChunkReader& reader, const ChunkId& id, const BlockPlace& place,
                   std::size_t chunk_id_bytes) {
    const Bytes bytes = TRY(reader.read(id), "reading a run");
    Block block = TRY(parse_run_block(bytes, chunk_id_bytes));
    TRY(check_place(block, place));
    return block;
}

Result<void> give_up(const RunVisitor& visitor, const RunNode::Child& child, Error error) {
    if (!visitor.lost || !error.is_damage()) return std::unexpected(std::move(error));
    return visitor.lost(child, error);
}

}  // namespace

Result<void> walk_run(ChunkReader& reader, const RunRef& run, std::size_t chunk_id_bytes,
                      const RunVisitor& visitor) {
    std::vector<Todo> todo;  // in the order of their keys, the first one last
    bool is_root = true;
    todo.push_back({{.first_key = "", .block = run.root, .rows = run.rows}});
    while (!todo.empty()) {
        const Todo next = std::move(todo.back());
        todo.pop_back();
        if (visitor.block) TRY(visitor.block(next.child.block));
        BlockPlace place{.below = next.below};
        if (!std::exchange(is_root, false)) place.first_key = next.child.first_key;
        if (!todo.empty()) place.end = todo.back().child.first_key;
        auto block = load(reader, next.child.block, place, chunk_id_bytes);
        if (!block) {
            TRY(give_up(visitor, next.child, std::move(block).error()));
            continue;
        }
        if (auto* node = std::get_if<RunNode>(&*block)) {
            for (RunNode::Child& child : std::views::reverse(node->children))
                todo.push_back({std::move(child), node->level});
        } else if (visitor.row) {
            for (const Row& row : std::get<RowBlock>(*block)) TRY(visitor.row(row));
        }
    }
    return {};
}

}  // namespace holdfast::repo
