#pragma once

#include <chrono>

#include "base/clock.h"
#include "base/random.h"

namespace holdfast::kube {

/// Waiting times between tries: doubled each time, with jitter, and never shorter than asked for.
struct Backoff {
    base::Millis first = std::chrono::milliseconds(100);
    base::Millis most = std::chrono::seconds(5);
    base::Millis most_asked_for = std::chrono::seconds(30);

    /// How long to wait before try number `tries` + 1; `asked_for` is the server's Retry-After.
    base::Millis delay(unsigned tries, base::Millis asked_for, base::Random& random) const;
};

}  // namespace holdfast::kube
