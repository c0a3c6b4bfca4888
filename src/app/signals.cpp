#include "app/signals.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>

namespace holdfast::app {

namespace {

constexpr int kInterrupted = 130;
/// Ends the watcher itself.
constexpr int kGoodbye = SIGUSR1;

sigset_t watched_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (int signal : {SIGINT, SIGTERM, kGoodbye}) sigaddset(&set, signal);
    return set;
}

void watch(std::stop_source stop) {
    sigset_t set = watched_signals();
    while (true) {
        int signal = 0;
        if (sigwait(&set, &signal) != 0) continue;
        if (signal == kGoodbye) return;
        if (stop.stop_requested()) ::_exit(kInterrupted);
        constexpr char kWords[] = "\nStopping; once more to stop at once.\n";
        (void)!::write(STDERR_FILENO, kWords, sizeof kWords - 1);
        stop.request_stop();
    }
}

}  // namespace

SignalWatcher::SignalWatcher(std::stop_source& stop) {
    sigset_t set = watched_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    // A reader that closed our pipe is found out by the failing write.
    std::signal(SIGPIPE, SIG_IGN);
    // So is a limit on the size of files.
    std::signal(SIGXFSZ, SIG_IGN);
    thread_ = std::jthread([stop] { watch(stop); });
}

SignalWatcher::~SignalWatcher() {
    pthread_kill(thread_.native_handle(), kGoodbye);
}

}  // namespace holdfast::app
