// Key wraps, under a checksum and a MAC that fit, and the texts of key files.
#include <algorithm>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/codec.h"
#include "crypto/key_protector.h"
#include "crypto/mac.h"
#include "repo/key_wrap.h"
#include "repo/names.h"
#include "repo/repository.h"
#include "tests/fuzz/vault_input.h"

namespace holdfast::repo::fuzz {
namespace {

constexpr std::string_view kWrapId = "0000000000000000";

/// What the parser sees of a wrap is guarded by a checksum: appends room for the MAC, and it.
Bytes with_checksum(ByteView body) {
    Bytes bytes = base::to_bytes(body);
    bytes.resize(bytes.size() + 32, std::byte{0});
    const auto digest = crypto::sha256(bytes);
    base::append(bytes, ByteView(digest).first(8));
    return bytes;
}

/// A scrypt cost read from a wrap may rightly ask for 512 MiB; not a thousand times a second.
bool is_cheap(const KeyWrapRecord& record) {
    base::ByteReader reader(record.wrapped);
    const auto log2_n = reader.u8();
    const auto r = reader.u32();
    const auto p = reader.u32();
    return !log2_n || !r || !p || *log2_n > 24 || *r > 64 || *p > 16 ||
           (*log2_n <= 6 && *r <= 8 && *p <= 2);
}

void check_record(const KeyWrapRecord& record) {
    static FuzzVault vault;
    const Bytes bytes = encode_key_wrap(record, *vault.keys);
    require(authenticate_key_wrap(bytes, *vault.keys).has_value(), "an encoded wrap is authentic");
    const auto parsed = parse_key_wrap(bytes);
    require(parsed && encode_key_wrap(*parsed, *vault.keys) == bytes, "a wrap survives encoding");
    const crypto::KeyFileProtector key_file(fixed_key());
    (void)key_file.unwrap(record.wrapped, record.vault_id);
    if (is_cheap(record))
        (void)crypto::PassphraseProtector("a passphrase").unwrap(record.wrapped, record.vault_id);

    // Beside the vault's own wrap, under a name that sorts before it: as what it says it is, and as
    // the wrap of that name.
    for (const std::string_view suffix : names::kCopySuffixes)
        vault.plant(fmt::format("keys/{}{}", kWrapId, suffix), bytes);
    require(Repository::open(vault.store, key_file, vault.environment).has_value(),
            "a wrap under another's name does not keep the vault shut");
    KeyWrapRecord named = record;
    named.id = kWrapId;
    for (const std::string_view suffix : names::kCopySuffixes)
        vault.plant(fmt::format("keys/{}{}", kWrapId, suffix), encode_key_wrap(named, *vault.keys));
    const auto repository = Repository::open(vault.store, key_file, vault.environment);
    require(repository.has_value(), "another wrap does not keep the vault shut");
    (void)(*repository)->keys();
    (void)(*repository)->verify({});
    (void)(*repository)->repair();
    (void)(*repository)->remove_key(record.id);
    vault.put_back();
}

void check_key_text(std::string_view text) {
    if (const auto key = crypto::KeyFileProtector::from_text(text)) {
        const auto again =
            crypto::KeyFileProtector::from_text(crypto::KeyFileProtector::to_text(*key));
        require(again && std::ranges::equal(again->view(), key->view()), "a key survives its text");
    }
    (void)crypto::RootKeyProtector::from_text(text);
}

}  // namespace
}  // namespace holdfast::repo::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace holdfast;
    if (size > repo::fuzz::kMaxInput) return 0;
    const ByteView input = std::as_bytes(std::span(bytes, size));
    (void)repo::parse_key_wrap(input);
    repo::fuzz::check_key_text(base::as_text(input));
    const auto record = repo::parse_key_wrap(repo::fuzz::with_checksum(input));
    if (record) repo::fuzz::check_record(*record);
    return 0;
}
