#pragma once

#include <string_view>

namespace holdfast::app {

inline constexpr std::string_view kVersion = HOLDFAST_VERSION;
inline constexpr int kVaultFormat = 1;

}  // namespace holdfast::app
