#include <algorithm>
#include <span>
#include <string>

// The records of a vault. The first byte says which, and how to read it through a vault, if at all.
#include "base/bytes.h"
#include "crypto/mac.h"
#include "repo/ids.h"
#include "repo/names.h"
#include "repo/records.h"
#include "repo/sealed_object.h"
#include "tests/fuzz/vault_input.h"

namespace holdfast::repo::fuzz {
namespace {

constexpr unsigned kKinds = 5;
constexpr unsigned kWays = 6;

template <class Parse>
void check_round_trip(ByteView plain, Parse parse) {
    const auto record = parse(plain);
    if (!record) return;
    const Bytes encoded = encode(*record);
    const auto again = parse(encoded);
    require(again && encode(*again) == encoded, "a record survives encoding");
}

/// An object of the vault with these plain bytes.
Bytes plant(FuzzVault& vault, ObjectType type, const std::string& name, ByteView plain) {
    const Bytes sealed = vault.seal(type, name, plain);
    vault.plant(name, sealed);
    const auto opened = open_object(*vault.keys, type, name, sealed, plain.size());
    require(opened && std::ranges::equal(*opened, plain), "what was sealed can be opened");
    return sealed;
}

/// A manifest that its point vouches for.
void plant_point(FuzzVault& vault, const PointId& id, ByteView manifest) {
    const Bytes sealed = plant(vault, ObjectType::Manifest, names::manifest(id), manifest);
    PointRecord record;
    record.manifest_digest = crypto::sha256(sealed);
    plant(vault, ObjectType::Point, names::point(id), encode(record));
}

void read_through_vault(unsigned kind, unsigned choice, ByteView plain) {
    static FuzzVault vault;
    const PointId id = PointId::random(vault.random);
    if (kind == 0) plant(vault, ObjectType::Point, names::point(id), plain);
    if (kind == 1) plant_point(vault, id, plain);
    if (kind == 2) plant(vault, ObjectType::Tombstone, names::tombstone(vault.point), plain);
    if (kind == 3) plant(vault, ObjectType::WriterRecord, names::writer_record(id, 0), plain);
    if (kind == 4) plant(vault, ObjectType::Condemned, names::condemned(vault.random), plain);
    vault.look(choice);
    auto repository = vault.open();
    (void)repository->point(id);
    (void)repository->visit_chunks(id, [](const ChunkId&) { return Result<void>(); });
    if (auto writer = repository->begin({.base = id})) (void)(*writer)->commit({});
    (void)repository->delete_point(id, "fuzz");
    vault.put_back();
}

}  // namespace
}  // namespace holdfast::repo::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace holdfast;
    if (size == 0 || size > repo::fuzz::kMaxInput) return 0;
    const ByteView plain = std::as_bytes(std::span(bytes, size)).subspan(1);
    const unsigned kind = bytes[0] % repo::fuzz::kKinds;
    const unsigned way = bytes[0] / repo::fuzz::kKinds % repo::fuzz::kWays;
    if (kind == 0) repo::fuzz::check_round_trip(plain, repo::parse_point_record);
    if (kind == 1) repo::fuzz::check_round_trip(plain, repo::parse_manifest_record);
    if (kind == 2) repo::fuzz::check_round_trip(plain, repo::parse_tombstone_record);
    if (kind >= 3) repo::fuzz::check_round_trip(plain, repo::parse_pack_list_record);
    if (way > 0) repo::fuzz::read_through_vault(kind, way - 1, plain);
    return 0;
}
