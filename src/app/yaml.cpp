#include "app/yaml.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/text.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kMaxDepth = 600;

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

std::string quoted(const std::string& text) {
    return base::dump_json(Json(text));
}

class Writer {
public:
    std::string take() { return std::move(text_); }

    /// Writes what follows "key:" or "-", including the space or the line break before it.
    void value(const Json& json, std::size_t indent, std::size_t depth) {
        if (depth > kMaxDepth || (json.is_structured() && json.empty())) {
            text_ += ' ' + base::dump_json(json) + '\n';
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
            text_ += (is_plain(key) ? key : quoted(key)) + ':';
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
            text_ += ' ' + base::dump_json(json) + '\n';
            return;
        }
        const auto& text = json.get_ref<const std::string&>();
        if (!fits_block(text)) {
            text_ += ' ' + (is_plain(text) ? text : quoted(text)) + '\n';
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
