#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/api_error.h"
#include "api/parameters.h"
#include "api/shape.h"

namespace holdfast::api {

/// An operation and what its path's labels were, decoded, by their wire name.
struct Route {
    const Operation* operation = nullptr;
    std::map<std::string, std::string, std::less<>> labels;
};

/// Finds the operation of a rest-json request. Paths are split at '/' before they are decoded, so
/// that an ARN may hold one; a trailing '/' makes no difference.
class Router {
public:
    explicit Router(const Service& service);

    /// UnknownOperation when there is none.
    Answer<Route> find(std::string_view method, std::string_view path,
                       const Parameters& query) const;

private:
    struct Pattern {
        const Operation* operation;
        std::vector<std::string_view> segments;
        std::string_view flag;  ///< a query parameter that must be there
        std::size_t literals = 0;
    };

    const Service& service_;
    std::vector<Pattern> patterns_;
};

}  // namespace holdfast::api
