#include "app/yaml.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/text.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kMaxDepth = 600;
/// YAML looks this far for the colon behind a key that no question mark announces.
constexpr std::size_t kMaxPlainKey = 1000;

bool is_word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '/';
}

/// Whether a string means itself when written without quotes. YAML 1.1 takes more words for
/// booleans, numbers and dates than 1.2, so only words that begin with a letter qualify.
bool is_plain(const std::string& text) {
    static constexpr std::array kReserved = {"true", "false", "yes", "no",  "on", "off",
                                             "null", "y",     "n",   "inf", "nan"};
    if (text.empty() || !std::ranges::all_of(text, is_word_character)) return false;
    bool letter = (text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z');
    return letter && std::ranges::find(kReserved, base::to_lower(text)) == kReserved.end();
}

/// Whether a string of several lines can stand as a literal block without losing a byte.
bool fits_block(const std::string& text) {
    if (text.find('\n') == std::string::npos || text[0] == ' ' || text[0] == '\n') return false;
    if (!std::ranges::all_of(text, [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\n'; }))
        return false;
    for (std::string_view line : base::split(text, '\n'))
        if (!line.empty() && line.find_first_not_of(' ') == std::string_view::npos) return false;
    return !text.ends_with("\n\n");
}

/// How many bytes at the beginning of `text` are a character that JSON may have as it is, but YAML
/// refuses or takes for the end of a line: delete, C1 controls, line and paragraph separators, the
/// byte order mark, U+FFFE and U+FFFF.
std::size_t needs_escape(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (byte(0) == 0x7f) return 1;
    if (byte(0) == 0xc2 && text.size() > 1 && byte(1) < 0xa0) return 2;
    static constexpr std::array<std::string_view, 5> kThree = {
        "\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf", "\xef\xbf\xbe", "\xef\xbf\xbf"};
    return std::ranges::find(kThree, text.substr(0, 3)) == kThree.end() ? 0 : 3;
}

std::string escape(std::string_view character) {
    const auto bits = [&](std::size_t i) {
        return static_cast<unsigned char>(character[i]) & 0x3fu;
    };
    if (character.size() == 1) return "\\u007f";
    if (character.size() == 2) return fmt::format("\\u{:04x}", 0x80u + bits(1));
    const unsigned lead = static_cast<unsigned char>(character[0]) & 0x0fu;
    return fmt::format("\\u{:04x}", (lead << 12u) + (bits(1) << 6u) + bits(2));
}

/// JSON on one line, which is YAML too once the few characters that YAML minds are escaped.
std::string on_one_line(const Json& json) {
    const std::string text = base::dump_json(json);
    std::string out;
    out.reserve(text.size());
    for (std::string_view rest = text; !rest.empty();) {
        const std::size_t size = needs_escape(rest);
        if (size > 0)
            out += escape(rest.substr(0, size));
        else
            out += rest[0];
        rest.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return out;
}

class Writer {
public:
    std::string take() { return std::move(text_); }

    /// Writes what follows "key:" or "-", including the space or the line break before it.
    void value(const Json& json, std::size_t indent, std::size_t depth) {
        if (depth > kMaxDepth || (json.is_structured() && json.empty())) {
            text_ += ' ' + on_one_line(json) + '\n';
        } else if (json.is_object()) {
            text_ += '\n';
            object(json, indent, depth);
        } else if (json.is_array()) {
            text_ += '\n';
            array(json, indent, depth);
        } else {
            scalar(json, indent);
        }
    }

    void object(const Json& json, std::size_t indent, std::size_t depth) {
        bool first = true;
        for (const auto& [key, member] : json.items()) {
            if (!std::exchange(after_dash_, false) || !first) text_.append(indent, ' ');
            first = false;
            const std::string name = is_plain(key) ? key : on_one_line(key);
            const bool is_long = name.size() > kMaxPlainKey;
            if (is_long) text_ += "? ";
            text_ += name;
            if (is_long) text_.append("\n").append(indent, ' ');
            text_ += ':';
            // A sequence under a key stands at the key's own column, as kubectl writes it.
            value(member, member.is_array() ? indent : indent + 2, depth + 1);
        }
    }

private:
    void array(const Json& json, std::size_t indent, std::size_t depth) {
        for (const Json& item : json) {
            text_.append(indent, ' ');
            text_ += '-';
            if (item.is_object() && !item.empty() && depth < kMaxDepth) {
                text_ += ' ';
                after_dash_ = true;
                object(item, indent + 2, depth + 1);
            } else {
                value(item, indent + 2, depth + 1);
            }
        }
    }

    void scalar(const Json& json, std::size_t indent) {
        if (!json.is_string()) {
            text_ += ' ' + on_one_line(json) + '\n';
            return;
        }
        const auto& text = json.get_ref<const std::string&>();
        if (!fits_block(text)) {
            text_ += ' ' + (is_plain(text) ? text : on_one_line(text)) + '\n';
            return;
        }
        bool ends_in_break = text.back() == '\n';
        text_ += ends_in_break ? " |\n" : " |-\n";
        std::string_view body = text;
        if (ends_in_break) body.remove_suffix(1);
        for (std::string_view line : base::split(body, '\n')) {
            if (!line.empty()) text_.append(std::max<std::size_t>(indent, 1), ' ').append(line);
            text_ += '\n';
        }
    }

    std::string text_;
    bool after_dash_ = false;
};

}  // namespace

std::string to_yaml(const Json& json) {
    Writer writer;
    if (json.is_object() && !json.empty()) {
        writer.object(json, 0, 0);
        return writer.take();
    }
    writer.value(json, 0, 0);
    std::string text = writer.take();
    return text.substr(text.find_first_not_of(" \n"));
}

}  // namespace holdfast::app
