#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "repo/names.h"
#include "repo/vault_keys.h"

namespace holdfast::repo {

/// The clear beginning of a sealed object: magic, type, key epoch, salt.
inline constexpr std::size_t kSaltBytes = 16;
inline constexpr std::size_t kEnvelopeBytes = 4 + 1 + 4 + kSaltBytes;

/// A whole small object, compressed and sealed as one unit, bound to its name.
Bytes seal_object(const VaultKeys& keys, ObjectType type, std::string_view name, ByteView plain,
                  base::Random& random);

/// Reverses seal_object; Corrupted unless these are the bytes that were sealed under that name.
/// At most `max_plain` bytes of memory are given for the plain bytes.
Result<Bytes> open_object(const VaultKeys& keys, ObjectType type, std::string_view name,
                          ByteView sealed, std::size_t max_plain);

/// The envelope alone, for objects that hold several sealed parts.
Bytes make_envelope(const VaultKeys& keys, ObjectType type, base::Random& random);
/// The object's key from its envelope; Corrupted when it is not one of this type and epoch.
Result<crypto::Key> open_envelope(const VaultKeys& keys, ObjectType type, ByteView envelope);

}  // namespace holdfast::repo
