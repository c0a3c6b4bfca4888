#include <gtest/gtest.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "crypto/aead.h"
#include "crypto/key_protector.h"
#include "crypto/mac.h"
#include "crypto/secret.h"
#include "repo/compress.h"
#include "repo/header.h"
#include "repo/ids.h"
#include "repo/key_wrap.h"
#include "repo/names.h"
#include "repo/pack.h"
#include "repo/records.h"
#include "repo/run_block.h"
#include "repo/sealed_object.h"
#include "repo/vault_keys.h"

// The section "Test vectors" of docs/format/vault-v1.md is what this code makes, digit by digit.
namespace holdfast::repo {
namespace {

constexpr std::string_view kVaultId = "00112233445566778899aabbccddeeff";
constexpr std::string_view kPoint = "ffeeddccbbaa99887766554433221100";

/// The bytes first, first + 1, and so on, where the format wants random ones.
class Counting final : public base::Random {
public:
    explicit Counting(unsigned first) : next_(first) {}
    void fill(std::span<std::byte> bytes) override {
        for (std::byte& byte : bytes) byte = static_cast<std::byte>(next_++);
    }

private:
    unsigned next_;
};

crypto::Key key_from(unsigned first) {
    Counting random(first);
    return crypto::Key::random(random);
}

class Vectors {
public:
    Vectors() {
        add_keys();
        add_header();
        add_key_wraps();
        add_tombstone();
        add_pack();
        add_rows();
    }

    /// As the page has them: a name, then lines of at most 32 bytes.
    std::string text() const {
        constexpr std::size_t kDigitsPerLine = 64;
        std::string text;
        for (const auto& [name, hex] : vectors_) {
            text += fmt::format("    {}\n", name);
            for (std::size_t at = 0; at < hex.size(); at += kDigitsPerLine)
                text += fmt::format("      {}\n", hex.substr(at, kDigitsPerLine));
        }
        return text;
    }

private:
    void add(std::string_view name, ByteView bytes) {
        vectors_.emplace_back(name, base::to_hex(bytes));
    }

    void add_keys() {
        const auto derived = [this](std::string_view use) {
            return crypto::hkdf_sha256(root_.view(), base::as_bytes(kVaultId), use);
        };
        const crypto::Key id_key = derived("holdfast 1 chunk id");
        add("chunk id key", id_key.view());
        add("header key", derived("holdfast 1 header").view());
        add("key wrap key", derived("holdfast 1 key wrap").view());
        add("objects key", derived("holdfast 1 objects").view());
        const ByteView chunk = base::as_bytes("hello, vault");
        add("id of the chunk \"hello, vault\"", keys_.chunk_id(chunk).view());
        const auto mac = crypto::hmac_sha256(id_key.view(), chunk);
        EXPECT_EQ(base::to_hex(mac).substr(0, 32), keys_.chunk_id(chunk).hex());
    }

    void add_header() {
        VaultHeader header;
        header.vault_id = kVaultId;
        add("header", encode_header(header, keys_));
    }

    void add_key_wraps() {
        KeyWrapRecord record;
        record.id = "0123456789abcdef";
        record.vault_id = kVaultId;
        record.label = "first key";
        record.created_at = time_;
        record.kind = "key-file";
        Counting salt(0xb0);
        const crypto::KeyFileProtector key_file(key_from(0x20));
        record.wrapped = *key_file.wrap(root_, kVaultId, salt);
        add("wrapped root key, key-file", record.wrapped);
        add("key wrap, key-file", encode_key_wrap(record, keys_));
        Counting salts(0xc0);
        const crypto::PassphraseProtector passphrase("correct horse",
                                                     {.log2_n = 4, .r = 8, .p = 1});
        add("wrapped root key, passphrase", *passphrase.wrap(root_, kVaultId, salts));
    }

    void add_tombstone() {
        const std::string name = names::tombstone(point_);
        const Bytes plain = encode(TombstoneRecord{.created_at = time_, .reason = "expired"});
        add("tombstone, plain", plain);
        Counting salt(0xa0);
        const Bytes sealed = seal_object(keys_, ObjectType::Tombstone, name, plain, salt);
        const ByteView envelope = ByteView(sealed).first(kEnvelopeBytes);
        add("tombstone, object key",
            keys_.object_key(ObjectType::Tombstone, envelope.last(kSaltBytes)).view());
        add("tombstone, associated data", keys_.associated_data(ObjectType::Tombstone, name, 0));
        add("tombstone, sealed", sealed);
    }

    /// One frame of the chunks "hello, vault" and "".
    void add_pack() {
        const std::string name = fmt::format("packs/{}-{}", kPoint, std::string(32, '7'));
        const std::string_view plain = "hello, vault";
        Bytes coded;
        compress(base::as_bytes(plain), 1, coded);
        FrameInfo frame;
        frame.place = {.offset = kPackHeadBytes,
                       .sealed_bytes = static_cast<std::uint32_t>(coded.size() + crypto::kTagBytes),
                       .plain_bytes = static_cast<std::uint32_t>(plain.size())};
        frame.chunk_bytes = {static_cast<std::uint32_t>(plain.size()), 0};
        Bytes sealed(frame.place.sealed_bytes);
        FrameSealer(keys_, name).seal(0, coded, sealed);
        add("pack key", keys_.object_key(ObjectType::Pack, base::as_bytes(name)).view());
        add("frame, coded", coded);
        add("frame, sealed", sealed);
        Bytes pack = pack_head(keys_);
        base::append(pack, sealed);
        base::append(pack, seal_footer(keys_, name, {frame}));
        add("pack", pack);
    }

    void add_rows() {
        const ChunkId chunk = keys_.chunk_id(base::as_bytes("hello, vault"));
        RowBlock rows;
        rows.push_back({"apps/Deployment", chunk, base::to_bytes("x")});
        rows.push_back({"apps/Job", std::nullopt, {}});
        add("rows", encode_rows(rows));
    }

    crypto::Key root_ = key_from(0);
    VaultKeys keys_{root_, std::string(kVaultId), 16, 1};
    PointId point_ = *PointId::parse(kPoint);
    base::Time time_ = *base::from_rfc3339("2026-01-02T03:04:05.006Z");
    std::vector<std::pair<std::string, std::string>> vectors_;
};

TEST(FormatPage, HasTheVectorsThatThisCodeMakes) {
    const auto page =
        base::read_file(HOLDFAST_TEST_DATA "/../../docs/format/vault-v1.md", 1u << 20);
    ASSERT_TRUE(page) << page.error().message;
    const std::string vectors = Vectors().text();
    EXPECT_NE(page->find(vectors), std::string::npos)
        << "the section \"Test vectors\" of the page should say:\n"
        << vectors;
}

}  // namespace
}  // namespace holdfast::repo
