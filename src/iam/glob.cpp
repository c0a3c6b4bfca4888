#include "iam/glob.h"

#include <algorithm>
#include <cstddef>

namespace holdfast::iam {
namespace {

bool continues_character(char c) {
    return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u;
}

std::size_t after_character(std::string_view text, std::size_t at) {
    ++at;
    while (at < text.size() && continues_character(text[at])) ++at;
    return at;
}

}  // namespace

bool holds_wildcard(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return c == kAnyRun || c == kAnyOne; });
}

std::string compile_glob(std::string_view text) {
    std::string compiled(text);
    std::ranges::replace(compiled, '*', kAnyRun);
    std::ranges::replace(compiled, '?', kAnyOne);
    return compiled;
}

bool glob_matches(std::string_view compiled, std::string_view text) {
    constexpr std::size_t kNone = std::string_view::npos;
    std::size_t g = 0;
    std::size_t t = 0;
    std::size_t run = kNone;
    std::size_t resume = 0;
    while (t < text.size()) {
        const char wanted = g < compiled.size() ? compiled[g] : '\0';
        if (wanted == kAnyRun) {
            run = g++;
            resume = t;
        } else if (wanted == kAnyOne) {
            ++g;
            t = after_character(text, t);
        } else if (g < compiled.size() && wanted == text[t]) {
            ++g;
            ++t;
        } else if (run != kNone) {
            g = run + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    return compiled.find_first_not_of(kAnyRun, std::min(g, compiled.size())) == kNone;
}

}  // namespace holdfast::iam
