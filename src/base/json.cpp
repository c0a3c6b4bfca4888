#include "base/json.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <system_error>

namespace holdfast::base {

namespace {

/// Almost every Kubernetes object is smaller.
constexpr std::size_t kMaxQuickBytes = 256u << 10;

/// The deepest nesting of brackets outside strings; exact for well-formed text, which is all that
/// matters: the parser refuses everything else without recursing.
std::size_t nesting(std::string_view text) {
    std::size_t depth = 0;
    std::size_t deepest = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            deepest = std::max(deepest, ++depth);
        } else if ((c == '}' || c == ']') && depth > 0) {
            --depth;
        }
    }
    return deepest;
}

/// The step of a JSON pointer with ~1 and ~0 decoded (RFC 6901 section 4).
std::string unescape_step(std::string_view step) {
    std::string plain;
    for (std::size_t i = 0; i < step.size(); ++i) {
        if (step[i] == '~' && i + 1 < step.size() && (step[i + 1] == '0' || step[i + 1] == '1'))
            plain.push_back(step[++i] == '0' ? '~' : '/');
        else
            plain.push_back(step[i]);
    }
    return plain;
}

const Json* member(const Json& json, const std::string& step) {
    if (json.is_object()) {
        auto found = json.find(step);
        return found == json.end() ? nullptr : &*found;
    }
    if (!json.is_array()) return nullptr;
    std::size_t index = 0;
    auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
    bool is_index = error == std::errc{} && end == step.data() + step.size();
    return is_index && index < json.size() ? &json[index] : nullptr;
}

/// The tree of a parsed document; nothing when it is nested deeper than `depth`.
std::optional<Json> tree_of(simdjson::dom::element element, std::size_t depth) {
    using Type = simdjson::dom::element_type;
    switch (element.type()) {
        case Type::OBJECT: {
            if (depth == 0) return std::nullopt;
            Json::object_t members;
            const auto object = element.get_object().value_unsafe();
            for (const auto& field : object) {
                auto value = tree_of(field.value, depth - 1);
                if (!value) return std::nullopt;
                members.insert_or_assign(std::string(field.key), *std::move(value));
            }
            return Json(std::move(members));
        }
        case Type::ARRAY: {
            if (depth == 0) return std::nullopt;
            const auto items = element.get_array().value_unsafe();
            Json::array_t values;
            values.reserve(items.size());
            for (const auto& item : items) {
                auto value = tree_of(item, depth - 1);
                if (!value) return std::nullopt;
                values.push_back(*std::move(value));
            }
            return Json(std::move(values));
        }
        case Type::STRING:
            return Json(std::string(element.get_string().value_unsafe()));
        case Type::INT64: {
            const std::int64_t number = element.get_int64().value_unsafe();
            return number < 0 ? Json(number) : Json(static_cast<std::uint64_t>(number));
        }
        case Type::UINT64:
            return Json(element.get_uint64().value_unsafe());
        case Type::DOUBLE:
            return Json(element.get_double().value_unsafe());
        case Type::BOOL:
            return Json(element.get_bool().value_unsafe());
        case Type::NULL_VALUE:
            return Json(nullptr);
    }
    return std::nullopt;
}

/// Nothing for whatever is unusual: a second look tells what is wrong with it.
std::optional<Json> parse_quickly(std::string_view text, std::size_t depth) {
    if (text.size() > kMaxQuickBytes) return std::nullopt;
    // It keeps its buffers, which the bound above keeps small.
    thread_local simdjson::dom::parser parser(kMaxQuickBytes);
    auto parsed = parser.parse(text.data(), text.size());
    if (parsed.error() != simdjson::SUCCESS) return std::nullopt;
    return tree_of(parsed.value_unsafe(), depth);
}

}  // namespace

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
    if (text.size() > limits.bytes)
        return fail(ErrorCode::LimitExceeded, "a JSON document of {} bytes; the limit is {}",
                    text.size(), limits.bytes);
    if (auto quick = parse_quickly(text, limits.depth)) return *std::move(quick);
    if (nesting(text) > limits.depth)
        return fail(ErrorCode::LimitExceeded, "a JSON document nested deeper than {}",
                    limits.depth);
    try {
        return Json::parse(text);
    } catch (const Json::parse_error& error) {
        return fail(ErrorCode::InvalidArgument, "not JSON at byte {}", error.byte);
    } catch (const Json::exception&) {
        return fail(ErrorCode::InvalidArgument, "not JSON: a number is out of range");
    }
}

std::string dump_json(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string pretty_json(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

const Json* find_json(const Json& json, std::string_view pointer) {
    const Json* at = &json;
    while (!pointer.empty() && at != nullptr) {
        pointer.remove_prefix(1);
        std::size_t end = std::min(pointer.find('/'), pointer.size());
        at = member(*at, unescape_step(pointer.substr(0, end)));
        pointer.remove_prefix(end);
    }
    return at;
}

std::string text_at(const Json& json, std::string_view pointer, std::string_view fallback) {
    const Json* found = find_json(json, pointer);
    return found != nullptr && found->is_string() ? found->get<std::string>()
                                                  : std::string(fallback);
}

std::optional<std::int64_t> integer_at(const Json& json, std::string_view pointer) {
    const Json* found = find_json(json, pointer);
    if (found == nullptr || !found->is_number_integer()) return std::nullopt;
    return found->get<std::int64_t>();
}

bool bool_at(const Json& json, std::string_view pointer, bool fallback) {
    const Json* found = find_json(json, pointer);
    return found != nullptr && found->is_boolean() ? found->get<bool>() : fallback;
}

}  // namespace holdfast::base
