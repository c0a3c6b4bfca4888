#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <stop_token>
#include <utility>

#include "base/guarded.h"

namespace holdfast::base {

/// A queue between threads that never holds more than `capacity` items: pushing blocks.
template <class T>
class BoundedQueue {
public:
    explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

    /// Blocks while the queue is full. False, with the item dropped, when the queue was closed
    /// or `stop` was requested first.
    bool push(T item, std::stop_token stop) {
        bool pushed = false;
        state_.wait_and_update(
            stop, [&](State& s) { return s.closed || s.items.size() < capacity_; },
            [&](State& s) {
                if (s.closed) return;
                s.items.push_back(std::move(item));
                pushed = true;
            });
        return pushed;
    }

    /// The oldest item; nothing once the queue is closed and empty, or `stop` was requested.
    std::optional<T> pop(std::stop_token stop) {
        std::optional<T> item;
        state_.wait_and_update(
            stop, [](State& s) { return s.closed || !s.items.empty(); },
            [&](State& s) {
                if (s.items.empty()) return;
                item.emplace(std::move(s.items.front()));
                s.items.pop_front();
            });
        return item;
    }

    /// No item can be pushed any more; those inside can still be popped.
    void close() {
        state_.update([](State& s) { s.closed = true; });
    }

private:
    struct State {
        std::deque<T> items;
        bool closed = false;
    };

    std::size_t capacity_;
    Guarded<State> state_;
};

}  // namespace holdfast::base
