#include "crypto/mac.h"

#include <gtest/gtest.h>

#include <string>

namespace holdfast::crypto {
namespace {

using base::as_bytes;
using base::from_hex;
using base::to_hex;

TEST(Mac, GivesThePublishedSha256OfAbc) {
    EXPECT_EQ(to_hex(sha256(as_bytes("abc"))),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Mac, GivesTheHmacOfRfc4231Case2) {
    EXPECT_EQ(to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Mac, HashesAKeyLongerThanABlockAsRfc4231Case6Does) {
    const Bytes key(131, std::byte{0xaa});
    EXPECT_EQ(to_hex(hmac_sha256(
                  key, as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Mac, IsTheSameOnEveryUseOfOneKey) {
    const HmacSha256 mac(as_bytes("key"));
    const Digest first = mac.compute(as_bytes("one"));
    EXPECT_NE(mac.compute(as_bytes("two")), first);
    EXPECT_EQ(mac.compute(as_bytes("one")), first);
}

TEST(Mac, DerivesTheFirstBlockOfRfc5869Case1) {
    const Bytes secret(22, std::byte{0x0b});
    const Bytes salt = *from_hex("000102030405060708090a0b0c");
    const std::string info = base::to_text(*from_hex("f0f1f2f3f4f5f6f7f8f9"));
    EXPECT_EQ(to_hex(hkdf_sha256(secret, salt, info).view()),
              "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}

}  // namespace
}  // namespace holdfast::crypto
