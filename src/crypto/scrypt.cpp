#include "crypto/scrypt.h"

#include <openssl/evp.h>

#include <string_view>

namespace holdfast::crypto {
namespace {

constexpr std::uint8_t kMaxLog2N = 24;
constexpr std::uint32_t kMaxR = 64;
constexpr std::uint32_t kMaxP = 16;

}  // namespace

Result<Key> scrypt(std::string_view passphrase, ByteView salt, const ScryptCost& cost) {
    if (cost.log2_n < 1 || cost.log2_n > kMaxLog2N || cost.r < 1 || cost.r > kMaxR || cost.p < 1 ||
        cost.p > kMaxP)
        return fail(ErrorCode::LimitExceeded, "the scrypt cost is out of bounds");
    const std::uint64_t n = std::uint64_t{1} << cost.log2_n;
    const std::uint64_t memory = 128 * std::uint64_t{cost.r} * (n + cost.p + 2);
    if (memory > kMaxScryptBytes)
        return fail(ErrorCode::LimitExceeded, "the scrypt cost asks for {} bytes of memory",
                    memory);
    Key key;
    const int done = EVP_PBE_scrypt(
        passphrase.data(), passphrase.size(), reinterpret_cast<const unsigned char*>(salt.data()),
        salt.size(), n, cost.r, cost.p, memory + (1u << 20),
        reinterpret_cast<unsigned char*>(key.writable().data()), key.writable().size());
    if (done != 1) return fail(ErrorCode::Internal, "scrypt failed, probably for lack of memory");
    return key;
}

}  // namespace holdfast::crypto
