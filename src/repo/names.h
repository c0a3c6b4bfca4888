#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "repo/ids.h"

namespace holdfast::repo {

/// What a sealed object is; part of its key and of its associated data.
enum class ObjectType : std::uint8_t {
    Pack = 1,
    IndexRun = 2,
    Manifest = 3,
    Point = 4,
    Tombstone = 5,
    WriterRecord = 6,
    Condemned = 7,
};

/// The names of a vault's objects; docs/format/vault-v1.md has the table.
namespace names {

inline constexpr std::string_view kHeaders[] = {"header.a", "header.b"};
inline constexpr std::string_view kCopySuffixes[] = {".a", ".b"};
inline constexpr std::string_view kKeys = "keys/";
inline constexpr std::string_view kPacks = "packs/";
inline constexpr std::string_view kIndexRuns = "index/";
inline constexpr std::string_view kManifests = "manifests/";
inline constexpr std::string_view kPoints = "points/";
inline constexpr std::string_view kTombstones = "tombstones/";
inline constexpr std::string_view kWriters = "writers/";
inline constexpr std::string_view kCondemned = "condemned/";

/// 32 random hexadecimal digits.
std::string random_part(base::Random& random);

std::string pack(const PointId& writer, base::Random& random);
std::string index_run(base::Random& random);
std::string condemned(base::Random& random);
std::string manifest(const PointId& point);
std::string point(const PointId& point);
std::string tombstone(const PointId& point);
std::string writer_record(const PointId& writer, std::uint64_t number);
std::string key_wrap(std::string_view wrap_id, std::size_t copy);

/// Whether an object of that name may lie in one of the folders above. Other names are never given
/// by Holdfast.
bool is_well_formed(std::string_view name);

/// The session that wrote a pack, from the pack's name. Corrupted for any other name, as below.
Result<PointId> writer_of_pack(std::string_view pack);
/// A "writers/…" name: which session, and which of its records.
struct RecordName {
    PointId writer;
    std::uint64_t number = 0;
};
Result<RecordName> record_name(std::string_view record);
/// The session of a "writers/…" name.
Result<PointId> writer_of_record(std::string_view record);
/// The point of a name below kManifests, kPoints or kTombstones, given that prefix.
Result<PointId> point_of(std::string_view name, std::string_view prefix);
/// The id of a key wrap, from the well-formed name of one of its copies.
std::string wrap_of(std::string_view name);

}  // namespace names
}  // namespace holdfast::repo
