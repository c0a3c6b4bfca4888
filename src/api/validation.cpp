#include "api/validation.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "api/pattern.h"
#include "base/utf8.h"

namespace holdfast::api {

namespace {

constexpr std::size_t kMaxShownValue = 100;

/// AWS names members in its sentences with a small first letter.
std::string spoken(std::string_view name) {
    std::string text(name);
    if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z')
        text[0] = static_cast<char>(text[0] + 32);
    return text;
}

bool is_int64(const Json& value) {
    if (value.is_number_unsigned()) return value.get<std::uint64_t>() <= INT64_MAX;
    return value.is_number_integer();
}

class Checker {
public:
    explicit Checker(const Service& service) : service_(service) {}

    void check(ShapeIndex index, const Json& value, const std::string& path) {
        if (violations_.size() >= kMaxViolations) return;
        const Shape& shape = service_.shape(index);
        switch (shape.kind) {
            case Kind::String:
                return check_string(shape, value, path);
            case Kind::Integer:
                if (!is_int64(value)) return wrong_type(path, "an integer");
                return check_bounds(shape, value.get<std::int64_t>(), value, path, "value");
            case Kind::Boolean:
                if (!value.is_boolean()) wrong_type(path, "a boolean");
                return;
            case Kind::Timestamp:
                if (!is_int64(value)) wrong_type(path, "a timestamp");
                return;
            case Kind::List:
                return check_list(shape, value, path);
            case Kind::Map:
                return check_map(shape, value, path);
            case Kind::Structure:
                return check_structure(shape, value, path);
        }
    }

    std::vector<Violation> take() { return std::move(violations_); }

private:
    void add(Violation::Kind kind, const std::string& path, std::string constraint,
             std::string value = "") {
        if (violations_.size() >= kMaxViolations) return;
        violations_.push_back({.kind = kind,
                               .member = path,
                               .constraint = std::move(constraint),
                               .value = std::move(value)});
    }
    void wrong_type(const std::string& path, std::string_view what) {
        add(Violation::Kind::WrongType, path, fmt::format("Member must be {}", what));
    }
    void out_of_bounds(const Shape& shape, const std::string& path, const Json& value,
                       std::string constraint) {
        std::string shown = value.is_string() ? value.get<std::string>() : value.dump();
        if (shape.sensitive || !value.is_primitive()) shown.clear();
        add(Violation::Kind::OutOfBounds, path, std::move(constraint),
            shown.substr(0, kMaxShownValue));
    }

    /// `what` is "value" for numbers and "length" for texts and lists, as AWS says it.
    void check_bounds(const Shape& shape, std::int64_t number, const Json& value,
                      const std::string& path, std::string_view what) {
        if (shape.min && number < *shape.min)
            out_of_bounds(
                shape, path, value,
                fmt::format("Member must have {} greater than or equal to {}", what, *shape.min));
        if (shape.max && number > *shape.max)
            out_of_bounds(
                shape, path, value,
                fmt::format("Member must have {} less than or equal to {}", what, *shape.max));
    }

    void check_string(const Shape& shape, const Json& value, const std::string& path) {
        if (!value.is_string()) return wrong_type(path, "a string");
        const auto& text = value.get_ref<const std::string&>();
        const auto length = base::count_code_points(text);
        if (!length || text.find('\0') != text.npos)
            return add(Violation::Kind::WrongType, path, "Member must be UTF-8 text without NUL");
        check_bounds(shape, static_cast<std::int64_t>(*length), value, path, "length");
        if (!shape.pattern.empty() && !fits_pattern(shape.pattern, text))
            out_of_bounds(
                shape, path, value,
                fmt::format("Member must satisfy regular expression pattern: {}", shape.pattern));
        if (!shape.values.empty() && std::ranges::find(shape.values, text) == shape.values.end())
            out_of_bounds(shape, path, value,
                          fmt::format("Member must satisfy enum value set: [{}]",
                                      fmt::join(shape.values, ", ")));
    }

    void check_list(const Shape& shape, const Json& value, const std::string& path) {
        if (!value.is_array()) return wrong_type(path, "a list");
        check_bounds(shape, static_cast<std::int64_t>(value.size()), value, path, "length");
        for (std::size_t i = 0; i < value.size(); ++i)
            check(shape.element, value[i], fmt::format("{}.{}.member", path, i + 1));
    }

    void check_map(const Shape& shape, const Json& value, const std::string& path) {
        if (!value.is_object()) return wrong_type(path, "a map");
        check_bounds(shape, static_cast<std::int64_t>(value.size()), value, path, "length");
        for (const auto& [key, element] : value.items()) {
            check(shape.key, Json(key), path + ".key");
            check(shape.element, element, path + ".value");
        }
    }

    void check_structure(const Shape& shape, const Json& value, const std::string& path) {
        if (!value.is_object()) return wrong_type(path, "a structure");
        for (const Member& member : shape.members) {
            const std::string inner =
                path.empty() ? spoken(member.name) : path + "." + spoken(member.name);
            const auto found = value.find(std::string(member.name));
            if (found != value.end())
                check(member.shape, *found, inner);
            else if (member.required)
                add(Violation::Kind::Missing, inner, "Member must not be null");
        }
    }

    const Service& service_;
    std::vector<Violation> violations_;
};

}  // namespace

std::vector<Violation> find_violations(const Service& service, ShapeIndex shape,
                                       const Json& value) {
    if (shape == kNoShape) return {};
    Checker checker(service);
    checker.check(shape, value, "");
    return checker.take();
}

}  // namespace holdfast::api
