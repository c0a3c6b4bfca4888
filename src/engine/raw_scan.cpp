#include "engine/raw_scan.h"

#include <cstring>
#include <string>

namespace holdfast::engine {

namespace {

/// Like text.find(), which stops at every first character of `wanted`: in JSON, at every quote.
std::size_t find(std::string_view text, std::string_view wanted, std::size_t from) {
    if (from > text.size()) return std::string_view::npos;
    const void* found =
        memmem(text.data() + from, text.size() - from, wanted.data(), wanted.size());
    if (found == nullptr) return std::string_view::npos;
    return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace

void each_string_member(std::string_view json, std::string_view name,
                        const std::function<void(std::string_view)>& visit) {
    constexpr std::string_view kBlank = " \t\r\n";
    const std::string quoted = '"' + std::string(name) + '"';
    std::size_t at = find(json, quoted, 0);
    for (; at != std::string_view::npos; at = find(json, quoted, at + 1)) {
        std::size_t colon = json.find_first_not_of(kBlank, at + quoted.size());
        if (colon == std::string_view::npos || json[colon] != ':') continue;
        std::size_t open = json.find_first_not_of(kBlank, colon + 1);
        if (open == std::string_view::npos || json[open] != '"') continue;
        std::size_t close = json.find('"', open + 1);
        if (close == std::string_view::npos) return;
        visit(json.substr(open + 1, close - open - 1));
    }
}

}  // namespace holdfast::engine
