#include "iam/context_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/text.h"

namespace holdfast::iam {

std::vector<std::string>& ContextKeys::values_of(std::string_view key) {
    std::string lower = base::to_lower(key);
    const auto found = std::ranges::find(entries_, lower, &Entry::key);
    if (found != entries_.end()) return found->values;
    return entries_.emplace_back(Entry{.key = std::move(lower), .values = {}}).values;
}

void ContextKeys::add(std::string_view key, std::string value) {
    values_of(key).push_back(std::move(value));
}

void ContextKeys::set(std::string_view key, std::string value) {
    std::vector<std::string>& values = values_of(key);
    values.clear();
    values.push_back(std::move(value));
}

void ContextKeys::set(std::string_view key, bool value) {
    set(key, std::string(value ? "true" : "false"));
}

void ContextKeys::remove(std::string_view key) {
    const std::string lower = base::to_lower(key);
    std::erase_if(entries_, [&](const Entry& entry) { return entry.key == lower; });
}

void ContextKeys::remove_all(std::string_view prefix) {
    const std::string lower = base::to_lower(prefix);
    std::erase_if(entries_, [&](const Entry& entry) { return entry.key.starts_with(lower); });
}

void ContextKeys::set_time(base::Time now) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
    set("aws:CurrentTime", base::to_rfc3339(now));
    set("aws:EpochTime", fmt::format("{}", seconds.count()));
}

const std::vector<std::string>* ContextKeys::find(std::string_view lower_key) const {
    const auto found = std::ranges::find(entries_, lower_key, &Entry::key);
    return found == entries_.end() || found->values.empty() ? nullptr : &found->values;
}

}  // namespace holdfast::iam
