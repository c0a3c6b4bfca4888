#include "app/document_list.h"

#include <nlohmann/json.hpp>

#include "app/yaml.h"
#include "base/text.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kBufferBytes = 64u << 10;

/// The text, two columns further to the right.
std::string indented(const std::string& text) {
    std::string result;
    for (std::string_view line : base::split(text, '\n'))
        result += fmt::format("{}  {}", result.empty() ? "" : "\n", line);
    return result;
}

}  // namespace

void DocumentList::append(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() < kBufferBytes) return;
    write_(buffer_);
    buffer_.clear();
}

void DocumentList::add(const Json& item) {
    bool first = !std::exchange(any_, true);
    if (output_ == Output::Yaml)
        append(to_yaml(Json::array({item})));
    else
        append((first ? "[\n" : ",\n") + indented(base::pretty_json(item)));
}

void DocumentList::finish() {
    if (!any_)
        append("[]\n");
    else if (output_ != Output::Yaml)
        append("\n]\n");
    write_(buffer_);
    buffer_.clear();
}

}  // namespace holdfast::app
