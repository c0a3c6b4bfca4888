#pragma once

#include <cstdint>
#include <string>

#include "repo/protocol.h"

namespace holdfast::sim {

struct VaultSimResult {
    std::string complaint;      ///< empty: all is well
    std::uint64_t points = 0;   ///< committed
    std::uint64_t deaths = 0;   ///< of actors
    std::uint64_t aborted = 0;  ///< commits that a collector forestalled
    std::uint64_t packs_deleted = 0;
    std::uint64_t packs_moved = 0;
    std::uint64_t packs_spared = 0;
};

/// One history of a vault: writers, deletions and collections at once, any of which may be killed
/// at any call; everything is decided by the seed. Afterwards every point that was committed and
/// not deleted reads back as it was written, verify finds nothing, and one more collection leaves
/// no garbage; otherwise there is a complaint.
VaultSimResult simulate_vault(std::uint64_t seed, repo::ProtocolSteps skipped = {});

}  // namespace holdfast::sim
