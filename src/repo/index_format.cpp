#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/codec.h"
#include "repo/ids.h"
#include "repo/index_run.h"
#include "repo/names.h"
#include "repo/pack.h"
#include "repo/sealed_object.h"
#include "store/store.h"

// The plain parts of an index run; docs/format/vault-v1.md describes them.
namespace holdfast::repo {
namespace {

constexpr std::size_t kMaxVersionBytes = 1024;
constexpr std::size_t kMaxNameBytes = 200;
constexpr std::size_t kUsualReserve = 4096;
constexpr std::size_t kMaxSealedPart = kMaxPartPlainBytes + 64;

std::size_t shared_prefix(std::span<const ChunkEntry> entries) {
    const ByteView first = entries.front().id.view();
    const ByteView last = entries.back().id.view();
    return static_cast<std::size_t>(std::ranges::mismatch(first, last).in1 - first.begin());
}

template <class Member>
void put_column(base::ByteWriter& writer, std::span<const ChunkEntry> entries, Member member) {
    for (const ChunkEntry& entry : entries) writer.varint(entry.*member);
}

template <class Member>
Result<void> take_column(base::ByteReader& reader, std::vector<ChunkEntry>& entries,
                         Member member) {
    for (ChunkEntry& entry : entries)
        entry.*member = static_cast<std::uint32_t>(TRY(reader.varint_up_to(0xffffffffu)));
    return {};
}

Result<std::vector<IndexRunFooter::Part>> take_parts(base::ByteReader& reader, std::size_t max,
                                                     std::uint64_t& offset) {
    const auto count = TRY(reader.varint_up_to(max));
    std::vector<IndexRunFooter::Part> parts;
    parts.reserve(std::min<std::size_t>(count, kUsualReserve));
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto bytes = TRY(reader.varint_up_to(kMaxSealedPart));
        parts.push_back({static_cast<std::uint32_t>(bytes), offset});
        offset += bytes;
    }
    return parts;
}

void put_parts(base::ByteWriter& writer, const std::vector<IndexRunFooter::Part>& parts) {
    writer.varint(parts.size());
    for (const auto& part : parts) writer.varint(part.sealed_bytes);
}

Result<void> take_supersedes(base::ByteReader& reader, IndexRunFooter& footer) {
    const auto count = TRY(reader.varint_up_to(kMaxSuperseded));
    for (std::uint64_t i = 0; i < count; ++i) {
        std::string name{names::kIndexRuns};
        name += TRY(reader.text(kMaxNameBytes));
        footer.supersedes.push_back(std::move(name));
    }
    return {};
}

Result<void> take_packs(base::ByteReader& reader, IndexRunFooter& footer) {
    const auto count = TRY(reader.varint_up_to(kMaxEntriesPerRun));
    footer.packs.reserve(std::min<std::size_t>(count, kUsualReserve));
    for (std::uint64_t i = 0; i < count; ++i) {
        PackEntry pack;
        pack.name = names::kPacks;
        pack.name += TRY(reader.text(kMaxNameBytes));
        TRY(names::writer_of_pack(pack.name));
        pack.key_epoch = TRY(reader.u32());
        pack.bytes = TRY(reader.varint_up_to(store::kMaxObjectBytes));
        pack.version = TRY(reader.text(kMaxVersionBytes));
        pack.retain_until = TRY(reader.u64());
        footer.packs.push_back(std::move(pack));
    }
    return {};
}

Result<void> take_entry_blocks(base::ByteReader& reader, std::size_t chunk_id_bytes,
                               std::uint64_t& offset, IndexRunFooter& footer) {
    const auto count = TRY(reader.varint_up_to(kMaxEntriesPerRun));
    std::uint64_t entries = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        IndexRunFooter::EntryBlock block;
        const ByteView first = TRY(reader.raw(chunk_id_bytes));
        block.first = TRY(ChunkId::from_bytes(first));
        block.entries = static_cast<std::uint32_t>(TRY(reader.varint_up_to(kEntriesPerBlock)));
        block.sealed_bytes = static_cast<std::uint32_t>(TRY(reader.varint_up_to(kMaxSealedPart)));
        block.offset = offset;
        offset += block.sealed_bytes;
        entries += block.entries;
        footer.entry_blocks.push_back(block);
    }
    if (entries != footer.entries)
        return fail(ErrorCode::Corrupted, "an index run that miscounts its entries");
    return {};
}

}  // namespace

Bytes encode_entries(std::span<const ChunkEntry> entries) {
    base::ByteWriter writer;
    writer.varint(entries.size());
    if (entries.empty()) return writer.take();
    const std::size_t prefix = shared_prefix(entries);
    writer.sized(entries.front().id.view().first(prefix));
    for (const ChunkEntry& entry : entries) writer.raw(entry.id.view().subspan(prefix));
    put_column(writer, entries, &ChunkEntry::frame);
    put_column(writer, entries, &ChunkEntry::offset);
    put_column(writer, entries, &ChunkEntry::bytes);
    return writer.take();
}

Result<std::vector<ChunkEntry>> parse_entries(ByteView plain, std::size_t chunk_id_bytes) {
    base::ByteReader reader(plain);
    std::vector<ChunkEntry> entries(TRY(reader.varint_up_to(kEntriesPerBlock)));
    if (entries.empty()) return entries;
    Bytes id = base::to_bytes(TRY(reader.sized(chunk_id_bytes)));
    const std::size_t prefix = id.size();
    id.resize(chunk_id_bytes);
    for (ChunkEntry& entry : entries) {
        std::ranges::copy(TRY(reader.raw(chunk_id_bytes - prefix)),
                          id.begin() + static_cast<std::ptrdiff_t>(prefix));
        entry.id = TRY(ChunkId::from_bytes(id));
    }
    TRY(take_column(reader, entries, &ChunkEntry::frame));
    TRY(take_column(reader, entries, &ChunkEntry::offset));
    TRY(take_column(reader, entries, &ChunkEntry::bytes));
    TRY(reader.expect_end());
    if (!std::ranges::is_sorted(entries, {}, &ChunkEntry::id))
        return fail(ErrorCode::Corrupted, "an index block that is out of order");
    return entries;
}

Bytes encode_frames(std::span<const FrameEntry> frames) {
    base::ByteWriter writer;
    writer.varint(frames.size());
    for (const FrameEntry& frame : frames) {
        writer.varint(frame.pack);
        writer.varint(frame.place.ordinal);
        writer.varint(frame.place.offset);
        writer.varint(frame.place.sealed_bytes);
        writer.varint(frame.place.plain_bytes);
    }
    return writer.take();
}

Result<std::vector<FrameEntry>> parse_frames(ByteView plain) {
    base::ByteReader reader(plain);
    std::vector<FrameEntry> frames(TRY(reader.varint_up_to(kFramesPerBlock)));
    constexpr std::uint64_t kMaxOffset = store::kMaxObjectBytes;
    const auto number = [&](std::uint64_t max) -> Result<std::uint32_t> {
        return static_cast<std::uint32_t>(TRY(reader.varint_up_to(max)));
    };
    for (FrameEntry& frame : frames) {
        frame.pack = TRY(number(0xffffffffu));
        frame.place.ordinal = TRY(number(kMaxFramesPerPack - 1));
        frame.place.offset = TRY(number(kMaxOffset));
        frame.place.sealed_bytes = TRY(number(kMaxFrameSealedBytes));
        frame.place.plain_bytes = TRY(number(kMaxFramePlainBytes));
    }
    TRY(reader.expect_end());
    return frames;
}

Bytes encode_index_footer(const IndexRunFooter& footer) {
    base::ByteWriter writer;
    writer.varint(footer.entries);
    writer.varint(footer.frames);
    writer.varint(footer.supersedes.size());
    for (const std::string& name : footer.supersedes)
        writer.sized(std::string_view(name).substr(names::kIndexRuns.size()));
    writer.varint(footer.packs.size());
    for (const PackEntry& pack : footer.packs) {
        writer.sized(std::string_view(pack.name).substr(names::kPacks.size()));
        writer.u32(pack.key_epoch);
        writer.varint(pack.bytes);
        writer.sized(pack.version);
        writer.u64(pack.retain_until);
    }
    writer.varint(footer.entry_blocks.size());
    for (const auto& block : footer.entry_blocks) {
        writer.raw(block.first.view());
        writer.varint(block.entries);
        writer.varint(block.sealed_bytes);
    }
    put_parts(writer, footer.frame_blocks);
    put_parts(writer, footer.filter_blocks);
    return writer.take();
}

Result<IndexRunFooter> parse_index_footer(ByteView plain, std::size_t chunk_id_bytes) {
    base::ByteReader reader(plain);
    IndexRunFooter footer;
    footer.entries = TRY(reader.varint_up_to(kMaxEntriesPerRun));
    footer.frames = TRY(reader.varint_up_to(0xffffffffu));
    TRY(take_supersedes(reader, footer));
    TRY(take_packs(reader, footer));
    std::uint64_t offset = kEnvelopeBytes;
    TRY(take_entry_blocks(reader, chunk_id_bytes, offset, footer));
    footer.frame_blocks = TRY(take_parts(reader, kMaxEntriesPerRun, offset));
    footer.filter_blocks = TRY(take_parts(reader, kMaxEntriesPerRun, offset));
    TRY(reader.expect_end());
    if (footer.frame_blocks.size() != (footer.frames + kFramesPerBlock - 1) / kFramesPerBlock)
        return fail(ErrorCode::Corrupted, "an index run that miscounts its frames");
    return footer;
}

}  // namespace holdfast::repo
