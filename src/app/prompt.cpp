#include "app/prompt.h"

#include <termios.h>
#include <unistd.h>

#include <cstdio>

#include "base/scope.h"
#include "base/text.h"

namespace holdfast::app {

namespace {

constexpr int kMaxAnswerBytes = 4096;

std::string read_answer() {
    char buffer[kMaxAnswerBytes];
    if (std::fgets(buffer, sizeof buffer, stdin) == nullptr) return {};
    return std::string(base::trim(buffer));
}

}  // namespace

Result<bool> confirm(const Application& application, std::string_view question,
                     std::string_view instead) {
    if (!application.terminal.input_is_terminal)
        return fail(ErrorCode::InvalidArgument, "there is no terminal to ask on; {}", instead);
    fmt::print(stderr, "{} [y/N] ", question);
    std::string answer = base::to_lower(read_answer());
    return answer == "y" || answer == "yes";
}

Result<std::string> ask_secret(const Application& application, std::string_view question) {
    if (!application.terminal.input_is_terminal)
        return fail(ErrorCode::InvalidArgument,
                    "there is no terminal to ask for the passphrase on; use --passphrase-file");
    fmt::print(stderr, "{}", question);
    termios shown{};
    if (::tcgetattr(STDIN_FILENO, &shown) != 0)
        return fail(ErrorCode::Internal, "the terminal cannot hide what is typed");
    termios hidden = shown;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    base::Scope show([&] { ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown); });
    std::string answer = read_answer();
    fmt::print(stderr, "\n");
    return answer;
}

}  // namespace holdfast::app
