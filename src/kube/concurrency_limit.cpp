#include "kube/concurrency_limit.h"

#include <algorithm>
#include <chrono>

namespace holdfast::kube {
namespace {

/// Refusals of requests that were sent together count once.
constexpr base::Millis kRefusalWindow = std::chrono::milliseconds(500);
/// By how much the best latency is forgotten each round, as a server may become slower for good.
constexpr double kForget = 1.02;

}  // namespace

ConcurrencyLimit::ConcurrencyLimit(const Bounds& bounds, base::Clock& clock)
    : bounds_(bounds), clock_(clock), state_(State{.limit = bounds.first}) {}

Result<void> ConcurrencyLimit::begin(std::stop_token stop) {
    const bool began = state_.wait_and_update(
        stop, [](const State& state) { return state.in_flight < state.limit; },
        [](State& state) {
            ++state.in_flight;
            if (state.in_flight == state.limit) state.full = true;
        });
    if (!began) return fail(ErrorCode::Cancelled, "stopped");
    return {};
}

void ConcurrencyLimit::finish(Outcome outcome, base::Millis latency) {
    const base::SteadyTime now = clock_.steady_now();
    state_.update([&](State& state) {
        --state.in_flight;
        if (outcome == Outcome::Refused) {
            if (state.halved_at && now - *state.halved_at < kRefusalWindow) return;
            state.halved_at = now;
            state.limit = std::max(bounds_.least, state.limit / 2);
            state.answers = 0;
            state.latency_millis = 0;
            state.full = false;
        } else if (outcome == Outcome::Answered) {
            state.latency_millis += static_cast<double>(latency.count());
            if (++state.answers >= state.limit) end_round(state);
        }
    });
}

void ConcurrencyLimit::end_round(State& state) const {
    // A millisecond is added so that rounds too quick to be told apart compare as equal.
    const double mean = state.latency_millis / static_cast<double>(state.answers) + 1;
    state.best_millis = state.best_millis == 0 ? mean : std::min(mean, state.best_millis * kForget);
    const bool slow = bounds_.slowdown > 0 && mean > state.best_millis * bounds_.slowdown;
    if (slow) {
        state.limit = std::max(bounds_.least, state.limit - (state.limit + 7) / 8);
    } else if (state.full) {
        state.limit = std::min(bounds_.most, state.limit + 1);
    }
    state.answers = 0;
    state.latency_millis = 0;
    state.full = false;
}

std::size_t ConcurrencyLimit::limit() {
    return state_.update([](const State& state) { return state.limit; });
}

}  // namespace holdfast::kube
