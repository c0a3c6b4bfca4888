#pragma once

#include <cstddef>
#include <optional>
#include <stop_token>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"

namespace holdfast::kube {

/// How many requests may be in flight at once, learned from how the server takes them: one more
/// after each round of answers while all places are used, half as many after a refusal for load
/// (429), and somewhat fewer while answers take many times as long as they can.
class ConcurrencyLimit {
public:
    struct Bounds {
        std::size_t first = 8;
        std::size_t least = 1;
        std::size_t most = 64;
        /// A round slower than the best by this factor has too many in flight; 0: never mind.
        double slowdown = 0;
    };
    enum class Outcome {
        Answered,
        Refused,  ///< 429
        Failed,   ///< no answer, which says nothing about load
    };

    ConcurrencyLimit(const Bounds& bounds, base::Clock& clock);

    /// A place for one request, held until finish(). Cancelled.
    Result<void> begin(std::stop_token stop);
    void finish(Outcome outcome, base::Millis latency);

    /// How many may be in flight now.
    std::size_t limit();

private:
    struct State {
        std::size_t limit = 0;
        std::size_t in_flight = 0;
        std::size_t answers = 0;  ///< of this round
        bool full = false;        ///< whether all places were used in this round
        double latency_millis = 0;
        double best_millis = 0;
        std::optional<base::SteadyTime> halved_at;
    };

    void end_round(State& state) const;

    Bounds bounds_;
    base::Clock& clock_;
    base::Guarded<State> state_;
};

}  // namespace holdfast::kube
