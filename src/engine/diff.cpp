#include "engine/diff.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "engine/rules/edit.h"
#include "engine/rules/restored_form.h"

namespace holdfast::engine {

namespace {

constexpr std::string_view kMask = "***";
constexpr std::size_t kMaxDepth = 200;

Json comparable(const Json& object, bool with_status, rules::OwnerUids uids) {
    Json form = object;
    rules::make_comparable_form(form, with_status, uids);
    // The same object may be read at another version.
    if (form.is_object()) form.erase("apiVersion");
    return form;
}

bool is_secret(const Json& object) {
    return rules::kind_of(object) == "Secret" && rules::object_group(object).empty();
}

/// The `name` of every item, when all have one and no two the same: then items compare by name.
std::vector<std::string> item_names(const Json& array) {
    std::vector<std::string> names;
    std::set<std::string> seen;
    for (const Json& item : array) {
        std::string name = base::text_at(item, "/name");
        if (name.empty() || !seen.insert(name).second) return {};
        names.push_back(std::move(name));
    }
    return names;
}

class Walk {
public:
    explicit Walk(const DiffOptions& options, bool secret) : options_(options), secret_(secret) {}

    void compare(const std::string& path, const Json* before, const Json* after,
                 std::size_t depth) {
        if (found_.size() >= options_.max_lines) return;
        if (before != nullptr && after != nullptr && *before == *after) return;
        bool both = before != nullptr && after != nullptr && depth < kMaxDepth;
        if (both && before->is_object() && after->is_object())
            return compare_objects(path, *before, *after, depth);
        if (both && before->is_array() && after->is_array())
            return compare_arrays(path, *before, *after, depth);
        found_.push_back({.path = path, .before = text(path, before), .after = text(path, after)});
    }
    std::vector<Difference> take() { return std::move(found_); }

private:
    static const Json* member(const Json& object, const std::string& key) {
        auto found = object.find(key);
        return found == object.end() ? nullptr : &*found;
    }

    void compare_objects(const std::string& path, const Json& before, const Json& after,
                         std::size_t depth) {
        std::set<std::string> keys;
        for (const auto& item : before.items()) keys.insert(item.key());
        for (const auto& item : after.items()) keys.insert(item.key());
        for (const std::string& key : keys)
            compare(path.empty() ? key : path + "." + key, member(before, key), member(after, key),
                    depth + 1);
    }

    void compare_arrays(const std::string& path, const Json& before, const Json& after,
                        std::size_t depth) {
        std::vector<std::string> old_names = item_names(before);
        std::vector<std::string> new_names = item_names(after);
        if (old_names.empty() || new_names.empty())
            return compare_by_index(path, before, after, depth);
        for (std::size_t i = 0; i < old_names.size(); ++i) {
            auto same = std::ranges::find(new_names, old_names[i]);
            auto index = static_cast<std::size_t>(same - new_names.begin());
            compare(path + "[" + old_names[i] + "]", &before[i],
                    same == new_names.end() ? nullptr : &after[index], depth + 1);
        }
        for (std::size_t i = 0; i < new_names.size(); ++i)
            if (std::ranges::find(old_names, new_names[i]) == old_names.end())
                compare(path + "[" + new_names[i] + "]", nullptr, &after[i], depth + 1);
    }

    void compare_by_index(const std::string& path, const Json& before, const Json& after,
                          std::size_t depth) {
        for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i)
            compare(fmt::format("{}[{}]", path, i), i < before.size() ? &before[i] : nullptr,
                    i < after.size() ? &after[i] : nullptr, depth + 1);
    }

    std::string text(const std::string& path, const Json* value) const {
        if (value == nullptr) return "";
        bool hidden = secret_ && !options_.show_secrets &&
                      (path.starts_with("data") || path.starts_with("stringData"));
        return hidden ? std::string(kMask) : base::dump_json(*value);
    }

    const DiffOptions& options_;
    bool secret_;
    std::vector<Difference> found_;
};

}  // namespace

std::vector<Difference> differences(const Json& before, const Json& after,
                                    const DiffOptions& options) {
    auto uids = options.owner_uids ? rules::OwnerUids::Keep : rules::OwnerUids::Drop;
    Json old_form = comparable(before, options.with_status, uids);
    Json new_form = comparable(after, options.with_status, uids);
    Walk walk(options, is_secret(before) || is_secret(after));
    walk.compare("", &old_form, &new_form, 0);
    return walk.take();
}

std::string form_in_target(const Json& object) {
    return base::dump_json(comparable(object, false, rules::OwnerUids::Keep));
}

std::string display(const Difference& difference) {
    if (difference.before.empty())
        return fmt::format("{}: + {}", difference.path, difference.after);
    if (difference.after.empty())
        return fmt::format("{}: - {}", difference.path, difference.before);
    return fmt::format("{}: {} -> {}", difference.path, difference.before, difference.after);
}

Json masked(Json object) {
    if (!is_secret(object)) return object;
    for (const char* member : {"/data", "/stringData"}) {
        Json* values = rules::edit_at(object, member);
        if (values == nullptr || !values->is_object()) continue;
        for (auto& item : values->items()) item.value() = kMask;
    }
    // kubectl's annotation repeats the data.
    constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";
    if (!rules::annotation(object, kLastApplied).empty())
        object["metadata"]["annotations"][std::string(kLastApplied)] = kMask;
    return object;
}

}  // namespace holdfast::engine
