#include <span>
#include <string>
#include <variant>
#include <vector>

// Blocks of object runs: one by itself, and several that make a tree of whatever shape.
#include "base/bytes.h"
#include "base/codec.h"
#include "crypto/mac.h"
#include "repo/ids.h"
#include "repo/names.h"
#include "repo/records.h"
#include "repo/repository.h"
#include "repo/run.h"
#include "repo/run_block.h"
#include "repo/writer.h"
#include "tests/fuzz/vault_input.h"

namespace holdfast::repo::fuzz {
namespace {

constexpr std::size_t kMaxBlocks = 16;

Bytes encode(const std::variant<RowBlock, RunNode>& block) {
    if (const auto* rows = std::get_if<RowBlock>(&block)) return encode_rows(*rows);
    return encode_node(std::get<RunNode>(block));
}

void check_round_trip(ByteView plain, std::size_t chunk_id_bytes) {
    const auto block = parse_run_block(plain, chunk_id_bytes);
    if (!block) return;
    const Bytes encoded = encode(*block);
    const auto again = parse_run_block(encoded, chunk_id_bytes);
    require(again && encode(*again) == encoded, "a block survives encoding");
}

/// A block cannot name another by its hash, but it can name one by its number.
Bytes with_children(ByteView plain, const std::vector<ChunkId>& blocks) {
    auto block = parse_run_block(plain, kDefaultChunkIdBytes);
    if (!block || blocks.empty()) return base::to_bytes(plain);
    const auto chosen = [&](const ChunkId& id) {
        return blocks[std::to_integer<std::size_t>(id.view()[0]) % blocks.size()];
    };
    if (auto* rows = std::get_if<RowBlock>(&*block)) {
        for (Row& row : *rows)
            if (row.chunk) row.chunk = chosen(*row.chunk);
    } else {
        for (auto& child : std::get<RunNode>(*block).children) child.block = chosen(child.block);
    }
    return encode(*block);
}

void read_run(Repository& repository, const RunRef& run) {
    const RunReader reader(repository, {run, run});
    std::string before;
    bool first = true;
    (void)reader.scan("", [&](const Row& row) -> Result<void> {
        require(first || before < row.key, "rows come in the order of their keys");
        first = false;
        before = row.key;
        return {};
    });
    (void)reader.find("key");
    (void)reader.find(before);
    const auto visit = [](const ChunkId&) { return Result<void>(); };
    (void)repository.core().visit_run(run, visit);
}

void check_tree(unsigned which, base::ByteReader input) {
    static FuzzVault vault;
    std::vector<ChunkId> blocks;
    auto repository = vault.open();
    // Small buffers: the usual ones cost more than all the rest.
    auto session =
        *repository->begin({.frame_bytes = 4096, .metadata_frame_bytes = 4096, .pack_bytes = 4096});
    while (input.remaining() > 0 && blocks.size() < kMaxBlocks) {
        const Bytes block = with_children(take_slice(input), blocks);
        blocks.push_back(*session->add_chunk(block, ChunkKind::Metadata));
    }
    if (blocks.empty()) return;
    require(session->commit({}).has_value(), "blocks are stored");
    const RunRef run{.root = blocks.back(), .rows = 3};
    read_run(*repository, run);

    // The same as a point of the vault, for those who look at all that there is.
    const PointId id = PointId::random(vault.random);
    ManifestRecord manifest;
    manifest.runs = {run};
    const Bytes sealed = vault.seal(ObjectType::Manifest, names::manifest(id), encode(manifest));
    vault.plant(names::manifest(id), sealed);
    PointRecord record;
    record.manifest_digest = crypto::sha256(sealed);
    vault.plant(names::point(id), vault.seal(ObjectType::Point, names::point(id), encode(record)));
    vault.look(which);
    (void)vault.open()->begin({.base = id});
    vault.put_back();
}

}  // namespace
}  // namespace holdfast::repo::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace holdfast;
    if (size == 0 || size > repo::fuzz::kMaxInput) return 0;
    const ByteView input = std::as_bytes(std::span(bytes, size)).subspan(1);
    switch (bytes[0] % 3) {
        case 0:
            repo::fuzz::check_round_trip(input, repo::ChunkId::kMinBytes);
            break;
        case 1:
            repo::fuzz::check_round_trip(input, repo::ChunkId::kMaxBytes);
            break;
        default:
            repo::fuzz::check_tree(bytes[0] / 3, base::ByteReader(input));
    }
    return 0;
}
