// Vault headers: what parses is what was encoded, and a vault under any authentic header is opened
// or refused.
#include <algorithm>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "crypto/key_protector.h"
#include "repo/header.h"
#include "repo/names.h"
#include "repo/repository.h"
#include "repo/vault_keys.h"
#include "tests/fuzz/vault_input.h"

namespace holdfast::repo::fuzz {
namespace {

void check_round_trip(const VaultHeader& header, ByteView bytes) {
    const VaultKeys keys(fixed_key(), header.vault_id, header.chunk_id_bytes, header.key_epoch);
    const Bytes again = encode_header(header, keys);
    require(authenticate_header(again, keys).has_value(), "an encoded header is authentic");
    require(!authenticate_header(bytes, keys) || std::ranges::equal(again, bytes),
            "an authentic header is what its fields encode to");
    const auto parsed = parse_header(again);
    require(parsed && encode_header(*parsed, keys) == again, "a header survives encoding");
    (void)check_features(header.features);
}

/// A vault whose key vouches for the header, though it says anything.
void check_vault(const VaultHeader& header) {
    static FuzzVault vault;
    const VaultKeys keys(vault.keys->root(), header.vault_id, header.chunk_id_bytes,
                         header.key_epoch);
    const Bytes bytes = encode_header(header, keys);
    for (const std::string_view name : names::kHeaders) vault.plant(name, bytes);
    const crypto::RootKeyProtector protector(vault.keys->root());
    auto repository = Repository::open(vault.store, protector, vault.environment);
    require(repository.has_value() == check_features(header.features).has_value(),
            "only features keep an authentic vault shut");
    if (repository) {
        (void)(*repository)->points();
        (void)(*repository)->verify({.read_data_percent = 100});
        require((*repository)->begin().has_value() != must_not_write(header.features),
                "unknown read-only features forbid writing");
    }
    vault.put_back();
}

}  // namespace
}  // namespace holdfast::repo::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace holdfast;
    if (size > repo::fuzz::kMaxInput) return 0;
    const ByteView input = std::as_bytes(std::span(bytes, size));
    const auto header = repo::parse_header(input);
    if (!header) return 0;
    repo::fuzz::check_round_trip(*header, input);
    repo::fuzz::check_vault(*header);
    return 0;
}
