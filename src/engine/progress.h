#pragma once

#include <cstdint>
#include <string>

namespace holdfast::engine {

/// Where long work stands. Counts are of the current phase.
struct ProgressState {
    std::string phase;  ///< What is being done, such as "restoring"; shown to people.
    std::string item;   ///< What of it, such as a kind; may be empty.
    std::uint64_t done = 0;
    std::uint64_t total = 0;  ///< Zero while it is not known.
    std::uint64_t failed = 0;
};

/// Is told how long work advances: a few times a second at most, from any one thread at a time.
class Progress {
public:
    virtual ~Progress() = default;
    /// Must return quickly and must not call back.
    virtual void update(const ProgressState& state) = 0;
};

/// For callers that show nothing.
class SilentProgress final : public Progress {
public:
    void update(const ProgressState&) override {}
};

}  // namespace holdfast::engine
