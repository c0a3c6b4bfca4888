#include "iam/policy_json.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "iam/policy_document.h"

namespace holdfast::iam {
namespace {

constexpr std::size_t kMaxDepth = 8;

/// The first key that an object has twice; JSON parsers keep the last, readers see the first.
std::string duplicate_key(std::string_view text) {
    std::vector<std::set<std::string>> open;
    std::string duplicate;
    const auto watch = [&](int, Json::parse_event_t event, Json& value) {
        if (event == Json::parse_event_t::object_start) open.emplace_back();
        if (event == Json::parse_event_t::object_end) open.pop_back();
        if (event == Json::parse_event_t::key) {
            const auto& key = value.get_ref<const std::string&>();
            if (!open.back().insert(key).second && duplicate.empty()) duplicate = key;
        }
        return true;
    };
    [[maybe_unused]] const Json parsed = Json::parse(text, watch, false);
    return duplicate;
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20u || c == '\x7f';
}

template <class Convert>
Result<std::vector<std::string>> list_of(const Json& value, std::string_view element,
                                         Convert convert) {
    std::vector<std::string> texts;
    if (!value.is_array()) {
        texts.push_back(TRY(convert(value)));
        return texts;
    }
    if (value.empty())
        return fail(ErrorCode::InvalidArgument, "{} must not be an empty list.", element);
    for (const Json& item : value) texts.push_back(TRY(convert(item)));
    return texts;
}

}  // namespace

Result<Json> parse_policy_json(std::string_view text) {
    if (text.size() > kMaxDocumentBytes)
        return fail(ErrorCode::LimitExceeded, "a policy document of {} bytes; the limit is {}",
                    text.size(), kMaxDocumentBytes);
    Result<Json> json = base::parse_json(text, {.bytes = kMaxDocumentBytes, .depth = kMaxDepth});
    if (!json) return fail(ErrorCode::InvalidArgument, "This policy contains invalid Json");
    const std::string duplicate = duplicate_key(text);
    if (!duplicate.empty())
        return fail(ErrorCode::InvalidArgument, "Syntax errors in policy: the key {} stands twice.",
                    duplicate);
    if (!json->is_object())
        return fail(ErrorCode::InvalidArgument, "Syntax errors in policy: it is no object.");
    return json;
}

Result<void> expect_only(const Json& object, std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : object.items())
        if (std::ranges::find(known, name) == known.end())
            return fail(ErrorCode::InvalidArgument, "Syntax errors in policy: unknown element {}.",
                        name);
    return {};
}

Result<std::string> text_of(const Json& value, std::string_view element) {
    if (!value.is_string())
        return fail(ErrorCode::InvalidArgument, "Syntax errors in policy: {} must be a string.",
                    element);
    std::string text = value.get<std::string>();
    if (std::ranges::any_of(text, is_control))
        return fail(ErrorCode::InvalidArgument,
                    "Syntax errors in policy: {} contains a control character.", element);
    return text;
}

Result<std::vector<std::string>> texts_of(const Json& value, std::string_view element) {
    return list_of(value, element, [&](const Json& item) { return text_of(item, element); });
}

Result<std::vector<std::string>> condition_texts_of(const Json& value, std::string_view key) {
    return list_of(value, key, [&](const Json& item) -> Result<std::string> {
        if (item.is_boolean() || item.is_number()) return item.dump();
        return text_of(item, key);
    });
}

}  // namespace holdfast::iam
