#include "repo/index_run_builder.h"

#include <algorithm>
#include <span>

#include "base/codec.h"
#include "repo/compress.h"
#include "repo/filter.h"
#include "repo/names.h"
#include "repo/sealed_object.h"
#include "repo/vault_keys.h"

namespace holdfast::repo {
namespace {

constexpr int kLevel = 3;
constexpr std::size_t kFilterPartBytes = 256u << 10;
/// Of a pack in the footer, besides its name and version.
constexpr std::size_t kMaxOtherPackBytes = 32;
/// Of a superseded run, and of all blocks of the largest run.
constexpr std::size_t kMaxSupersededBytes = 64;
constexpr std::size_t kMaxOtherFooterBytes = 32u << 20;

}  // namespace

IndexRunBuilder::IndexRunBuilder(const VaultKeys& keys, base::Random& random,
                                 std::size_t expected_entries)
    : keys_(keys),
      name_(names::index_run(random)),
      object_(make_envelope(keys, ObjectType::IndexRun, random)),
      aead_(*open_envelope(keys, ObjectType::IndexRun, object_)) {
    if (expected_entries >= kMinEntriesForFilter) filter_ = filter::make(expected_entries);
    block_.reserve(kEntriesPerBlock);
}

std::uint32_t IndexRunBuilder::add_pack(PackEntry pack) {
    pack_bytes_ += pack.name.size() + pack.version.size() + kMaxOtherPackBytes;
    footer_.packs.push_back(std::move(pack));
    return static_cast<std::uint32_t>(footer_.packs.size() - 1);
}

std::uint32_t IndexRunBuilder::add_frame(const FrameEntry& frame) {
    frames_.push_back(frame);
    return static_cast<std::uint32_t>(frames_.size() - 1);
}

void IndexRunBuilder::add(const ChunkEntry& entry) {
    ASSERT(block_.empty() || !(entry.id < block_.back().id));
    block_.push_back(entry);
    if (!filter_.empty()) filter::add(filter_, entry.id);
    ++footer_.entries;
    if (block_.size() == kEntriesPerBlock) flush_entries();
}

std::uint32_t IndexRunBuilder::seal_part(ByteView plain, std::uint64_t ordinal) {
    Bytes coded;
    compress(plain, kLevel, coded);
    const std::size_t sealed = coded.size() + crypto::kTagBytes;
    const std::size_t offset = object_.size();
    object_.resize(offset + sealed);
    aead_.seal(crypto::nonce_of(ordinal),
               keys_.associated_data(ObjectType::IndexRun, name_, ordinal), coded,
               std::span(object_).subspan(offset));
    return static_cast<std::uint32_t>(sealed);
}

void IndexRunBuilder::flush_entries() {
    if (block_.empty()) return;
    IndexRunFooter::EntryBlock info;
    info.first = block_.front().id;
    info.entries = static_cast<std::uint32_t>(block_.size());
    info.sealed_bytes = seal_part(encode_entries(block_), ordinal_++);
    footer_.entry_blocks.push_back(info);
    block_.clear();
}

Result<void> IndexRunBuilder::check() const {
    const std::size_t names = pack_bytes_ + footer_.supersedes.size() * kMaxSupersededBytes;
    if (footer_.entries > kMaxEntriesPerRun || footer_.packs.size() > kMaxEntriesPerRun ||
        footer_.supersedes.size() > kMaxSuperseded ||
        names > kMaxIndexFooterBytes - kMaxOtherFooterBytes)
        return fail(ErrorCode::LimitExceeded,
                    "an index run of {} entries and {} packs that supersedes {} others",
                    footer_.entries, footer_.packs.size(), footer_.supersedes.size());
    return {};
}

Bytes IndexRunBuilder::finish() {
    flush_entries();
    footer_.frames = frames_.size();
    for (std::size_t at = 0; at < frames_.size(); at += kFramesPerBlock) {
        const auto count = std::min(kFramesPerBlock, frames_.size() - at);
        footer_.frame_blocks.push_back(
            {seal_part(encode_frames(std::span(frames_).subspan(at, count)), ordinal_), 0});
        ++ordinal_;
    }
    for (std::size_t at = 0; at < filter_.size(); at += kFilterPartBytes) {
        const auto count = std::min(kFilterPartBytes, filter_.size() - at);
        footer_.filter_blocks.push_back(
            {seal_part(ByteView(filter_).subspan(at, count), ordinal_), 0});
        ++ordinal_;
    }
    base::ByteWriter trailer;
    trailer.u32(seal_part(encode_index_footer(footer_), kIndexFooterOrdinal));
    trailer.raw(base::as_bytes(kIndexTrailerMagic));
    base::append(object_, trailer.view());
    return std::move(object_);
}

}  // namespace holdfast::repo
