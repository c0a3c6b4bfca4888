#pragma once

#include <atomic>
#include <string>

#include "app/terminal.h"
#include "base/clock.h"
#include "engine/progress.h"

namespace holdfast::app {

/// Shows long work on standard error: one line that is redrawn on a terminal, else a plain line
/// now and then. Nothing for work that is over at once.
class ProgressBar final : public engine::Progress {
public:
    ProgressBar(const Terminal& terminal, base::Clock& clock);
    /// Takes the drawn line away.
    ~ProgressBar() override;

    void update(const engine::ProgressState& state) override;
    /// Takes the drawn line away until the next update, so that other lines can be printed. Any
    /// thread may call it.
    void hide();

    /// The line for a state after that much time, without control characters.
    static std::string line(const engine::ProgressState& state, base::Millis elapsed,
                            std::size_t columns);

private:
    const Terminal& terminal_;
    base::Clock& clock_;
    base::SteadyTime started_;
    base::SteadyTime told_;
    std::string phase_;
    std::atomic<bool> drawn_ = false;
};

}  // namespace holdfast::app
