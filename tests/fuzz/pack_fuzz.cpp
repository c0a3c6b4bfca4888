#include <algorithm>
#include <span>
#include <string>
#include <vector>

// Packs: footers and trailers by themselves, coded frames, and whole packs whose every part is
// sealed as it should be, whatever it says.

#include "base/bytes.h"
#include "base/codec.h"
#include "crypto/aead.h"
#include "crypto/secret.h"
#include "repo/compress.h"
#include "repo/names.h"
#include "repo/pack.h"
#include "repo/pack_scan.h"
#include "repo/writer.h"
#include "tests/fuzz/vault_input.h"

namespace holdfast::repo::fuzz {
namespace {

constexpr std::uint64_t kFooterOrdinal = ~std::uint64_t{0};
constexpr std::size_t kMaxBody = 64u << 10;

std::string name_of_pack() {
    return "packs/" + std::string(32, 'a') + "-" + std::string(32, 'b');
}

std::uint64_t end_of_frames(const std::vector<FrameInfo>& frames) {
    if (frames.empty()) return kPackHeadBytes;
    return std::uint64_t{frames.back().place.offset} + frames.back().place.sealed_bytes;
}

/// Head, frames, sealed footer, trailer.
Bytes make_pack(FuzzVault& vault, ByteView frames, ByteView footer) {
    const std::string name = name_of_pack();
    Bytes pack = pack_head(*vault.keys);
    base::append(pack, frames);
    const crypto::Key key = vault.keys->object_key(ObjectType::Pack, base::as_bytes(name));
    const Bytes sealed =
        seal_part(*vault.keys, key, ObjectType::Pack, name, kFooterOrdinal, footer);
    base::append(pack, sealed);
    base::ByteWriter trailer;
    trailer.u32(static_cast<std::uint32_t>(sealed.size()));
    trailer.raw(base::as_bytes("HFPE"));
    base::append(pack, trailer.view());
    return pack;
}

/// Both ways to the plain footer of the same frames, byte for byte.
Bytes footer_of(const std::vector<FrameInfo>& frames) {
    base::ByteWriter writer;
    writer.varint(frames.size());
    for (const FrameInfo& frame : frames) {
        writer.u8(static_cast<std::uint8_t>(frame.kind));
        writer.varint(frame.place.sealed_bytes);
        writer.varint(frame.chunk_bytes.size());
        for (const std::uint32_t bytes : frame.chunk_bytes) writer.varint(bytes);
    }
    return writer.take();
}

void check_footer(FuzzVault& vault, ByteView plain) {
    const auto frames = parse_footer(plain);
    const std::uint64_t end = frames ? end_of_frames(*frames) : kPackHeadBytes;
    if (end > kMaxBody) return;
    const Bytes body(static_cast<std::size_t>(end) - kPackHeadBytes, std::byte{0});
    const Bytes pack = make_pack(vault, body, plain);
    vault.plant(name_of_pack(), pack);
    const auto read = read_footer(vault.store, *vault.keys, name_of_pack(), pack.size());
    require(read.has_value() == frames.has_value(), "a sealed footer reads as its plain bytes do");
    if (!frames) return;
    require(footer_of(*read) == footer_of(*frames), "a sealed footer reads as its plain bytes do");

    const Bytes sealed = seal_footer(*vault.keys, name_of_pack(), *frames);
    const auto size = parse_trailer(ByteView(sealed).last(kPackTrailerBytes));
    require(size && *size + kPackTrailerBytes == sealed.size(),
            "a trailer tells the footer's size");
    const auto again = open_footer(*vault.keys, name_of_pack(), ByteView(sealed).first(*size),
                                   end + sealed.size());
    require(again && footer_of(*again) == footer_of(*frames), "a footer survives encoding");
}

void check_coding(ByteView plain) {
    Bytes coded;
    Bytes decoded;
    compress(plain, 1, coded);
    require(coded.size() <= plain.size() + kCodedOverhead, "coding adds one byte at most");
    require(
        decompress(coded, plain.size(), decoded).has_value() && std::ranges::equal(decoded, plain),
        "what was coded can be decoded");
    if (!plain.empty())
        require(!decompress(coded, plain.size() - 1, decoded), "a bound on plain bytes holds");
    if (decompress(plain, kMaxInput, decoded))
        require(decoded.size() <= kMaxInput, "a bound on plain bytes holds");
}

/// Frames with any coded bytes and any chunk lengths, read with the index and without it.
void check_frames(FuzzVault& vault, unsigned which, base::ByteReader input) {
    const std::string name = name_of_pack();
    FrameSealer sealer(*vault.keys, name);
    Bytes body;
    std::vector<FrameInfo> frames;
    while (input.remaining() > 0 && frames.size() < 8) {
        const ByteView coded = take_slice(input);
        const ByteView lengths = take_slice(input);
        FrameInfo frame;
        frame.place.ordinal = static_cast<std::uint32_t>(frames.size());
        frame.place.offset = static_cast<std::uint32_t>(kPackHeadBytes + body.size());
        frame.place.sealed_bytes = static_cast<std::uint32_t>(coded.size() + crypto::kTagBytes);
        base::ByteReader reader(lengths);
        while (const auto length = reader.varint_up_to(kMaxChunkBytes))
            frame.chunk_bytes.push_back(static_cast<std::uint32_t>(*length));
        Bytes sealed(frame.place.sealed_bytes);
        sealer.seal(frame.place.ordinal, coded, sealed);
        base::append(body, sealed);
        frames.push_back(std::move(frame));
    }
    const Bytes pack = make_pack(vault, body, footer_of(frames));
    vault.plant(name, pack);
    const auto read = read_footer(vault.store, *vault.keys, name, pack.size());
    if (read) {
        const auto visit = [](const ScannedFrame& frame) -> Result<void> {
            require(frame.ids.size() == frame.info.chunk_bytes.size(), "every chunk has an id");
            return {};
        };
        require(scan_frames(vault.store, *vault.keys, name, *read, visit,
                            [](const FrameInfo&, const Error&) {})
                    .has_value(),
                "damaged frames do not end a scan");
    }
    // Without any index, what the packs say is all there is.
    if (which % 2 == 1)
        for (const std::string& run : vault.listed(names::kIndexRuns)) vault.plant(run, pack);
    vault.look(which / 2);
    vault.put_back();
}

}  // namespace
}  // namespace holdfast::repo::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace holdfast;
    static repo::fuzz::FuzzVault vault;
    if (size == 0 || size > repo::fuzz::kMaxInput) return 0;
    const ByteView input = std::as_bytes(std::span(bytes, size)).subspan(1);
    switch (bytes[0] % 4) {
        case 0:
            repo::fuzz::check_footer(vault, input);
            break;
        case 1:
            repo::fuzz::check_coding(input);
            break;
        case 2:
            repo::fuzz::check_frames(vault, bytes[0] / 4u, base::ByteReader(input));
            break;
        default:
            (void)repo::parse_trailer(input);
            (void)repo::check_pack_head(*vault.keys, input);
            vault.plant(repo::fuzz::name_of_pack(), input);
            (void)repo::read_footer(vault.store, *vault.keys, repo::fuzz::name_of_pack(), size - 1);
    }
    return 0;
}
