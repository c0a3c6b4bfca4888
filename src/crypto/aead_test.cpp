#include "crypto/aead.h"

#include <gtest/gtest.h>

#include <string_view>

#include "base/random.h"

namespace holdfast::crypto {
namespace {

using base::as_bytes;

Key test_key() {
    base::SeededRandom random(7);
    return Key::random(random);
}

Bytes sealed_text(Aead& aead, std::string_view text, std::string_view associated) {
    Bytes sealed(text.size() + kTagBytes);
    aead.seal(nonce_of(3), as_bytes(associated), as_bytes(text), sealed);
    return sealed;
}

TEST(Aead, OpensWhatItSealed) {
    Aead aead(test_key());
    const Bytes sealed = sealed_text(aead, "some text", "data");
    Bytes plain(9);
    ASSERT_TRUE(aead.open(nonce_of(3), as_bytes("data"), sealed, plain));
    EXPECT_EQ(base::to_text(plain), "some text");
}

TEST(Aead, SealsNothingAtAllToo) {
    Aead aead(test_key());
    const Bytes sealed = sealed_text(aead, "", "");
    EXPECT_EQ(sealed.size(), kTagBytes);
    EXPECT_TRUE(aead.open(nonce_of(3), {}, sealed, {}));
}

TEST(Aead, RefusesEveryFlippedBit) {
    Aead aead(test_key());
    const Bytes sealed = sealed_text(aead, "ab", "data");
    Bytes plain(2);
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        Bytes harmed = sealed;
        harmed[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
        const auto opened = aead.open(nonce_of(3), as_bytes("data"), harmed, plain);
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, ErrorCode::Corrupted);
    }
}

TEST(Aead, RefusesAnotherNonceAndOtherAssociatedData) {
    Aead aead(test_key());
    const Bytes sealed = sealed_text(aead, "ab", "data");
    Bytes plain(2);
    EXPECT_FALSE(aead.open(nonce_of(4), as_bytes("data"), sealed, plain));
    EXPECT_FALSE(aead.open(nonce_of(3), as_bytes("Data"), sealed, plain));
    EXPECT_FALSE(aead.open(nonce_of(3), as_bytes("data"), ByteView(sealed).first(10), {}));
    EXPECT_TRUE(aead.open(nonce_of(3), as_bytes("data"), sealed, plain));
}

TEST(Aead, MatchesThePublishedVectorOfAes256Gcm) {
    // Test case 14 of the GCM specification: key, nonce and one block of plain text all zero.
    Aead aead{Key()};
    Bytes sealed(32);
    aead.seal(nonce_of(0), {}, Bytes(16, std::byte{0}), sealed);
    EXPECT_EQ(base::to_hex(sealed),
              "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}

}  // namespace
}  // namespace holdfast::crypto
