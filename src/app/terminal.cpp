#include "app/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace holdfast::app {

Terminal Terminal::of_this_process() {
    Terminal terminal;
    terminal.output_is_terminal = ::isatty(STDOUT_FILENO) == 1;
    terminal.error_is_terminal = ::isatty(STDERR_FILENO) == 1;
    terminal.input_is_terminal = ::isatty(STDIN_FILENO) == 1;
    const char* no_color = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): at start
    terminal.colors = terminal.output_is_terminal && (no_color == nullptr || *no_color == '\0');
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        terminal.columns = size.ws_col;
    return terminal;
}

std::string Terminal::paint(Color color, std::string_view text) const {
    if (!colors) return std::string(text);
    int code = 0;
    switch (color) {
        case Color::Red:
            code = 31;
            break;
        case Color::Green:
            code = 32;
            break;
        case Color::Yellow:
            code = 33;
            break;
        case Color::Dim:
            code = 2;
            break;
        case Color::Bold:
            code = 1;
            break;
    }
    return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

std::string printable(std::string_view text) {
    std::string shown;
    for (char c : text) {
        auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte != 0x7f) {
            shown.push_back(c);
        } else if (c == '\n' || c == '\t') {
            shown.push_back(' ');
        } else {
            shown += fmt::format("\\x{:02x}", byte);
        }
    }
    return shown;
}

}  // namespace holdfast::app
