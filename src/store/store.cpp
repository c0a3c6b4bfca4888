#include "store/store.h"

#include <algorithm>

#include "base/text.h"

namespace holdfast::store {

namespace {

bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

/// A step may be empty only as the unfinished last one of a prefix.
bool is_good_step(std::string_view step, bool may_be_empty) {
    if (step.empty()) return may_be_empty;
    return step[0] != '.' && step.size() <= kMaxNameStepBytes &&
           std::ranges::all_of(step, is_name_char);
}

/// Names in messages come from outside: cut, and without control characters.
std::string printable(std::string_view name) {
    std::string shown(name.substr(0, 80));
    std::ranges::replace_if(shown, [](char c) { return c < 0x20 || c > 0x7e; }, '?');
    return shown;
}

}  // namespace

Result<void> check_name(std::string_view name) {
    auto steps = base::split(name.substr(0, kMaxNameBytes + 1), '/');
    bool good = name.size() <= kMaxNameBytes && steps.size() <= kMaxNameSteps &&
                std::ranges::all_of(steps, [](auto step) { return is_good_step(step, false); });
    if (!good)
        return fail(ErrorCode::InvalidArgument, "'{}' is not an object name", printable(name));
    return {};
}

Result<void> check_prefix(std::string_view prefix) {
    if (prefix.empty()) return {};
    auto steps = base::split(prefix.substr(0, kMaxNameBytes + 1), '/');
    bool good = prefix.size() <= kMaxNameBytes && steps.size() <= kMaxNameSteps;
    for (std::size_t i = 0; i < steps.size(); ++i)
        good = good && is_good_step(steps[i], i > 0 && i + 1 == steps.size());
    if (!good)
        return fail(ErrorCode::InvalidArgument, "'{}' is not the beginning of an object name",
                    printable(prefix));
    return {};
}

Result<std::vector<ObjectInfo>> list_all(Store& store, std::string_view prefix,
                                         std::size_t max_objects) {
    std::vector<ObjectInfo> all;
    std::string token;
    do {
        ListPage page = TRY(store.list(prefix, token, kMaxListPage), "listing '{}'", prefix);
        if (page.next == token && !token.empty())
            return fail(ErrorCode::Corrupted, "listing '{}' does not advance", prefix);
        for (ObjectInfo& object : page.objects) {
            if (!object.name.starts_with(prefix) ||
                (!all.empty() && all.back().name >= object.name))
                return fail(ErrorCode::Corrupted, "the list of '{}' is out of order at '{}'",
                            prefix, printable(object.name));
            if (all.size() == max_objects)
                return fail(ErrorCode::LimitExceeded, "there are more than {} objects under '{}'",
                            max_objects, prefix);
            all.push_back(std::move(object));
        }
        token = std::move(page.next);
    } while (!token.empty());
    return all;
}

Result<bool> exists(Store& store, std::string_view name) {
    const auto info = store.stat(name);
    if (info) return true;
    if (info.error().code == ErrorCode::NotFound) return false;
    return std::unexpected(info.error());
}

}  // namespace holdfast::store
