#include "crypto/mac.h"

#include <openssl/evp.h>

#include <algorithm>

namespace holdfast::crypto {
namespace {

constexpr std::size_t kBlockBytes = 64;

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

/// Fetched once: a fetch per hash costs more than hashing a small object.
const EVP_MD* sha256_algorithm() {
    static EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    ASSERT(kAlgorithm != nullptr);
    return kAlgorithm;
}

EVP_MD_CTX* scratch_context() {
    thread_local const Context kContext{EVP_MD_CTX_new()};
    ASSERT(kContext != nullptr);
    return kContext.get();
}

unsigned char* raw(Digest& digest) {
    return reinterpret_cast<unsigned char*>(digest.data());
}

/// A context that has hashed the key's block, xored with `pad`.
Context prepared(std::array<std::byte, kBlockBytes> block, std::byte pad) {
    for (std::byte& b : block) b ^= pad;
    Context context{EVP_MD_CTX_new()};
    ASSERT(context && EVP_DigestInit_ex2(context.get(), sha256_algorithm(), nullptr) == 1 &&
           EVP_DigestUpdate(context.get(), block.data(), block.size()) == 1);
    wipe(block);
    return context;
}

}  // namespace

Digest sha256(ByteView data) {
    Digest digest;
    EVP_MD_CTX* context = scratch_context();
    ASSERT(EVP_DigestInit_ex2(context, sha256_algorithm(), nullptr) == 1 &&
           EVP_DigestUpdate(context, data.data(), data.size()) == 1 &&
           EVP_DigestFinal_ex(context, raw(digest), nullptr) == 1);
    return digest;
}

struct HmacSha256::State {
    Context inner;
    Context outer;
};

HmacSha256::HmacSha256(ByteView key) {
    std::array<std::byte, kBlockBytes> block{};
    if (key.size() > kBlockBytes)
        std::ranges::copy(sha256(key), block.begin());
    else
        std::ranges::copy(key, block.begin());
    state_ = std::make_unique<State>(State{.inner = prepared(block, std::byte{0x36}),
                                           .outer = prepared(block, std::byte{0x5c})});
    wipe(block);
}

HmacSha256::~HmacSha256() = default;
HmacSha256::HmacSha256(HmacSha256&&) noexcept = default;
HmacSha256& HmacSha256::operator=(HmacSha256&&) noexcept = default;

Digest HmacSha256::compute(ByteView data) const {
    Digest digest;
    EVP_MD_CTX* context = scratch_context();
    ASSERT(EVP_MD_CTX_copy_ex(context, state_->inner.get()) == 1 &&
           EVP_DigestUpdate(context, data.data(), data.size()) == 1 &&
           EVP_DigestFinal_ex(context, raw(digest), nullptr) == 1 &&
           EVP_MD_CTX_copy_ex(context, state_->outer.get()) == 1 &&
           EVP_DigestUpdate(context, digest.data(), digest.size()) == 1 &&
           EVP_DigestFinal_ex(context, raw(digest), nullptr) == 1);
    return digest;
}

Digest hmac_sha256(ByteView key, ByteView data) {
    return HmacSha256(key).compute(data);
}

Key hkdf_sha256(ByteView secret, ByteView salt, std::string_view info) {
    Digest extracted = hmac_sha256(salt, secret);
    Bytes message = base::to_bytes(info);
    message.push_back(std::byte{1});
    Digest expanded = hmac_sha256(extracted, message);
    Key key{expanded};
    wipe(extracted);
    wipe(expanded);
    return key;
}

}  // namespace holdfast::crypto
