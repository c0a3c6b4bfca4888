#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::net {

/// Header fields in the order in which they stand in a message; a name may stand there twice.
using Headers = std::vector<std::pair<std::string, std::string>>;

/// The value of the first header of exactly that name; empty when there is none.
std::string_view find_header(const Headers& headers, std::string_view name);

/// Whether two header names are the same: their case means nothing.
bool same_header_name(std::string_view a, std::string_view b);

}  // namespace holdfast::net
