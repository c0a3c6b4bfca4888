#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "repo/ids.h"
#include "repo/protocol.h"
#include "repo/report.h"

namespace holdfast::repo {

class Repository;

inline constexpr std::size_t kMaxCollectNotes = 1000;

struct CollectOptions {
    /// Find out and report, change nothing.
    bool dry_run = false;
    /// A backup that never ended and has stored nothing for this long, by the store's own time, is
    /// declared dead. When that was wrong it cannot commit any more, but nothing else is harmed.
    /// Zero: at once, for a person who knows that nothing else runs.
    std::chrono::seconds abort_idle_for = std::chrono::days(7);
    /// A pack of which a larger share of bytes is garbage gives its live chunks to a new pack.
    unsigned max_dead_percent = 25;
    std::size_t pack_bytes = 32u << 20;  ///< of the packs that live chunks move to
    std::size_t frame_bytes = 1u << 20;
    /// Steps of the protocol to leave out. Tests only: it loses data.
    ProtocolSteps skipped_steps = {};
};

/// A writing session that has neither ended nor been declared dead.
struct UnfinishedSession {
    PointId id;
    std::chrono::seconds idle_for{0};
    std::uint64_t stored_bytes = 0;
};

/// What a collection did, or, dry, would do.
struct CollectReport {
    bool dry_run = false;
    std::uint64_t points = 0;  ///< live ones, whose every chunk stays
    std::uint64_t chunks_needed = 0;
    std::uint64_t packs_kept = 0;
    std::uint64_t packs_moved = 0;    ///< partly dead: live chunks copied, then deleted
    std::uint64_t packs_deleted = 0;  ///< moved ones included
    std::uint64_t packs_spared = 0;   ///< condemned, then found to be needed after all
    std::uint64_t bytes_freed = 0;    ///< of everything deleted
    std::uint64_t bytes_moved = 0;    ///< plain bytes of copied chunks
    std::uint64_t objects_deleted = 0;
    std::vector<PointId> aborted;               ///< sessions declared dead
    std::vector<UnfinishedSession> unfinished;  ///< sessions left alone, with all they stored
    std::vector<std::string> notes;             ///< reasons in words, at most kMaxCollectNotes
};

/// Frees what no live point needs. May run beside writers, other collections and deletions of
/// points, in other processes too, and may be killed at any moment: the vault stays whole, and the
/// next collection finishes the work. docs/adr/0002-collecting-without-clocks.md says why.
///
/// Corrupted, before anything is deleted, when the vault is damaged where it matters or the store's
/// lists contradict what it holds; Conflict when others kept changing the vault.
Result<CollectReport> collect(Repository& repository, const CollectOptions& options,
                              const ProgressCallback& progress = {}, std::stop_token stop = {});

}  // namespace holdfast::repo
