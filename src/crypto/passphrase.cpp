#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/codec.h"
#include "base/random.h"
#include "crypto/key_protector.h"
#include "crypto/scrypt.h"
#include "crypto/secret.h"
#include "crypto/wrapping.h"

namespace holdfast::crypto {
namespace {

constexpr std::size_t kSaltBytes = 32;

}  // namespace

PassphraseProtector::~PassphraseProtector() {
    wipe(std::as_writable_bytes(std::span(passphrase_)));
}

Result<Bytes> PassphraseProtector::wrap(const Key& root, std::string_view context,
                                        base::Random& random) const {
    if (passphrase_.empty()) return fail(ErrorCode::InvalidArgument, "the passphrase is empty");
    const auto salt = random.array<kSaltBytes>();
    const Key wrapping = TRY(scrypt(passphrase_, salt, cost_), "stretching the passphrase");
    base::ByteWriter writer;
    writer.u8(cost_.log2_n);
    writer.u32(cost_.r);
    writer.u32(cost_.p);
    writer.raw(salt);
    writer.raw(wrap_root_key(wrapping, root, kind(), context, random));
    return writer.take();
}

Result<Key> PassphraseProtector::unwrap(ByteView wrapped, std::string_view context) const {
    base::ByteReader reader(wrapped);
    ScryptCost cost;
    cost.log2_n = TRY(reader.u8(), "reading the key wrap");
    cost.r = TRY(reader.u32(), "reading the key wrap");
    cost.p = TRY(reader.u32(), "reading the key wrap");
    const ByteView salt = TRY(reader.raw(kSaltBytes), "reading the key wrap");
    const Key wrapping = TRY(scrypt(passphrase_, salt, cost), "stretching the passphrase");
    auto root = unwrap_root_key(wrapping, reader.rest(), kind(), context);
    if (!root) return fail(ErrorCode::PermissionDenied, "wrong passphrase");
    return root;
}

}  // namespace holdfast::crypto
