#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/point_source.h"
#include "engine/restore_options.h"

namespace holdfast::app {

/// Sentences about namespaces that a person named and that are none of `namespaces`, each with what
/// was probably meant.
std::vector<std::string> unmatched_namespaces(const engine::RestoreOptions& options,
                                              std::span<const std::string> namespaces);

/// Sentences about everything that a person named and the point does not have: namespaces, and
/// kinds of the restore order.
Result<std::vector<std::string>> unmatched_words(const engine::PointSource& point,
                                                 const engine::RestoreOptions& options);

}  // namespace holdfast::app
