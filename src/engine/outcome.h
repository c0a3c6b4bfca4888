#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/object_row.h"

namespace holdfast::engine {

/// What became of one object of a restore.
enum class Outcome {
    Pending,  ///< Planned, and not yet done when the restore ended or was asked.
    Created,
    Unchanged,  ///< It was already there, and as it should be.
    Skipped,    ///< Left alone on purpose; the reason says why.
    Updated,
    Recreated,
    Failed,
};
inline constexpr std::size_t kOutcomeCount = 7;

/// Lower case, such as "created".
std::string_view name_of(Outcome outcome);
std::optional<Outcome> parse_outcome(std::string_view name);

struct ObjectOutcome {
    ObjectKey object;  ///< As it is in the target.
    Outcome outcome = Outcome::Pending;
    std::string reason;  ///< Why skipped or failed (the server's words); empty otherwise.
    std::vector<std::string> notes;  ///< What else a person should know, such as a dropped owner.
    bool volume_empty = false;       ///< A claim that was created without its data.
};

struct OutcomeCounts {
    std::array<std::uint64_t, kOutcomeCount> by_outcome{};
    std::uint64_t volumes_empty = 0;

    std::uint64_t& operator[](Outcome outcome) {
        return by_outcome[static_cast<std::size_t>(outcome)];
    }
    std::uint64_t operator[](Outcome outcome) const {
        return by_outcome[static_cast<std::size_t>(outcome)];
    }
    std::uint64_t total() const;
};

}  // namespace holdfast::engine
