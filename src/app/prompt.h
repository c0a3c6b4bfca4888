#pragma once

#include <string>
#include <string_view>

#include "app/application.h"
#include "base/result.h"

namespace holdfast::app {

/// Asks on the terminal; false for anything but "y" and "yes". InvalidArgument when there is no
/// terminal to ask on, with `instead` as what to do.
Result<bool> confirm(const Application& application, std::string_view question,
                     std::string_view instead);

/// Asks without showing what is typed. InvalidArgument when there is no terminal.
Result<std::string> ask_secret(const Application& application, std::string_view question);

}  // namespace holdfast::app
