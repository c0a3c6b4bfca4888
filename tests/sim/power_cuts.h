#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/sim/memory_files.h"
#include "tests/sim/recording_files.h"

namespace holdfast::sim {

/// Which of the many states that a power cut can leave are looked at. At every moment: all
/// unsynced changes kept, all lost, each one alone lost, each alone kept, each write torn (its
/// first half, or zeros), and some random subsets.
struct CutPlan {
    std::uint64_t seed = 1;
    std::size_t random_subsets = 4;
    /// Look at every `stride`-th moment only, and at every note.
    std::size_t stride = 1;
    /// Names below this folder are taken to be on the disk at once: those of temporary files, which
    /// nobody ever syncs, would only multiply the states.
    std::string settled_folder = {};
};

/// A disk as a power cut left it.
struct CutState {
    Disk disk;
    std::vector<std::string> promises;  ///< the notes before the cut
    std::string story;                  ///< which cut it was, for a person
};

/// Calls `check` with every planned state until it returns false; returns how many there were.
///
/// The model is stricter than common file systems: a written byte survives only if its file was
/// synced after the write, a directory entry (made, linked, unlinked) only if its directory was
/// synced afterwards; everything else may be lost or kept independently of each other.
std::size_t each_power_cut(const Trace& trace, const CutPlan& plan,
                           const std::function<bool(CutState)>& check);

}  // namespace holdfast::sim
