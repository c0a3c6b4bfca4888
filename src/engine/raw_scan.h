#pragma once

#include <functional>
#include <string_view>

namespace holdfast::engine {

/// Calls `visit` with the raw text of every string member called `name`, at any depth of a JSON
/// document. Finds each of them; may also find text that only looks like one.
void each_string_member(std::string_view json, std::string_view name,
                        const std::function<void(std::string_view)>& visit);

}  // namespace holdfast::engine
