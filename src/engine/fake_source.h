#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/object_source.h"

namespace holdfast::engine {

/// A point in memory, for tests.
class FakeSource final : public ObjectSource {
public:
    struct Object {
        std::string body;
        bool deleting = false;
        bool name_only = false;
        bool harmed = false;
    };

    void put(std::string key, std::string body, bool deleting = false) {
        objects_[std::move(key)] = {.body = std::move(body), .deleting = deleting};
    }

    /// Leaves an object with no more than its name, as a lost one has.
    void lose(std::string_view key, std::string body) {
        objects_.find(key)->second = {.body = std::move(body), .name_only = true};
    }

    /// Takes an object out of the point, as if it had never been there.
    void remove(std::string_view key) { objects_.erase(objects_.find(key)); }

    /// Makes an object one that cannot be read.
    void harm(std::string_view key) { objects_.find(key)->second.harmed = true; }

    Result<void> each(std::string_view prefix, const Wanted& wanted,
                      const Visitor& visit) override {
        for (auto at = objects_.lower_bound(prefix);
             at != objects_.end() && at->first.starts_with(prefix); ++at) {
            if (!wanted(at->first)) continue;
            if (at->second.harmed) return fail(ErrorCode::Corrupted, "a harmed object");
            TRY(visit({.key = at->first,
                       .body = at->second.body,
                       .deleting = at->second.deleting,
                       .name_only = at->second.name_only}));
        }
        return {};
    }
    Result<std::string> get(std::string_view key) override {
        auto found = objects_.find(key);
        if (found == objects_.end()) return fail(ErrorCode::NotFound, "not in the point");
        return found->second.body;
    }

private:
    std::map<std::string, Object, std::less<>> objects_;
};

}  // namespace holdfast::engine
