#include "repo/run_builder.h"

#include "repo/run.h"

namespace holdfast::repo {
namespace {

constexpr std::size_t kBlockBytes = 64u << 10;
constexpr std::size_t kNodeBytes = 256u << 10;
constexpr std::size_t kRowOverhead = 40;

Result<void> check_row(const Row& row) {
    if (row.key.size() > kMaxRowKeyBytes)
        return fail(ErrorCode::LimitExceeded, "a row key of {} bytes", row.key.size());
    if (row.attributes.size() > kMaxRowAttributeBytes)
        return fail(ErrorCode::LimitExceeded, "row attributes of {} bytes", row.attributes.size());
    return {};
}

}  // namespace

Result<void> RunBuilder::add(Row row) {
    TRY(check_row(row));
    if (total_ > 0 && row.key <= last_key_)
        return fail(ErrorCode::InvalidArgument, "the rows of a run do not ascend");
    const std::size_t bytes = row.key.size() + row.attributes.size() + kRowOverhead;
    if (!rows_.empty() && row_bytes_ + bytes > kBlockBytes) TRY(flush_rows());
    last_key_ = row.key;
    row_bytes_ += bytes;
    ++total_;
    rows_.push_back(std::move(row));
    return {};
}

Result<void> RunBuilder::flush_rows() {
    RunNode::Child child;
    if (!rows_.empty()) child.first_key = rows_.front().key;
    child.rows = rows_.size();
    child.block = TRY(store_(encode_rows(rows_)));
    rows_.clear();
    row_bytes_ = 0;
    return add_child(0, std::move(child));
}

Result<void> RunBuilder::add_child(std::size_t level, RunNode::Child child) {
    if (level == nodes_.size()) {
        nodes_.emplace_back();
        nodes_.back().node.level = static_cast<std::uint8_t>(level + 1);
    }
    nodes_[level].bytes += child.first_key.size() + kRowOverhead;
    nodes_[level].node.children.push_back(std::move(child));
    if (nodes_[level].bytes > kNodeBytes) return flush_node(level);
    return {};
}

Result<void> RunBuilder::flush_node(std::size_t level) {
    RunNode& node = nodes_[level].node;
    RunNode::Child child;
    child.first_key = node.children.front().first_key;
    for (const RunNode::Child& below : node.children) child.rows += below.rows;
    child.block = TRY(store_(encode_node(node)));
    node.children.clear();
    nodes_[level].bytes = 0;
    return add_child(level + 1, std::move(child));
}

Result<RunRef> RunBuilder::finish() {
    if (!rows_.empty() || total_ == 0) TRY(flush_rows());
    for (std::size_t level = 0;; ++level) {
        // The topmost level with a single child has nothing to say beyond that child.
        const bool top = level + 1 == nodes_.size();
        auto& children = nodes_[level].node.children;
        if (top && children.size() == 1)
            return RunRef{.root = children.front().block, .rows = total_};
        if (!children.empty()) TRY(flush_node(level));
    }
}

}  // namespace holdfast::repo
