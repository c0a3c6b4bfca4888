#include "kube/yaml.h"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>

namespace holdfast::kube {
namespace {

std::unexpected<Error> invalid(const YAML::Mark& mark, std::string_view what) {
    if (mark.is_null()) return fail(ErrorCode::InvalidArgument, "{}", what);
    return fail(ErrorCode::InvalidArgument, "line {}: {}", mark.line + 1, what);
}

bool is_null(std::string_view text) {
    return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

template <class T>
bool parses(std::string_view text, int base, T& value) {
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value, base);
    return error == std::errc() && stopped == end;
}

Json integer_or_text(std::string_view text) {
    std::string_view digits = text;
    int base = 10;
    if (digits.starts_with("0x")) {
        base = 16;
    } else if (digits.starts_with("0o")) {
        base = 8;
    }
    if (base != 10) digits.remove_prefix(2);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    std::int64_t number = 0;
    if (parses(digits, base, number)) return number;
    std::uint64_t large = 0;
    if (parses(digits, base, large)) return large;
    return std::string(text);
}

Json typed(std::string_view text) {
    if (is_null(text)) return nullptr;
    if (text == "true" || text == "True" || text == "TRUE") return true;
    if (text == "false" || text == "False" || text == "FALSE") return false;
    if (std::string_view("+-.0123456789").find(text.front()) == std::string_view::npos) {
        return std::string(text);
    }
    Json integer = integer_or_text(text);
    if (!integer.is_string()) return integer;
    if (text.find_first_not_of("+-.0123456789eE") != std::string_view::npos) return integer;
    const std::string_view number = text.front() == '+' ? text.substr(1) : text;
    double value = 0;
    const char* end = number.data() + number.size();
    const auto [stopped, error] = std::from_chars(number.data(), end, value);
    if (error != std::errc() || stopped != end || !std::isfinite(value)) return integer;
    return value;
}

class Converter {
public:
    Converter(YamlScalars scalars, const YamlLimits& limits) : scalars_(scalars), limits_(limits) {}

    Result<Json> convert(const YAML::Node& node, std::size_t depth) {
        if (++nodes_ > limits_.nodes) {
            return fail(ErrorCode::LimitExceeded, "the YAML has more than {} nodes", limits_.nodes);
        }
        if (depth > limits_.depth) {
            return fail(ErrorCode::LimitExceeded, "the YAML nests deeper than {}", limits_.depth);
        }
        switch (node.Type()) {
            case YAML::NodeType::Undefined:
            case YAML::NodeType::Null:
                return Json(nullptr);
            case YAML::NodeType::Scalar:
                return scalar(node);
            case YAML::NodeType::Sequence:
                return sequence(node, depth);
            case YAML::NodeType::Map:
                return map(node, depth);
        }
        return Json(nullptr);
    }

private:
    Json scalar(const YAML::Node& node) const {
        const std::string& text = node.Scalar();
        const std::string& tag = node.Tag();
        const bool quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
        if (quoted) return text;
        if (scalars_ == YamlScalars::Text) return is_null(text) ? Json(nullptr) : Json(text);
        return typed(text);
    }

    Result<Json> sequence(const YAML::Node& node, std::size_t depth) {
        Json array = Json::array();
        for (const YAML::Node& item : node) array.push_back(TRY(convert(item, depth + 1)));
        return array;
    }

    Result<Json> map(const YAML::Node& node, std::size_t depth) {
        Json object = Json::object();
        for (const auto& entry : node) {
            if (!entry.first.IsScalar()) return invalid(entry.first.Mark(), "a key is no text");
            const std::string& key = entry.first.Scalar();
            if (object.contains(key)) {
                return invalid(entry.first.Mark(), fmt::format("the key {} occurs twice", key));
            }
            object[key] = TRY(convert(entry.second, depth + 1));
        }
        return object;
    }

    YamlScalars scalars_;
    const YamlLimits& limits_;
    std::size_t nodes_ = 0;
};

}  // namespace

Result<Json> yaml_to_json(std::string_view text, YamlScalars scalars, const YamlLimits& limits) {
    if (text.size() > limits.bytes) {
        return fail(ErrorCode::LimitExceeded, "the YAML has more than {} bytes", limits.bytes);
    }
    // yaml-cpp throws; nothing of it leaves this function.
    try {
        return Converter(scalars, limits).convert(YAML::Load(std::string(text)), 0);
    } catch (const YAML::Exception& error) {
        return invalid(error.mark, error.msg);
    } catch (const std::exception& error) {
        return fail(ErrorCode::InvalidArgument, "the YAML cannot be read: {}", error.what());
    }
}

}  // namespace holdfast::kube
