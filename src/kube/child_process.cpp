#include "kube/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <map>
#include <string_view>

#include "base/file.h"
#include "base/scope.h"

namespace holdfast::kube {
namespace {

constexpr int kPollMillis = 20;

/// A pipe of which the child gets the writing end.
struct Pipe {
    int reader = -1;
    int writer = -1;

    Pipe() = default;
    ~Pipe() {
        close_end(reader);
        close_end(writer);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    bool open() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
        reader = ends[0];
        writer = ends[1];
        return ::fcntl(reader, F_SETFL, O_NONBLOCK) == 0;
    }
    static void close_end(int& end) {
        if (end >= 0) ::close(end);
        end = -1;
    }
};

/// The inherited environment with the command's variables in place.
std::vector<std::string> environment_for(const ChildCommand& command) {
    std::map<std::string, std::string> merged;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos) continue;
        merged.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    for (const auto& [name, value] : command.variables) merged.insert_or_assign(name, value);
    std::vector<std::string> entries;
    for (const auto& [name, value] : merged) entries.push_back(name + "=" + value);
    return entries;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

Result<pid_t> spawn(const ChildCommand& command, const Pipe& output, const Pipe& errors) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    const base::Scope free_actions([&] { posix_spawn_file_actions_destroy(&actions); });
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output.writer, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, errors.writer, STDERR_FILENO);

    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    const base::Scope free_attributes([&] { posix_spawnattr_destroy(&attributes); });
    sigset_t none;
    sigemptyset(&none);
    sigset_t every;
    sigfillset(&every);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &every);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

    std::vector<std::string> words = {command.program};
    words.insert(words.end(), command.arguments.begin(), command.arguments.end());
    std::vector<std::string> variables = environment_for(command);
    pid_t child = 0;
    const int failed = ::posix_spawnp(&child, command.program.c_str(), &actions, &attributes,
                                      pointers_to(words).data(), pointers_to(variables).data());
    if (failed != 0) return std::unexpected(base::errno_error(failed, command.program));
    return child;
}

/// Appends what can be read now, up to `max` bytes in all; false at the end of the stream.
bool drain(int& reader, std::string& to, std::size_t max) {
    if (reader < 0) return false;
    std::array<char, 8192> part;
    while (true) {
        const ssize_t got = ::read(reader, part.data(), part.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno == EAGAIN;
        if (got == 0) {
            Pipe::close_end(reader);
            return false;
        }
        const std::size_t room = max - std::min(max, to.size());
        to.append(part.data(), std::min(room, static_cast<std::size_t>(got)));
    }
}

void await_output(const Pipe& output, const Pipe& errors) {
    // A negative descriptor is skipped, and then this only waits.
    std::array<pollfd, 2> streams = {pollfd{.fd = output.reader, .events = POLLIN, .revents = 0},
                                     pollfd{.fd = errors.reader, .events = POLLIN, .revents = 0}};
    ::poll(streams.data(), streams.size(), kPollMillis);
}

void kill_group(pid_t child) {
    ::kill(-child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
}

/// Whether the child has ended, and how. A child that somebody else has waited for ended unseen.
bool has_ended(pid_t child, ChildOutcome& outcome) {
    int status = 0;
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child && WIFEXITED(status)) outcome.exit_status = WEXITSTATUS(status);
    if (ended == child && WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
    return ended == child || (ended < 0 && errno == ECHILD);
}

}  // namespace

Result<ChildOutcome> run_child(const ChildCommand& command, base::Clock& clock,
                               std::stop_token stop) {
    Pipe output;
    Pipe errors;
    if (!output.open() || !errors.open()) {
        return std::unexpected(base::errno_error(errno, "opening a pipe"));
    }
    const pid_t child = TRY(spawn(command, output, errors));
    Pipe::close_end(output.writer);
    Pipe::close_end(errors.writer);
    base::Scope kill_what_is_left([&] { kill_group(child); });

    ChildOutcome outcome;
    const base::SteadyTime deadline = clock.steady_now() + command.timeout;
    while (true) {
        await_output(output, errors);
        // Asked before reading: what an ended child wrote is then all there to be read. A
        // grandchild that keeps the pipes open is not waited for.
        const bool ended = has_ended(child, outcome);
        drain(output.reader, outcome.output, command.max_output_bytes + 1);
        drain(errors.reader, outcome.errors, command.max_error_bytes);
        if (ended) kill_what_is_left.dismiss();
        if (outcome.output.size() > command.max_output_bytes) {
            return fail(ErrorCode::LimitExceeded, "{} wrote more than {} bytes", command.program,
                        command.max_output_bytes);
        }
        if (ended) return outcome;
        if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "stopped");
        if (clock.steady_now() >= deadline) {
            const auto seconds = std::chrono::ceil<std::chrono::seconds>(command.timeout);
            return fail(ErrorCode::Timeout, "{} did not end within {} s and was killed",
                        command.program, seconds.count());
        }
    }
}

}  // namespace holdfast::kube
