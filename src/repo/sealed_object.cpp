#include "repo/sealed_object.h"

#include <span>

#include "base/codec.h"
#include "crypto/aead.h"
#include "crypto/secret.h"
#include "repo/compress.h"
#include "repo/names.h"

namespace holdfast::repo {
namespace {

constexpr std::string_view kMagic = "HFO1";
constexpr int kLevel = 3;

}  // namespace

Bytes make_envelope(const VaultKeys& keys, ObjectType type, base::Random& random) {
    base::ByteWriter writer;
    writer.raw(base::as_bytes(kMagic));
    writer.u8(static_cast<std::uint8_t>(type));
    writer.u32(keys.epoch());
    writer.raw(random.array<kSaltBytes>());
    return writer.take();
}

Result<crypto::Key> open_envelope(const VaultKeys& keys, ObjectType type, ByteView envelope) {
    base::ByteReader reader(envelope);
    if (base::as_text(TRY(reader.raw(kMagic.size()))) != kMagic)
        return fail(ErrorCode::Corrupted, "the object does not begin as one of ours");
    if (TRY(reader.u8()) != static_cast<std::uint8_t>(type))
        return fail(ErrorCode::Corrupted, "the object is of another type than its name says");
    if (TRY(reader.u32()) != keys.epoch())
        return fail(ErrorCode::Corrupted, "the object is sealed under an unknown key epoch");
    return keys.object_key(type, TRY(reader.raw(kSaltBytes)));
}

Bytes seal_object(const VaultKeys& keys, ObjectType type, std::string_view name, ByteView plain,
                  base::Random& random) {
    Bytes object = make_envelope(keys, type, random);
    const crypto::Key key = *open_envelope(keys, type, object);
    Bytes coded;
    compress(plain, kLevel, coded);
    object.resize(kEnvelopeBytes + coded.size() + crypto::kTagBytes);
    crypto::Aead(key).seal(crypto::nonce_of(0), keys.associated_data(type, name, 0), coded,
                           std::span(object).subspan(kEnvelopeBytes));
    return object;
}

Result<Bytes> open_object(const VaultKeys& keys, ObjectType type, std::string_view name,
                          ByteView sealed, std::size_t max_plain) {
    if (sealed.size() < kEnvelopeBytes + crypto::kTagBytes)
        return fail(ErrorCode::Corrupted, "the object is cut short");
    const crypto::Key key = TRY(open_envelope(keys, type, sealed.first(kEnvelopeBytes)));
    const ByteView body = sealed.subspan(kEnvelopeBytes);
    Bytes coded(body.size() - crypto::kTagBytes);
    TRY(crypto::Aead(key).open(crypto::nonce_of(0), keys.associated_data(type, name, 0), body,
                               coded));
    Bytes plain;
    TRY(decompress(coded, max_plain, plain));
    return plain;
}

}  // namespace holdfast::repo
