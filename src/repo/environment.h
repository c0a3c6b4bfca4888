#pragma once

#include <cstddef>
#include <string>

#include "base/clock.h"
#include "base/random.h"

namespace holdfast::repo {

/// Upper bounds of what a Repository keeps in memory, whatever the vault's size.
struct MemoryLimits {
    std::size_t frame_cache_bytes = 16u << 20;  ///< decoded frames kept for read_chunk
    std::size_t index_cache_bytes = 16u << 20;  ///< decoded index blocks
};

/// What a Repository needs of the world around it. Clock and random outlive the Repository.
struct Environment {
    base::Clock& clock;
    base::Random& random;
    /// Where index runs are kept between processes; empty: nowhere. A cache is checked when it is
    /// read and never decides what is deleted; removing it at any time is harmless.
    std::string cache_dir = {};
    /// Threads for compressing, sealing, uploading and verifying; 0 does everything on the
    /// caller's thread, in a reproducible order.
    std::size_t threads = 2;
    MemoryLimits memory = {};
};

}  // namespace holdfast::repo
