#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "repo/ids.h"

namespace holdfast::repo {

/// One row as it was written, and as it must be read for ever.
struct GoldenRow {
    std::string key;
    std::string attributes;
    ChunkId chunk;
    std::string bytes;
};

struct GoldenPoint {
    PointId id;
    std::string summary;
    std::string manifest;
    std::size_t runs = 0;
    std::vector<GoldenRow> rows;
};

/// A small vault in which every kind of object of format version 1 occurs: live points over a base,
/// one with a row that is gone; a deleted point; a session that a collector declared dead and one
/// of the collector's own; the condemned record of a collection that was killed in the middle; a
/// writer record; keys of both kinds. Everything in it follows from a seed.
struct GoldenVault {
    std::string vault_id;
    std::map<std::string, Bytes> objects;  ///< by their names in the vault
    std::string key_file;                  ///< the text of the key file that opens it
    std::string passphrase;                ///< that opens it, too
    std::vector<GoldenPoint> points;       ///< live ones, by id
    PointId deleted;
    PointId aborted;

    /// What expected.json says.
    std::string expected_json() const;
};

/// Writes it anew, the same bytes each time as long as the format, what the writer makes of it and
/// zstd stay the same.
GoldenVault make_golden_vault();

/// Where the kept one lies, from the repository's root on.
inline constexpr std::string_view kGoldenFolder = "/golden/vault-v1";

/// Whether kept files are to be written anew instead of compared: HOLDFAST_REWRITE_GOLDEN=1.
bool rewrites_golden_files();

/// Every file below a folder, by its path from there.
std::map<std::string, Bytes> read_files(const std::string& folder);
/// Makes these the only files below the folder whose names begin with `prefix`.
void write_files(const std::string& folder, const std::map<std::string, Bytes>& files,
                 std::string_view prefix = "");

}  // namespace holdfast::repo
