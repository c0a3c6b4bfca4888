#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <unordered_map>
#include <utility>

#include "base/guarded.h"

namespace holdfast::repo {

/// Keeps the values used last, as many as fit into `capacity_bytes`. Any method from any thread.
/// A value that somebody holds lives on when it is dropped from here.
template <class Key, class Value, class Hash = std::hash<Key>>
class LruCache {
public:
    explicit LruCache(std::size_t capacity_bytes) : capacity_(capacity_bytes) {}

    std::shared_ptr<const Value> find(const Key& key) {
        return state_.update([&](State& state) -> std::shared_ptr<const Value> {
            const auto it = state.places.find(key);
            if (it == state.places.end()) return nullptr;
            state.items.splice(state.items.begin(), state.items, it->second);
            return it->second->value;
        });
    }

    void insert(const Key& key, std::shared_ptr<const Value> value, std::size_t bytes) {
        state_.update([&](State& state) {
            if (bytes > capacity_ || state.places.contains(key)) return;
            state.items.push_front({key, std::move(value), bytes});
            state.places[key] = state.items.begin();
            state.bytes += bytes;
            while (state.bytes > capacity_) {
                state.bytes -= state.items.back().bytes;
                state.places.erase(state.items.back().key);
                state.items.pop_back();
            }
        });
    }

private:
    struct Item {
        Key key;
        std::shared_ptr<const Value> value;
        std::size_t bytes;
    };
    struct State {
        std::list<Item> items;  // used last first
        std::unordered_map<Key, typename std::list<Item>::iterator, Hash> places;
        std::size_t bytes = 0;
    };

    std::size_t capacity_;
    base::Guarded<State> state_;
};

}  // namespace holdfast::repo
