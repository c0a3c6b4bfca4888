#include "crypto/aead.h"

#include <openssl/evp.h>

#include <algorithm>

namespace holdfast::crypto {
namespace {

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const EVP_CIPHER* algorithm() {
    static EVP_CIPHER* const kAlgorithm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    ASSERT(kAlgorithm != nullptr);
    return kAlgorithm;
}

const unsigned char* raw(const std::byte* bytes) {
    return reinterpret_cast<const unsigned char*>(bytes);
}
unsigned char* raw(std::byte* bytes) {
    return reinterpret_cast<unsigned char*>(bytes);
}

}  // namespace

Nonce nonce_of(std::uint64_t ordinal) {
    Nonce nonce{};
    for (std::size_t i = 0; i < 8; ++i)
        nonce[4 + i] = static_cast<std::byte>(ordinal >> (56 - 8 * i));
    return nonce;
}

struct Aead::State {
    Key key;
    Context sealer;
    Context opener;

    /// The key schedule is computed once per direction, on first use.
    EVP_CIPHER_CTX* start(Context& context, const Nonce& nonce, int encrypt) {
        if (!context) {
            context.reset(EVP_CIPHER_CTX_new());
            ASSERT(context && EVP_CipherInit_ex2(context.get(), algorithm(), raw(key.view().data()),
                                                 nullptr, encrypt, nullptr) == 1);
        }
        ASSERT(EVP_CipherInit_ex2(context.get(), nullptr, nullptr, raw(nonce.data()), encrypt,
                                  nullptr) == 1);
        return context.get();
    }
};

Aead::Aead(const Key& key)
    : state_(std::make_unique<State>(State{.key = key, .sealer = nullptr, .opener = nullptr})) {}
Aead::~Aead() = default;
Aead::Aead(Aead&&) noexcept = default;
Aead& Aead::operator=(Aead&&) noexcept = default;

void Aead::seal(const Nonce& nonce, ByteView associated, ByteView plain,
                std::span<std::byte> sealed) {
    ASSERT(sealed.size() == plain.size() + kTagBytes);
    EVP_CIPHER_CTX* context = state_->start(state_->sealer, nonce, 1);
    int written = 0;
    int rest = 0;
    ASSERT(EVP_CipherUpdate(context, nullptr, &written, raw(associated.data()),
                            static_cast<int>(associated.size())) == 1);
    written = 0;
    ASSERT(plain.empty() ||
           EVP_CipherUpdate(context, raw(sealed.data()), &written, raw(plain.data()),
                            static_cast<int>(plain.size())) == 1);
    ASSERT(EVP_CipherFinal_ex(context, raw(sealed.data()) + written, &rest) == 1);
    ASSERT(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagBytes,
                               sealed.data() + plain.size()) == 1);
}

Result<void> Aead::open(const Nonce& nonce, ByteView associated, ByteView sealed,
                        std::span<std::byte> plain) {
    if (sealed.size() < kTagBytes)
        return fail(ErrorCode::Corrupted, "sealed bytes are too short to be authentic");
    ASSERT(plain.size() == sealed.size() - kTagBytes);
    EVP_CIPHER_CTX* context = state_->start(state_->opener, nonce, 0);
    std::array<std::byte, kTagBytes> tag;
    std::copy(sealed.end() - kTagBytes, sealed.end(), tag.begin());
    int written = 0;
    int rest = 0;
    std::byte none{};
    std::byte* to = plain.empty() ? &none : plain.data();
    bool good = EVP_CipherUpdate(context, nullptr, &written, raw(associated.data()),
                                 static_cast<int>(associated.size())) == 1;
    written = 0;
    good =
        good && (plain.empty() || EVP_CipherUpdate(context, raw(to), &written, raw(sealed.data()),
                                                   static_cast<int>(plain.size())) == 1);
    good = good &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1 &&
           EVP_CipherFinal_ex(context, raw(to) + written, &rest) == 1;
    if (!good) return fail(ErrorCode::Corrupted, "the bytes fail authentication");
    return {};
}

}  // namespace holdfast::crypto
