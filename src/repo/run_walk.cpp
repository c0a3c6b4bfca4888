#include "repo/run_walk.h"

#include <ranges>

namespace holdfast::repo {
namespace {

using Block = std::variant<RowBlock, RunNode>;

struct Todo {
    RunNode::Child child;
    int below = kMaxRunLevel + 1;  // the block's level must be lower than this
};

Result<Block> load(ChunkReader& reader, const Todo& todo, std::size_t chunk_id_bytes) {
    const Bytes bytes = TRY(reader.read(todo.child.block), "reading a run");
    Block block = TRY(parse_run_block(bytes, chunk_id_bytes));
    if (const auto* node = std::get_if<RunNode>(&block); node && node->level >= todo.below)
        return fail(ErrorCode::Corrupted, "a run whose levels do not descend");
    return block;
}

bool is_damage(const Error& error) {
    return error.code == ErrorCode::Corrupted || error.code == ErrorCode::NotFound;
}

}  // namespace

Result<void> walk_run(ChunkReader& reader, const RunRef& run, std::size_t chunk_id_bytes,
                      const RunVisitor& visitor) {
    std::vector<Todo> todo;
    todo.push_back({{"", run.root, run.rows}});
    while (!todo.empty()) {
        const Todo next = std::move(todo.back());
        todo.pop_back();
        if (visitor.block) TRY(visitor.block(next.child.block));
        auto block = load(reader, next, chunk_id_bytes);
        if (!block && visitor.lost && is_damage(block.error())) {
            TRY(visitor.lost(next.child, block.error()));
            continue;
        }
        if (!block) return std::unexpected(std::move(block).error());
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
