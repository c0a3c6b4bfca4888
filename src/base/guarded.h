#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

namespace holdfast::base {

/// A value that can be reached only under its own lock.
template <class T>
class Guarded {
public:
    Guarded() = default;
    explicit Guarded(T value) : value_(std::move(value)) {}

    /// Runs `change` on the value under the lock, then wakes waiters. `change` must not block.
    template <class F>
    auto update(F change) {
        Wake wake{changed_};
        std::lock_guard lock(mutex_);
        return change(value_);
    }

    /// Waits until `ready(value)`; false when `stop` was requested first.
    template <class Ready>
    bool wait(std::stop_token stop, Ready ready) {
        std::unique_lock lock(mutex_);
        return changed_.wait(lock, stop, [&] { return ready(value_); });
    }

    /// Waits until `ready(value)`, then runs `change` under the same lock.
    /// Returns false without running it when `stop` was requested first.
    template <class Ready, class F>
    bool wait_and_update(std::stop_token stop, Ready ready, F change) {
        Wake wake{changed_};
        std::unique_lock lock(mutex_);
        if (!changed_.wait(lock, stop, [&] { return ready(value_); })) return false;
        change(value_);
        return true;
    }

private:
    struct Wake {
        std::condition_variable_any& changed;
        ~Wake() { changed.notify_all(); }
    };

    std::mutex mutex_;
    std::condition_variable_any changed_;
    T value_{};
};

}  // namespace holdfast::base
