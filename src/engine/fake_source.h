#pragma once

#include <map>
#include <string>

#include "base/guarded.h"
#include "engine/object_source.h"

namespace holdfast::engine {

/// A point in memory, for tests.
class FakeSource final : public ObjectSource {
public:
    struct Object {
        std::string body;
        bool deleting = false;
    };

    void put(std::string key, std::string body, bool deleting = false) {
        objects_[std::move(key)] = {.body = std::move(body), .deleting = deleting};
    }

    Result<void> each(std::string_view prefix, const Visitor& visit) override {
        for (auto at = objects_.lower_bound(prefix);
             at != objects_.end() && at->first.starts_with(prefix); ++at)
            TRY(visit(
                {.key = at->first, .body = at->second.body, .deleting = at->second.deleting}));
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
