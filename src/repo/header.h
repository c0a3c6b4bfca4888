#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "repo/vault_keys.h"

namespace holdfast::repo {

/// Which features a vault uses, by how much a program must know of them. No bit is defined yet.
struct FeatureSets {
    std::uint64_t compatible = 0;            ///< may be ignored
    std::uint64_t read_only_compatible = 0;  ///< unknown: read, do not write
    std::uint64_t incompatible = 0;          ///< unknown: do not touch
};

/// What fixes a vault for good.
struct VaultHeader {
    std::uint16_t version = kFormatVersion;
    std::string vault_id;
    FeatureSets features;
    std::uint8_t chunk_id_bytes = 16;
    std::uint32_t key_epoch = 1;
    Bytes chunker;  ///< parameters of the file chunker; empty until files are stored
};

inline constexpr std::size_t kMaxHeaderBytes = 8192;

Bytes encode_header(const VaultHeader& header, const VaultKeys& keys);

/// Reads the structure without proving it: the vault's id is needed to unwrap the key that does.
/// Unsupported for another format version.
Result<VaultHeader> parse_header(ByteView bytes);

/// Corrupted unless the header was encoded under these keys.
Result<void> authenticate_header(ByteView bytes, const VaultKeys& keys);

/// Unsupported, in one sentence, for incompatible features that this program does not know.
Result<void> check_features(const FeatureSets& features);
bool must_not_write(const FeatureSets& features);

}  // namespace holdfast::repo
