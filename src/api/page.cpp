#include "api/page.h"

#include <fmt/core.h>

#include <charconv>
#include <utility>

#include "meta/database.h"

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

Answer<meta::ListKey> Pages::list_key(const std::optional<std::string>& token) const {
    const std::string text = TRY(after(token));
    if (text.empty()) return meta::ListKey{};
    const std::size_t space = text.find(' ');
    ASSERT(space != std::string::npos);
    std::int64_t millis = 0;
    std::from_chars(text.data(), text.data() + space, millis);
    return meta::ListKey{.created_at = meta::time_of(millis), .id = text.substr(space + 1)};
}

std::string Pages::key_text(base::Time created_at, std::string_view id) {
    return fmt::format("{} {}", meta::millis_of(created_at), id);
}

std::string Pages::token(std::string_view last_key) const {
    return sealer_.seal(kPurpose, context_, last_key);
}

}  // namespace holdfast::api
