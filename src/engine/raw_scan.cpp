#include "engine/raw_scan.h"

#include <string>

namespace holdfast::engine {

void each_string_member(std::string_view json, std::string_view name,
                        const std::function<void(std::string_view)>& visit) {
    constexpr std::string_view kBlank = " \t\r\n";
    const std::string quoted = '"' + std::string(name) + '"';
    std::size_t at = json.find(quoted);
    for (; at != std::string_view::npos; at = json.find(quoted, at + 1)) {
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
