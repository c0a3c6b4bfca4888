#include "api/router.h"

#include <algorithm>
#include <functional>

#include "base/text.h"
#include "net/url.h"

namespace holdfast::api {

namespace {

bool is_label(std::string_view segment) {
    return segment.starts_with('{');
}

std::vector<std::string_view> segments_of(std::string_view path) {
    std::vector<std::string_view> segments = base::split(path, '/');
    if (!segments.empty() && segments.back().empty()) segments.pop_back();
    return segments;
}

bool fits(const std::vector<std::string_view>& pattern,
          const std::vector<std::string_view>& segments) {
    return std::ranges::equal(pattern, segments, [](std::string_view wanted, std::string_view got) {
        return is_label(wanted) ? !got.empty() : wanted == got;
    });
}

}  // namespace

Router::Router(const Service& service) : service_(service) {
    for (const Operation& operation : service.operations) {
        const std::size_t mark = std::min(operation.path.find('?'), operation.path.size());
        Pattern pattern{.operation = &operation,
                        .segments = segments_of(operation.path.substr(0, mark)),
                        .flag = operation.path.substr(std::min(mark + 1, operation.path.size()))};
        pattern.literals = static_cast<std::size_t>(
            std::ranges::count_if(pattern.segments, std::not_fn(is_label)));
        patterns_.push_back(std::move(pattern));
    }
    // The one with more literal segments means it more exactly.
    std::ranges::stable_sort(patterns_, std::greater(), &Pattern::literals);
}

Answer<Route> Router::find(std::string_view method, std::string_view path,
                           const Parameters& query) const {
    const std::vector<std::string_view> segments = segments_of(path);
    for (const Pattern& pattern : patterns_) {
        if (pattern.operation->method != method || !fits(pattern.segments, segments)) continue;
        if (!pattern.flag.empty() && !query.find(pattern.flag)) continue;
        Route route{.operation = pattern.operation};
        for (std::size_t i = 0; i < segments.size(); ++i) {
            if (!is_label(pattern.segments[i])) continue;
            auto value = net::percent_decode(segments[i]);
            if (!value) return refuse(errors::kSerialization, value.error().message);
            route.labels.emplace(pattern.segments[i].substr(1, pattern.segments[i].size() - 2),
                                 std::move(*value));
        }
        return route;
    }
    return refuse(errors::kUnknownOperation,
                  fmt::format("{} has no operation {} {}", service_.name, method, path));
}

}  // namespace holdfast::api
