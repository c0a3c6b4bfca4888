#include "crypto/secret.h"

#include <openssl/crypto.h>

namespace holdfast::crypto {

void wipe(std::span<std::byte> memory) {
    OPENSSL_cleanse(memory.data(), memory.size());
}

bool equal_in_constant_time(ByteView a, ByteView b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace holdfast::crypto
