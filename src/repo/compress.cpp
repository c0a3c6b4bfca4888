#include "repo/compress.h"

#include <zstd.h>

#include <cstring>
#include <memory>

namespace holdfast::repo {
namespace {

enum class Codec : unsigned char { Raw = 0, Zstd = 1 };

struct FreeCompressor {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeDecompressor {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

/// Contexts are large and slow to make: one per thread.
ZSTD_CCtx* compressor() {
    thread_local const std::unique_ptr<ZSTD_CCtx, FreeCompressor> kContext{ZSTD_createCCtx()};
    ASSERT(kContext != nullptr);
    return kContext.get();
}
ZSTD_DCtx* decompressor() {
    thread_local const std::unique_ptr<ZSTD_DCtx, FreeDecompressor> kContext{ZSTD_createDCtx()};
    ASSERT(kContext != nullptr);
    return kContext.get();
}

}  // namespace

void compress(ByteView plain, int level, Bytes& coded) {
    coded.resize(kCodedOverhead + plain.size());
    // Room for less than the plain bytes: zstd then fails where it would not save anything.
    const std::size_t room = plain.empty() ? 0 : plain.size() - 1;
    const std::size_t size = ZSTD_compressCCtx(compressor(), coded.data() + kCodedOverhead, room,
                                               plain.data(), plain.size(), level);
    if (ZSTD_isError(size)) {
        coded[0] = static_cast<std::byte>(Codec::Raw);
        if (!plain.empty()) std::memcpy(coded.data() + kCodedOverhead, plain.data(), plain.size());
        return;
    }
    coded[0] = static_cast<std::byte>(Codec::Zstd);
    coded.resize(kCodedOverhead + size);
}

Result<void> decompress(ByteView coded, std::size_t max_plain, Bytes& plain) {
    if (coded.empty()) return fail(ErrorCode::Corrupted, "compressed bytes are missing");
    const ByteView body = coded.subspan(kCodedOverhead);
    if (coded[0] == static_cast<std::byte>(Codec::Raw)) {
        if (body.size() > max_plain)
            return fail(ErrorCode::Corrupted, "{} bytes where at most {} belong", body.size(),
                        max_plain);
        plain.assign(body.begin(), body.end());
        return {};
    }
    if (coded[0] != static_cast<std::byte>(Codec::Zstd))
        return fail(ErrorCode::Corrupted, "unknown compression {}", std::to_integer<int>(coded[0]));
    const unsigned long long size = ZSTD_getFrameContentSize(body.data(), body.size());
    if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > max_plain)
        return fail(ErrorCode::Corrupted, "the compressed bytes do not state a size within {}",
                    max_plain);
    plain.resize(size);
    const std::size_t got =
        ZSTD_decompressDCtx(decompressor(), plain.data(), plain.size(), body.data(), body.size());
    if (ZSTD_isError(got) || got != size)
        return fail(ErrorCode::Corrupted, "the compressed bytes cannot be decoded");
    return {};
}

}  // namespace holdfast::repo
