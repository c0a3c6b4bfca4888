#pragma once

#include <string>
#include <string_view>

namespace holdfast::app {

enum class Color { Red, Green, Yellow, Dim, Bold };

/// What the process is connected to. Read once at start.
struct Terminal {
    bool output_is_terminal = false;  ///< standard output
    bool error_is_terminal = false;   ///< standard error
    bool input_is_terminal = false;
    bool colors = false;  ///< a terminal, and NO_COLOR is not set (no-color.org)
    std::size_t columns = 80;

    static Terminal of_this_process();

    /// The text in that colour where colours are wanted.
    std::string paint(Color color, std::string_view text) const;
};

/// Bytes of foreign text that could move the cursor or hide something, made visible.
std::string printable(std::string_view text);

}  // namespace holdfast::app
