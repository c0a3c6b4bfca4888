#pragma once

#include <string>

#include "base/json.h"

namespace holdfast::app {

/// The document as YAML that every YAML 1.1 and 1.2 parser reads back as equal JSON: strings that
/// could be taken for anything else are quoted.
std::string to_yaml(const Json& json);

}  // namespace holdfast::app
