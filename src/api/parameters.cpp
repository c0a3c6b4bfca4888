#include "api/parameters.h"

#include <algorithm>

#include "base/text.h"
#include "net/url.h"

namespace holdfast::api {

namespace {

Answer<std::string> decode(std::string_view text) {
    std::string spaced(text);
    std::ranges::replace(spaced, '+', ' ');
    auto decoded = net::percent_decode(spaced);
    if (!decoded) return refuse(errors::kSerialization, decoded.error().message);
    return std::move(*decoded);
}

}  // namespace

std::optional<std::string_view> Parameters::find(std::string_view name) const {
    const auto found = std::ranges::find(all, name, [](const auto& each) { return each.first; });
    if (found == all.end()) return std::nullopt;
    return found->second;
}

Answer<Parameters> parse_parameters(std::string_view text) {
    Parameters parameters;
    if (text.empty()) return parameters;
    for (std::string_view part : base::split(text, '&')) {
        if (part.empty()) continue;
        if (parameters.all.size() >= kMaxParameters)
            return refuse(errors::kSerialization,
                          fmt::format("a request has at most {} parameters", kMaxParameters));
        const std::size_t equals = std::min(part.find('='), part.size());
        auto name = TRY(decode(part.substr(0, equals)));
        auto value = TRY(decode(part.substr(std::min(equals + 1, part.size()))));
        parameters.all.emplace_back(std::move(name), std::move(value));
    }
    return parameters;
}

}  // namespace holdfast::api
