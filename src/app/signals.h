#pragma once

#include <stop_token>
#include <thread>

namespace holdfast::app {

/// Turns SIGINT and SIGTERM into a stop request; the second one ends the process at once. Make one
/// before any other thread, so that all threads inherit the blocked signals.
class SignalWatcher {
public:
    explicit SignalWatcher(std::stop_source& stop);
    ~SignalWatcher();

private:
    std::jthread thread_;
};

}  // namespace holdfast::app
