#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/aead.h"
#include "repo/index_run.h"
#include "repo/vault_keys.h"

namespace holdfast::repo {

/// Builds one index run from packs, frames and chunks that come in the order of their ids.
class IndexRunBuilder {
public:
    /// `expected_entries` decides whether there is a filter and how large it is.
    IndexRunBuilder(const VaultKeys& keys, base::Random& random, std::size_t expected_entries);

    const std::string& name() const { return name_; }
    std::size_t entries() const { return footer_.entries; }
    /// Whether the footer has taken in about as many packs as it may: time for another run.
    bool is_full() const { return pack_bytes_ > kMaxIndexFooterBytes / 2; }

    std::uint32_t add_pack(PackEntry pack);
    std::uint32_t add_frame(const FrameEntry& frame);
    /// Ids ascend; equal ones mean that a chunk lies in several places.
    void add(const ChunkEntry& entry);

    /// Names runs whose entries this one holds, as far as they are still wanted.
    void supersede(std::vector<std::string> runs) { footer_.supersedes = std::move(runs); }

    /// LimitExceeded when the run has become so large that no reader would take it.
    Result<void> check() const;
    /// The run's bytes, to be put under name(). Call once.
    Bytes finish();

private:
    void flush_entries();
    std::uint32_t seal_part(ByteView plain, std::uint64_t ordinal);

    const VaultKeys& keys_;
    std::string name_;
    Bytes object_;
    crypto::Aead aead_;
    IndexRunFooter footer_;
    std::vector<ChunkEntry> block_;
    std::vector<FrameEntry> frames_;
    Bytes filter_;
    std::uint64_t ordinal_ = 0;
    std::size_t pack_bytes_ = 0;  // of the packs in the footer
};

}  // namespace holdfast::repo
