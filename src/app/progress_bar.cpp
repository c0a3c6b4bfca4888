#include "app/progress_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace holdfast::app {

namespace {

constexpr base::Millis kPlainInterval = std::chrono::seconds(5);
constexpr std::size_t kBarCells = 20;

std::string duration(std::uint64_t seconds) {
    if (seconds < 60) return fmt::format("{} s", seconds);
    if (seconds < 3600) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
    return fmt::format("{} h {:02} min", seconds / 3600, seconds / 60 % 60);
}

}  // namespace

ProgressBar::ProgressBar(const Terminal& terminal, base::Clock& clock)
    : terminal_(terminal), clock_(clock), started_(clock.steady_now()), told_(started_) {}

ProgressBar::~ProgressBar() {
    hide();
}

void ProgressBar::hide() {
    if (drawn_.exchange(false)) fmt::print(stderr, "\r\x1b[K");
}

std::string ProgressBar::line(const engine::ProgressState& state, base::Millis elapsed,
                              std::size_t columns) {
    std::string text = state.phase;
    std::uint64_t total = std::max(state.total, state.done);
    if (state.total > 0) {
        std::size_t filled = state.done * kBarCells / total;
        text += fmt::format(" [{}{}] {:3}%", std::string(filled, '#'),
                            std::string(kBarCells - filled, '.'), state.done * 100 / total);
        text += fmt::format(" {}/{}", state.done, total);
    } else {
        text += fmt::format(" {}", state.done);
    }
    auto seconds = std::max<double>(static_cast<double>(elapsed.count()) / 1000.0, 0.001);
    double rate = static_cast<double>(state.done) / seconds;
    text += fmt::format(", {:.0f}/s", rate);
    if (state.total > 0 && rate > 0)
        text += fmt::format(
            ", {} left",
            duration(static_cast<std::uint64_t>(static_cast<double>(total - state.done) / rate)));
    if (state.failed > 0) text += fmt::format(", {} failed", state.failed);
    if (!state.item.empty()) text += fmt::format(", {}", state.item);
    if (text.size() > columns) text.resize(columns);
    return text;
}

void ProgressBar::update(const engine::ProgressState& state) {
    base::SteadyTime now = clock_.steady_now();
    bool new_phase = phase_ != state.phase;
    if (new_phase) {
        phase_ = state.phase;
        started_ = now;
    }
    auto elapsed = std::chrono::duration_cast<base::Millis>(now - started_);
    if (terminal_.error_is_terminal) {
        fmt::print(stderr, "\r{}\x1b[K",
                   line(state, elapsed, std::max<std::size_t>(terminal_.columns, 20) - 1));
        drawn_ = true;
    } else if (now - told_ >= kPlainInterval) {
        told_ = now;
        fmt::print(stderr, "{}\n", line(state, elapsed, 200));
    }
}

}  // namespace holdfast::app
