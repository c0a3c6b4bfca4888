#include "kube/backoff.h"

#include <algorithm>

namespace holdfast::kube {

base::Millis Backoff::delay(unsigned tries, base::Millis asked_for, base::Random& random) const {
    constexpr unsigned kMaxDoublings = 16;
    const base::Millis doubled = first * (1u << std::min(tries > 0 ? tries - 1 : 0, kMaxDoublings));
    const base::Millis longest = std::min(most, doubled);
    const auto half = static_cast<std::uint64_t>(longest.count() / 2);
    const base::Millis chosen(half + random.below(half + 1));
    // Those who were sent away together do not all return together.
    const base::Millis asked = std::min(asked_for, most_asked_for);
    if (asked <= chosen) return chosen;
    return asked + base::Millis(random.below(static_cast<std::uint64_t>(asked.count()) / 4 + 1));
}

}  // namespace holdfast::kube
