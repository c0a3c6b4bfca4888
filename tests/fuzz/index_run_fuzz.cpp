#include <memory>
#include <span>
#include <string>
#include <vector>

// Index runs: their plain parts by themselves, and whole runs of such parts, sealed as they should
// be. The first byte says which.
#include "base/bytes.h"
#include "base/codec.h"
#include "crypto/secret.h"
#include "repo/ids.h"
#include "repo/index_merge.h"
#include "repo/index_run.h"
#include "repo/names.h"
#include "repo/repository.h"
#include "repo/run_source.h"
#include "repo/sealed_object.h"
#include "tests/fuzz/vault_input.h"

namespace holdfast::repo::fuzz {
namespace {

constexpr std::size_t kIdBytes = kDefaultChunkIdBytes;

void check_entries(ByteView plain, std::size_t chunk_id_bytes) {
    const auto entries = parse_entries(plain, chunk_id_bytes);
    if (!entries) return;
    const Bytes encoded = encode_entries(*entries);
    const auto again = parse_entries(encoded, chunk_id_bytes);
    require(again && encode_entries(*again) == encoded, "an entry block survives encoding");
}

void check_frames(ByteView plain) {
    const auto frames = parse_frames(plain);
    if (!frames) return;
    const Bytes encoded = encode_frames(*frames);
    const auto again = parse_frames(encoded);
    require(again && encode_frames(*again) == encoded, "a frame block survives encoding");
}

void check_footer(ByteView plain, std::size_t chunk_id_bytes) {
    const auto footer = parse_index_footer(plain, chunk_id_bytes);
    if (!footer) return;
    const Bytes encoded = encode_index_footer(*footer);
    const auto again = parse_index_footer(encoded, chunk_id_bytes);
    require(again && encode_index_footer(*again) == encoded, "an index footer survives encoding");
}

struct Parts {
    ByteView entries;
    ByteView frames;
    ByteView filter;
    ByteView footer;
};

/// A run of one block of each sort under a footer that fits them: other packs, superseded names and
/// the first id are the input's, sizes and counts are true. With `raw`, the footer is the input's.
Bytes make_run(FuzzVault& vault, const std::string& name, const Parts& parts, bool raw) {
    Bytes run = make_envelope(*vault.keys, ObjectType::IndexRun, vault.random);
    const crypto::Key key = *open_envelope(*vault.keys, ObjectType::IndexRun, run);
    IndexRunFooter footer = parse_index_footer(parts.footer, kIdBytes).value_or(IndexRunFooter{});
    IndexRunFooter::EntryBlock block;
    block.first = *ChunkId::from_bytes(Bytes(kIdBytes, std::byte{0}));
    if (!footer.entry_blocks.empty()) block.first = footer.entry_blocks.front().first;
    if (const auto entries = parse_entries(parts.entries, kIdBytes); entries && !entries->empty()) {
        if (footer.entry_blocks.empty()) block.first = entries->front().id;
        block.entries = static_cast<std::uint32_t>(entries->size());
    }
    // The first pack is the vault's own, so that what is said of its frames is looked at.
    if (footer.packs.empty()) footer.packs.emplace_back();
    footer.packs.front().name = vault.listed(names::kPacks).front();
    std::uint64_t ordinal = 0;
    const auto add = [&](ByteView plain, std::uint64_t number) {
        const Bytes sealed = seal_part(*vault.keys, key, ObjectType::IndexRun, name, number, plain);
        base::append(run, sealed);
        return static_cast<std::uint32_t>(sealed.size());
    };
    block.sealed_bytes = add(parts.entries, ordinal++);
    footer.entries = block.entries;
    footer.entry_blocks = {block};
    footer.frames = 1;
    footer.frame_blocks = {{.sealed_bytes = add(parts.frames, ordinal++), .offset = 0}};
    footer.filter_blocks.clear();
    if (!parts.filter.empty())
        footer.filter_blocks = {{.sealed_bytes = add(parts.filter, ordinal++), .offset = 0}};
    const Bytes plain = raw ? base::to_bytes(parts.footer) : encode_index_footer(footer);
    base::ByteWriter trailer;
    trailer.u32(add(plain, kIndexFooterOrdinal));
    trailer.raw(base::as_bytes(kIndexTrailerMagic));
    base::append(run, trailer.view());
    return run;
}

/// Asks the run for everything that it says it has.
void read_run(FuzzVault& vault, const std::string& name, std::uint64_t size) {
    auto blocks = std::make_shared<IndexBlocks>(1u << 20);
    auto source = std::make_unique<RunSource>(vault.store, name, size, "");
    const auto run = IndexRun::open(std::move(source), *vault.keys, std::move(blocks));
    if (!run) return;
    std::vector<IndexRun::Found> found;
    for (std::size_t i = 0; i < (*run)->footer().entry_blocks.size(); ++i) {
        const auto entries = (*run)->entries(i);
        if (!entries) continue;
        for (const ChunkEntry& entry : **entries) (void)(*run)->find(entry.id, found);
    }
    for (std::size_t i = 0; i < (*run)->footer().frame_blocks.size(); ++i) (void)(*run)->frames(i);
    (void)(*run)->frame(0xffffffffu);
}

void check_run(unsigned which, base::ByteReader input, bool raw, bool hide_footers) {
    static FuzzVault vault;
    Parts parts;
    parts.entries = take_slice(input);
    parts.frames = take_slice(input);
    parts.filter = take_slice(input);
    parts.footer = input.rest();
    const std::string name = names::index_run(vault.random);
    const Bytes bytes = make_run(vault, name, parts, raw);
    vault.plant(name, bytes);
    read_run(vault, name, bytes.size());
    // Then only this run knows what lies where in the vault's pack.
    if (hide_footers)
        for (const std::string& pack : vault.listed(names::kPacks)) {
            Bytes cut = *vault.store.get(pack);
            cut.back() ^= std::byte{1};
            vault.plant(pack, cut);
        }
    vault.look(which);
    auto repository = vault.open();
    (void)repository->core().index().refresh();
    std::vector<ChunkId> ids;
    if (const auto entries = parse_entries(parts.entries, kIdBytes))
        for (const ChunkEntry& entry : *entries) ids.push_back(entry.id);
    for (const ChunkId& id : ids) (void)repository->read_chunk(id);
    (void)repository->read_chunks(
        ids, [](std::size_t, ByteView) { return fail(ErrorCode::Internal, "a forged chunk"); });
    (void)merge_runs(repository->core().index(), *vault.keys, vault.random,
                     *repository->core().index().runs(), {});
    vault.put_back();
}

}  // namespace
}  // namespace holdfast::repo::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace holdfast;
    using repo::ChunkId;
    if (size == 0 || size > repo::fuzz::kMaxInput) return 0;
    const ByteView input = std::as_bytes(std::span(bytes, size)).subspan(1);
    const unsigned kind = bytes[0];
    switch (kind % 8) {
        case 0:
            repo::fuzz::check_entries(input, ChunkId::kMinBytes);
            break;
        case 1:
            repo::fuzz::check_entries(input, ChunkId::kMaxBytes);
            break;
        case 2:
            repo::fuzz::check_frames(input);
            break;
        case 3:
            repo::fuzz::check_footer(input, ChunkId::kMinBytes);
            break;
        default:
            repo::fuzz::check_run(kind / 8, base::ByteReader(input), kind % 8 == 4, kind % 8 >= 6);
    }
    return 0;
}
