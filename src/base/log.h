#pragma once

#include <fmt/core.h>

#include <string_view>
#include <utility>

namespace holdfast::base::log {

enum class Level { Debug, Info, Warning, Error };

/// Where and how log lines are written. Lines are JSON objects with time, level and text.
struct Options {
    Level level = Level::Warning;
    bool json = false;
};

/// Sets the process's log up on standard error. Call once, before threads start.
void configure(const Options& options);

/// Writes one line. Never pass a secret: nothing is filtered here.
void write(Level level, std::string_view text);

template <class... Args>
void debug(fmt::format_string<Args...> text, Args&&... args) {
    write(Level::Debug, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> text, Args&&... args) {
    write(Level::Info, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void warning(fmt::format_string<Args...> text, Args&&... args) {
    write(Level::Warning, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> text, Args&&... args) {
    write(Level::Error, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace holdfast::base::log
