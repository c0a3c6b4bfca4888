#include "api/page.h"

#include <fmt/core.h>

#include <utility>

namespace holdfast::api {

namespace {

constexpr std::string_view kPurpose = "page token";

}  // namespace

Pages::Pages(const crypto::Sealer& sealer, const Call& call, std::string_view filter)
    : sealer_(sealer),
      context_(fmt::format("{}\n{}\n{}\n{}", call.operation->name, call.account(), call.region(),
                           filter)) {}

Answer<std::string> Pages::after(const std::optional<std::string>& token) const {
    if (!token) return std::string();
    auto key = sealer_.open(kPurpose, context_, *token);
    if (!key)
        return refuse(errors::kInvalidParameter,
                      "NextToken is not one that this list has given: repeat the request without "
                      "it, or with the filter that it belongs to");
    return std::move(*key);
}

std::string Pages::token(std::string_view last_key) const {
    return sealer_.seal(kPurpose, context_, last_key);
}

}  // namespace holdfast::api
