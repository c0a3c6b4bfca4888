#include "api/pattern.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "base/utf8.h"

namespace holdfast::api {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_alnum(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_word(char c) {
    return is_alnum(c) || c == '_';
}

template <class Fits>
bool all(std::string_view text, Fits fits) {
    return std::ranges::all_of(text, fits);
}

auto one_of(std::string_view others, bool (*also)(char)) {
    return [others, also](char c) { return also(c) || others.find(c) != others.npos; };
}

/// The code points of UTF-8 text; false when one does not fit or the bytes are no UTF-8.
template <class Fits>
bool all_points(std::string_view text, Fits fits) {
    while (!text.empty()) {
        const auto point = base::take_code_point(text);
        if (!point || !fits(*point)) return false;
    }
    return true;
}

bool in(char32_t c, char32_t first, char32_t last) {
    return c >= first && c <= last;
}
bool is_text_control(char32_t c) {
    return c == 0x09 || c == 0x0A || c == 0x0D;
}

/// Letters, separators and numbers, as far as that can be told without Unicode's tables: what is
/// beyond ASCII is taken, except for controls and characters that are no characters.
bool is_tag_point(char32_t c) {
    constexpr std::string_view kSigns = "_.:/=+-@ ";
    if (c < 0x80)
        return is_alnum(static_cast<char>(c)) || kSigns.find(static_cast<char>(c)) != kSigns.npos;
    return c >= 0xA0 && !in(c, 0xD800, 0xF8FF);
}

/// `((/[A-Za-z0-9\.,\+@=_-]+)*)/`
bool is_policy_path(std::string_view text) {
    if (!text.starts_with('/') || !text.ends_with('/')) return false;
    return text.find("//") == text.npos && all(text, one_of("/.,+@=_-", is_alnum));
}

/// `v[1-9][0-9]*(\.[A-Za-z0-9-]*)?`
bool is_version(std::string_view text) {
    if (text.size() < 2 || text[0] != 'v' || text[1] < '1' || text[1] > '9') return false;
    const std::size_t dot = std::min(text.find('.'), text.size());
    return all(text.substr(1, dot - 1), is_digit) &&
           all(text.substr(std::min(dot + 1, text.size())), one_of("-", is_alnum));
}

bool is_visible(char c) {
    return c >= 0x21 && c <= 0x7E;
}

/// `(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`
bool is_path(std::string_view text) {
    if (text == "/") return true;
    return text.size() > 2 && text.front() == '/' && text.back() == '/' && all(text, is_visible);
}

struct Known {
    std::string_view pattern;
    bool (*fits)(std::string_view);
};

constexpr std::array kKnown = {
    Known{.pattern = "^[0-9]{12}$",
          .fits = [](std::string_view t) { return t.size() == 12 && all(t, is_digit); }},
    Known{.pattern = R"(^[a-zA-Z0-9\-\_\.]{1,50}$)",
          .fits =
              [](std::string_view t) {
                  return !t.empty() && t.size() <= 50 && all(t, one_of("-_.", is_alnum));
              }},
    Known{.pattern = R"(^[a-zA-Z0-9\-\_]{2,50}$)",
          .fits =
              [](std::string_view t) {
                  return t.size() >= 2 && t.size() <= 50 && all(t, one_of("-_", is_alnum));
              }},
    Known{.pattern = R"(^[0-9A-Za-z][A-Za-z0-9\-_]*)",
          .fits =
              [](std::string_view t) {
                  return !t.empty() && is_alnum(t.front()) && all(t, one_of("-_", is_alnum));
              }},
    Known{.pattern = R"([\w]*)", .fits = [](std::string_view t) { return all(t, is_word); }},
    Known{.pattern = R"([\w]+)",
          .fits = [](std::string_view t) { return !t.empty() && all(t, is_word); }},
    Known{.pattern = R"([\d]*)", .fits = [](std::string_view t) { return all(t, is_digit); }},
    Known{.pattern = R"([\w+=,.@:-]*)",
          .fits = [](std::string_view t) { return all(t, one_of("+=,.@:-", is_word)); }},
    Known{.pattern = R"([\w+=,.@:\/-]*)",
          .fits = [](std::string_view t) { return all(t, one_of("+=,.@:/-", is_word)); }},
    Known{.pattern = R"([\w+=,.@-]*)",
          .fits = [](std::string_view t) { return all(t, one_of("+=,.@-", is_word)); }},
    Known{
        .pattern = R"([\w+=,.@-]+)",
        .fits = [](std::string_view t) { return !t.empty() && all(t, one_of("+=,.@-", is_word)); }},
    Known{.pattern = R"([\w+=/:,.@-]*)",
          .fits = [](std::string_view t) { return all(t, one_of("+=/:,.@-", is_word)); }},
    Known{.pattern = R"([\p{L}\p{Z}\p{N}_.:/=+\-@]+)",
          .fits = [](std::string_view t) { return !t.empty() && all_points(t, is_tag_point); }},
    Known{.pattern = R"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)",
          .fits = [](std::string_view t) { return all_points(t, is_tag_point); }},
    Known{
        .pattern =
            R"([\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+)",
        .fits =
            [](std::string_view t) {
                return !t.empty() && all_points(t, [](char32_t c) {
                    return is_text_control(c) || in(c, 0x20, 0x7E) || c == 0x85 || c >= 0xA0;
                });
            }},
    Known{.pattern = R"([\u0009\u000A\u000D\u0020-\u00FF]+)",
          .fits =
              [](std::string_view t) {
                  return !t.empty() && all_points(t, [](char32_t c) {
                      return is_text_control(c) || in(c, 0x20, 0xFF);
                  });
              }},
    Known{.pattern = R"([\u0020-\u00FF]+)",
          .fits =
              [](std::string_view t) {
                  return !t.empty() && all_points(t, [](char32_t c) { return in(c, 0x20, 0xFF); });
              }},
    Known{.pattern = R"([\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*)",
          .fits =
              [](std::string_view t) {
                  return all_points(t, [](char32_t c) {
                      return is_text_control(c) || in(c, 0x20, 0x7E) || in(c, 0xA1, 0xFF);
                  });
              }},
    Known{.pattern = R"(\u002F[\u0021-\u007F]*)",
          .fits =
              [](std::string_view t) {
                  return t.starts_with('/') &&
                         all(t, [](char c) { return is_visible(c) || c == 0x7F; });
              }},
    Known{.pattern = R"((\u002F)|(\u002F[\u0021-\u007E]+\u002F))", .fits = is_path},
    Known{.pattern = R"(((/[A-Za-z0-9\.,\+@=_-]+)*)/)", .fits = is_policy_path},
    Known{.pattern = R"(v[1-9][0-9]*(\.[A-Za-z0-9-]*)?)", .fits = is_version},
};

const Known* find_known(std::string_view pattern) {
    const auto* found = std::ranges::find(kKnown, pattern, &Known::pattern);
    return found == kKnown.end() ? nullptr : found;
}

}  // namespace

bool fits_pattern(std::string_view pattern, std::string_view text) {
    const Known* known = find_known(pattern);
    return known != nullptr && known->fits(text);
}

bool knows_pattern(std::string_view pattern) {
    return find_known(pattern) != nullptr;
}

}  // namespace holdfast::api
