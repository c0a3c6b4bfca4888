#include "crypto/sealer.h"

#include <algorithm>
#include <span>

#include "base/bytes.h"
#include "crypto/aead.h"
#include "crypto/mac.h"

namespace holdfast::crypto {

namespace {

// A key of its own for every sealed text, from 32 random bytes: 96 random bits alone would be too
// few as a nonce once billions of page tokens were given out.
constexpr std::size_t kSaltBytes = 32;

std::string to_url_safe(std::string text) {
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    text.resize(std::min(text.find('='), text.size()));
    return text;
}

std::string from_url_safe(std::string_view text) {
    std::string plain(text);
    std::ranges::replace(plain, '-', '+');
    std::ranges::replace(plain, '_', '/');
    return plain;
}

std::unexpected<Error> not_ours() {
    return fail(ErrorCode::InvalidArgument, "it was not made by this server for this use");
}

}  // namespace

std::string Sealer::seal(std::string_view purpose, std::string_view context,
                         std::string_view text) const {
    const auto salt = random_.array<kSaltBytes>();
    Aead aead(hkdf_sha256(key_.view(), salt, purpose));
    Bytes sealed(kSaltBytes + text.size() + kTagBytes);
    std::ranges::copy(salt, sealed.begin());
    aead.seal(nonce_of(0), base::as_bytes(context), base::as_bytes(text),
              std::span(sealed).subspan(kSaltBytes));
    return to_url_safe(base::to_base64(sealed));
}

Result<std::string> Sealer::open(std::string_view purpose, std::string_view context,
                                 std::string_view sealed) const {
    auto bytes = base::from_base64(from_url_safe(sealed));
    if (!bytes || bytes->size() < kSaltBytes + kTagBytes) return not_ours();
    const ByteView view(*bytes);
    Aead aead(hkdf_sha256(key_.view(), view.first(kSaltBytes), purpose));
    Bytes plain(bytes->size() - kSaltBytes - kTagBytes);
    if (!aead.open(nonce_of(0), base::as_bytes(context), view.subspan(kSaltBytes), plain))
        return not_ours();
    std::string text = base::to_text(plain);
    wipe(plain);
    return text;
}

}  // namespace holdfast::crypto
