#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kube/client.h"

namespace holdfast::kube {

/// The query parameters of a list request, with `limit` in place of the options' own.
std::vector<std::pair<std::string, std::string>> list_query(const ListOptions& options,
                                                            std::int64_t limit);

}  // namespace holdfast::kube
