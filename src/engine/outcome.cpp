#include "engine/outcome.h"

#include <numeric>

namespace holdfast::engine {

namespace {

constexpr std::array<std::string_view, kOutcomeCount> kNames = {
    "pending", "created", "unchanged", "skipped", "updated", "recreated", "failed"};

}  // namespace

std::string_view name_of(Outcome outcome) {
    return kNames[static_cast<std::size_t>(outcome)];
}

std::optional<Outcome> parse_outcome(std::string_view name) {
    for (std::size_t i = 0; i < kNames.size(); ++i)
        if (kNames[i] == name) return static_cast<Outcome>(i);
    return std::nullopt;
}

std::uint64_t OutcomeCounts::total() const {
    return std::accumulate(by_outcome.begin(), by_outcome.end(), std::uint64_t{0});
}

}  // namespace holdfast::engine
