#include "crypto/wrapping.h"

#include <span>

#include "base/codec.h"
#include "crypto/aead.h"
#include "crypto/mac.h"

namespace holdfast::crypto {
namespace {

Bytes associated_data(std::string_view kind, std::string_view context) {
    base::ByteWriter writer;
    writer.sized("holdfast key wrap 1");
    writer.sized(kind);
    writer.sized(context);
    return writer.take();
}

}  // namespace

Bytes wrap_root_key(const Key& wrapping, const Key& root, std::string_view kind,
                    std::string_view context, base::Random& random) {
    const auto salt = random.array<kWrapSaltBytes>();
    Bytes wrapped = base::to_bytes(salt);
    wrapped.resize(salt.size() + root.view().size() + kTagBytes);
    // The derived key is used once: its salt is new, so any fixed nonce is fresh.
    Aead(hkdf_sha256(wrapping.view(), salt, "holdfast key wrap 1"))
        .seal(nonce_of(0), associated_data(kind, context), root.view(),
              std::span(wrapped).subspan(salt.size()));
    return wrapped;
}

Result<Key> unwrap_root_key(const Key& wrapping, ByteView wrapped, std::string_view kind,
                            std::string_view context) {
    if (wrapped.size() != kWrapSaltBytes + 32 + kTagBytes)
        return fail(ErrorCode::Corrupted, "the key wrap has the wrong length");
    const ByteView salt = wrapped.first(kWrapSaltBytes);
    Key root;
    TRY(Aead(hkdf_sha256(wrapping.view(), salt, "holdfast key wrap 1"))
            .open(nonce_of(0), associated_data(kind, context), wrapped.subspan(kWrapSaltBytes),
                  root.writable()));
    return root;
}

}  // namespace holdfast::crypto
