#include "repo/index_run.h"

#include <algorithm>
#include <atomic>

#include "base/codec.h"
#include "crypto/aead.h"
#include "repo/compress.h"
#include "repo/filter.h"
#include "repo/ids.h"
#include "repo/names.h"
#include "repo/sealed_object.h"

namespace holdfast::repo {
namespace {

std::uint64_t next_serial() {
    static std::atomic<std::uint64_t> serial{0};
    return ++serial;
}

std::uint64_t end_of_parts(const IndexRunFooter& footer) {
    std::uint64_t end = kEnvelopeBytes;
    for (const auto& block : footer.entry_blocks) end += block.sealed_bytes;
    for (const auto& part : footer.frame_blocks) end += part.sealed_bytes;
    for (const auto& part : footer.filter_blocks) end += part.sealed_bytes;
    return end;
}

}  // namespace

IndexRun::IndexRun(std::unique_ptr<RunSource> source, const VaultKeys& keys,
                   std::shared_ptr<IndexBlocks> blocks)
    : source_(std::move(source)), keys_(keys), blocks_(std::move(blocks)), serial_(next_serial()) {}

Result<std::shared_ptr<IndexRun>> IndexRun::open(std::unique_ptr<RunSource> source,
                                                 const VaultKeys& keys,
                                                 std::shared_ptr<IndexBlocks> blocks) {
    auto run = std::make_shared<IndexRun>(std::move(source), keys, std::move(blocks));
    auto loaded = run->load();
    if (!loaded && loaded.error().code == ErrorCode::Corrupted && run->source_->distrust_cache())
        loaded = run->load();
    TRY(std::move(loaded), "{}", run->name());
    return run;
}

Result<void> IndexRun::load() {
    footer_ = {};
    filter_.clear();
    TRY(load_footer());
    return load_filter();
}

Result<void> IndexRun::load_footer() {
    const std::uint64_t size = source_->size();
    if (size < kEnvelopeBytes + crypto::kTagBytes + kIndexTrailerBytes)
        return fail(ErrorCode::Corrupted, "the index run is cut short");
    const Bytes envelope = TRY(source_->read(0, kEnvelopeBytes));
    key_ = TRY(open_envelope(keys_, ObjectType::IndexRun, envelope));
    const std::uint64_t end = size - kIndexTrailerBytes;
    const Bytes trailer = TRY(source_->read(end, kIndexTrailerBytes));
    base::ByteReader reader(trailer);
    const std::uint32_t sealed = TRY(reader.u32());
    if (base::as_text(reader.rest()) != kIndexTrailerMagic || sealed < crypto::kTagBytes ||
        sealed > end - kEnvelopeBytes)
        return fail(ErrorCode::Corrupted, "the index run does not end as one does");
    const Bytes plain =
        TRY(open_part_once(kIndexFooterOrdinal, end - sealed, sealed, kMaxIndexFooterBytes));
    footer_ = TRY(parse_index_footer(plain, keys_.chunk_id_bytes()));
    if (end_of_parts(footer_) != end - sealed)
        return fail(ErrorCode::Corrupted, "the index run's parts do not fill it");
    return {};
}

Result<void> IndexRun::load_filter() {
    std::uint64_t ordinal = footer_.entry_blocks.size() + footer_.frame_blocks.size();
    for (const auto& part : footer_.filter_blocks)
        base::append(filter_, TRY(open_part_once(ordinal++, part.offset, part.sealed_bytes,
                                                 kMaxPartPlainBytes)));
    return {};
}

Result<Bytes> IndexRun::open_part(std::uint64_t ordinal, std::uint64_t offset,
                                  std::size_t sealed_bytes, std::size_t max_plain) const {
    auto plain = open_part_once(ordinal, offset, sealed_bytes, max_plain);
    if (!plain && plain.error().code == ErrorCode::Corrupted && source_->distrust_cache())
        plain = open_part_once(ordinal, offset, sealed_bytes, max_plain);
    return TRY(std::move(plain), "{}", name());
}

Result<Bytes> IndexRun::open_part_once(std::uint64_t ordinal, std::uint64_t offset,
                                       std::size_t sealed_bytes, std::size_t max_plain) const {
    if (sealed_bytes < crypto::kTagBytes)
        return fail(ErrorCode::Corrupted, "a part of the index run is cut short");
    const Bytes sealed = TRY(source_->read(offset, sealed_bytes));
    Bytes coded(sealed_bytes - crypto::kTagBytes);
    TRY(crypto::Aead(key_).open(crypto::nonce_of(ordinal),
                                keys_.associated_data(ObjectType::IndexRun, name(), ordinal),
                                sealed, coded));
    Bytes plain;
    TRY(decompress(coded, max_plain, plain));
    return plain;
}

bool IndexRun::may_have(const ChunkId& id) const {
    return !footer_.entry_blocks.empty() && !(id < footer_.entry_blocks.front().first) &&
           filter::may_have(filter_, id);
}

Result<void> IndexRun::find(const ChunkId& id, std::vector<Found>& found) const {
    if (!may_have(id)) return {};
    const auto& blocks = footer_.entry_blocks;
    auto block = std::ranges::upper_bound(blocks, id, {}, &IndexRunFooter::EntryBlock::first);
    // Equal ids may reach over the end of a block: go back to the first one that can hold them.
    while (block != blocks.begin() && !((block - 1)->first < id)) --block;
    if (block != blocks.begin()) --block;
    for (; block != blocks.end() && !(id < block->first); ++block) {
        const auto number = static_cast<std::size_t>(block - blocks.begin());
        const Entries entries = TRY(this->entries(number));
        const auto range = std::ranges::equal_range(*entries, id, {}, &ChunkEntry::id);
        for (const ChunkEntry& entry : range) found.push_back({entry, TRY(frame(entry.frame))});
    }
    return {};
}

Result<IndexRun::Entries> IndexRun::entries(std::size_t block) const {
    const BlockKey key{.run = serial_, .block = block};
    if (auto kept = blocks_->entries.find(key)) return kept;
    const auto& info = footer_.entry_blocks[block];
    const Bytes plain = TRY(open_part(block, info.offset, info.sealed_bytes, kMaxPartPlainBytes));
    auto parsed = TRY(parse_entries(plain, keys_.chunk_id_bytes()), "{}", name());
    if (parsed.size() != info.entries)
        return fail(ErrorCode::Corrupted, "{}: a block miscounts its entries", name());
    for (const ChunkEntry& entry : parsed)
        if (entry.frame >= footer_.frames)
            return fail(ErrorCode::Corrupted, "{}: a chunk in an unknown frame", name());
    auto entries = std::make_shared<const std::vector<ChunkEntry>>(std::move(parsed));
    blocks_->entries.insert(key, entries, entries->size() * sizeof(ChunkEntry));
    return entries;
}

Result<IndexRun::Frames> IndexRun::frames(std::size_t block) const {
    const BlockKey key{.run = serial_, .block = block};
    if (auto kept = blocks_->frames.find(key)) return kept;
    const auto& info = footer_.frame_blocks[block];
    const Bytes plain = TRY(open_part(footer_.entry_blocks.size() + block, info.offset,
                                      info.sealed_bytes, kMaxPartPlainBytes));
    auto frames =
        std::make_shared<const std::vector<FrameEntry>>(TRY(parse_frames(plain), "{}", name()));
    if (frames->size() != std::min(kFramesPerBlock, footer_.frames - block * kFramesPerBlock))
        return fail(ErrorCode::Corrupted, "{}: a block miscounts its frames", name());
    for (const FrameEntry& frame : *frames)
        if (frame.pack >= footer_.packs.size())
            return fail(ErrorCode::Corrupted, "{}: a frame of an unknown pack", name());
    blocks_->frames.insert(key, frames, frames->size() * sizeof(FrameEntry));
    return frames;
}

Result<FrameEntry> IndexRun::frame(std::uint32_t number) const {
    const std::size_t block = number / kFramesPerBlock;
    if (block >= footer_.frame_blocks.size())
        return fail(ErrorCode::Corrupted, "{}: a chunk in an unknown frame", name());
    const Frames frames = TRY(this->frames(block));
    if (number % kFramesPerBlock >= frames->size())
        return fail(ErrorCode::Corrupted, "{}: a chunk in an unknown frame", name());
    return (*frames)[number % kFramesPerBlock];
}

}  // namespace holdfast::repo
