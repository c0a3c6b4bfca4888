#include "repo/run_block.h"

#include <algorithm>
#include <string_view>

#include "base/codec.h"
#include "repo/ids.h"

namespace holdfast::repo {
namespace {

std::size_t shared_prefix(std::string_view a, std::string_view b) {
    return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

/// The lengths of all keys, then the text that each adds to the one before.
Result<void> take_keys(base::ByteReader& reader, RowBlock& rows) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> lengths(rows.size());
    for (auto& [shared, added] : lengths) {
        shared = static_cast<std::uint32_t>(TRY(reader.varint_up_to(kMaxRowKeyBytes)));
        added = static_cast<std::uint32_t>(TRY(reader.varint_up_to(kMaxRowKeyBytes - shared)));
    }
    std::string_view before;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (lengths[i].first > before.size())
            return fail(ErrorCode::Corrupted, "a row key that shares more than there is");
        const ByteView added = TRY(reader.raw(lengths[i].second));
        std::string& key = rows[i].key;
        key.reserve(lengths[i].first + added.size());
        key.assign(before.substr(0, lengths[i].first));
        key += base::as_text(added);
        if (i > 0 && key <= before)
            return fail(ErrorCode::Corrupted, "row keys that do not ascend");
        before = key;
    }
    return {};
}

Result<RowBlock> take_rows(base::ByteReader& reader, std::size_t chunk_id_bytes) {
    RowBlock rows(TRY(reader.varint_up_to(std::min(kRowsPerBlock, reader.remaining()))));
    TRY(take_keys(reader, rows));
    const ByteView present = TRY(reader.raw(rows.size()));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (std::to_integer<unsigned>(present[i]) > 1)
            return fail(ErrorCode::Corrupted, "a row that is neither there nor gone");
        if (present[i] == std::byte{0}) continue;
        const ByteView id = TRY(reader.raw(chunk_id_bytes));
        rows[i].chunk = TRY(ChunkId::from_bytes(id));
    }
    std::vector<std::size_t> lengths(rows.size());
    for (std::size_t& length : lengths) length = TRY(reader.varint_up_to(kMaxRowAttributeBytes));
    for (std::size_t i = 0; i < rows.size(); ++i)
        rows[i].attributes = base::to_bytes(TRY(reader.raw(lengths[i])));
    return rows;
}

Result<RunNode> take_node(base::ByteReader& reader, std::uint8_t level,
                          std::size_t chunk_id_bytes) {
    RunNode node;
    node.level = level;
    node.children.resize(TRY(reader.varint_up_to(std::min(kChildrenPerBlock, reader.remaining()))));
    for (RunNode::Child& child : node.children) {
        child.first_key = TRY(reader.text(kMaxRowKeyBytes));
        const ByteView id = TRY(reader.raw(chunk_id_bytes));
        child.block = TRY(ChunkId::from_bytes(id));
        child.rows = TRY(reader.varint());
    }
    const auto unordered = std::ranges::adjacent_find(
        node.children, [](const auto& a, const auto& b) { return a.first_key >= b.first_key; });
    if (node.children.empty() || unordered != node.children.end())
        return fail(ErrorCode::Corrupted, "a run's blocks that do not ascend");
    return node;
}

}  // namespace

Bytes encode_rows(const RowBlock& rows) {
    base::ByteWriter writer;
    writer.u8(0);
    writer.varint(rows.size());
    base::ByteWriter added;
    std::string_view before;
    for (const Row& row : rows) {
        const std::size_t shared = shared_prefix(before, row.key);
        writer.varint(shared);
        writer.varint(row.key.size() - shared);
        added.raw(base::as_bytes(std::string_view(row.key).substr(shared)));
        before = row.key;
    }
    writer.raw(added.view());
    for (const Row& row : rows) writer.u8(row.chunk ? 1 : 0);
    for (const Row& row : rows)
        if (row.chunk) writer.raw(row.chunk->view());
    for (const Row& row : rows) writer.varint(row.attributes.size());
    for (const Row& row : rows) writer.raw(row.attributes);
    return writer.take();
}

Bytes encode_node(const RunNode& node) {
    base::ByteWriter writer;
    writer.u8(node.level);
    writer.varint(node.children.size());
    for (const RunNode::Child& child : node.children) {
        writer.sized(child.first_key);
        writer.raw(child.block.view());
        writer.varint(child.rows);
    }
    return writer.take();
}

Result<std::variant<RowBlock, RunNode>> parse_run_block(ByteView bytes,
                                                        std::size_t chunk_id_bytes) {
    base::ByteReader reader(bytes);
    const std::uint8_t level = TRY(reader.u8());
    if (level > kMaxRunLevel) return fail(ErrorCode::Corrupted, "a run block of level {}", level);
    std::variant<RowBlock, RunNode> block;
    if (level == 0)
        block = TRY(take_rows(reader, chunk_id_bytes), "reading rows");
    else
        block = TRY(take_node(reader, level, chunk_id_bytes), "reading a run");
    TRY(reader.expect_end());
    return block;
}

Result<void> check_place(const std::variant<RowBlock, RunNode>& block, const BlockPlace& place) {
    const auto* node = std::get_if<RunNode>(&block);
    const auto* rows = std::get_if<RowBlock>(&block);
    if (node != nullptr && node->level >= place.below)
        return fail(ErrorCode::Corrupted, "a run whose levels do not descend");
    if (!place.first_key) return {};
    if (rows != nullptr && rows->empty())
        return fail(ErrorCode::Corrupted, "a run with an empty block");
    const std::string& first = rows ? rows->front().key : node->children.front().first_key;
    const std::string& last = rows ? rows->back().key : node->children.back().first_key;
    if (first != *place.first_key || (place.end && last >= *place.end))
        return fail(ErrorCode::Corrupted, "a run's block with other keys than announced");
    return {};
}

}  // namespace holdfast::repo
