#include "repo/names.h"

#include <gtest/gtest.h>

#include "crypto/secret.h"
#include "repo/fake_vault.h"
#include "repo/header.h"
#include "repo/records.h"
#include "repo/vault_keys.h"

namespace holdfast::repo {
namespace {

const std::string kId(32, 'a');
const std::string kOther(32, '0');

TEST(Names, KnowsTheNamesThatItGives) {
    base::SeededRandom random(1);
    const PointId id = PointId::random(random);
    for (const std::string& name :
         {names::pack(id, random), names::index_run(random), names::condemned(random),
          names::manifest(id), names::point(id), names::tombstone(id), names::writer_record(id, 0),
          names::writer_record(id, 1234567), names::key_wrap("0123456789abcdef", 0),
          names::key_wrap("0123456789abcdef", 1)})
        EXPECT_TRUE(names::is_well_formed(name)) << name;
    EXPECT_EQ(names::writer_of_pack(names::pack(id, random)), id);
    EXPECT_EQ(names::writer_of_record(names::writer_record(id, 7)), id);
    EXPECT_EQ(names::record_name(names::writer_record(id, 70))->number, 70u);
    EXPECT_EQ(names::point_of(names::tombstone(id), names::kTombstones), id);
    EXPECT_EQ(names::wrap_of("keys/0123456789abcdef.b"), "0123456789abcdef");
}

TEST(Names, KnowsNoOthers) {
    for (const std::string& name : {std::string("packs/README"),
                                    "packs/" + kId,
                                    "packs/" + kId + "-" + kOther + "0",
                                    "packs/" + kId + "_" + kOther,
                                    "packs/" + std::string(32, 'g') + "-" + kOther,
                                    "packs/" + kId + "-" + std::string(32, 'A'),
                                    "index/" + kId + ".tmp",
                                    std::string("index/x"),
                                    std::string("points/foo"),
                                    "points/" + kId + "0",
                                    std::string("manifests/"),
                                    "tombstones/" + kId.substr(1),
                                    std::string("writers/x"),
                                    "writers/" + kId,
                                    "writers/" + kId + ".",
                                    "writers/" + kId + ".01",
                                    "writers/" + kId + ".x",
                                    "writers/" + kId + ".99999999999999999999",
                                    std::string("writers/.1"),
                                    "condemned/" + kId + "a",
                                    std::string("keys/0123456789abcdef"),
                                    std::string("keys/0123456789abcdef.c"),
                                    std::string("keys/.a"),
                                    std::string("other/x")})
        EXPECT_FALSE(names::is_well_formed(name)) << name;
}

/// Who reads a vault branches on that: an argument of the caller is no damage.
TEST(Names, AnswersCorruptedForNamesThatWereRead) {
    const std::string bad(32, 'g');
    EXPECT_EQ(names::writer_of_pack("packs/" + bad + "-" + kOther).error().code,
              ErrorCode::Corrupted);
    EXPECT_EQ(names::writer_of_record("writers/" + bad + ".0").error().code, ErrorCode::Corrupted);
    EXPECT_EQ(names::point_of("points/" + bad, names::kPoints).error().code, ErrorCode::Corrupted);
}

TEST(Names, AnswersCorruptedForIdsInRecordsAndHeaders) {
    ManifestRecord manifest;
    manifest.runs.resize(1);  // the empty id of a run that is none
    EXPECT_EQ(parse_manifest_record(encode(manifest)).error().code, ErrorCode::Corrupted);
    TestVault vault;
    VaultHeader header;
    header.vault_id = std::string(32, 'g');
    const VaultKeys keys(crypto::Key::random(vault.random), kId, 16, 1);
    EXPECT_EQ(parse_header(encode_header(header, keys)).error().code, ErrorCode::Corrupted);
}

}  // namespace
}  // namespace holdfast::repo
