#include "api/rest_json.h"

#include <fmt/core.h>

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <system_error>

#include "api/shape.h"
#include "base/clock.h"

namespace holdfast::api {

namespace {

constexpr base::JsonLimits kBodyLimits{.bytes = 2u << 20, .depth = 64};
constexpr double kMillisPerSecond = 1000;
/// Beyond it a double does not hold milliseconds exactly, and no date means it.
constexpr double kMaxSeconds = 1e12;

/// What is no value of the kind stays as it is: validation says so.
Json read_time(const Json& value) {
    if (value.is_number()) {
        const double seconds = value.get<double>();
        if (std::abs(seconds) > kMaxSeconds) return value.dump();
        return std::llround(seconds * kMillisPerSecond);
    }
    if (!value.is_string()) return value;
    auto time = base::from_rfc3339(value.get_ref<const std::string&>());
    return time ? Json(time->time_since_epoch().count()) : value;
}

Json normalise(const Service& service, ShapeIndex index, const Json& value);

Json normalise_members(const Service& service, const Shape& shape, const Json& value) {
    Json result = Json::object();
    for (const Member& member : shape.members) {
        if (member.place != Place::Body) continue;
        const auto found = value.find(std::string(member.wire));
        if (found != value.end() && !found->is_null())
            result[std::string(member.name)] = normalise(service, member.shape, *found);
    }
    return result;
}

/// As deep as the model, which has no end only for a model that contains itself; none does.
Json normalise(const Service& service, ShapeIndex index, const Json& value) {
    const Shape& shape = service.shape(index);
    if (shape.kind == Kind::Timestamp) return read_time(value);
    if (shape.kind == Kind::Structure && value.is_object())
        return normalise_members(service, shape, value);
    if (shape.kind == Kind::List && value.is_array()) {
        Json list = Json::array();
        for (const Json& element : value)
            if (!element.is_null()) list.push_back(normalise(service, shape.element, element));
        return list;
    }
    if (shape.kind == Kind::Map && value.is_object()) {
        Json map = Json::object();
        for (const auto& [key, element] : value.items())
            if (!element.is_null()) map[key] = normalise(service, shape.element, element);
        return map;
    }
    return value;
}

/// A label or query parameter as its shape's kind; as text where it is none, for validation.
Json from_text(const Shape& shape, std::string_view text) {
    if (shape.kind == Kind::Boolean && (text == "true" || text == "false")) return text == "true";
    if (shape.kind == Kind::Timestamp) {
        if (auto time = base::from_rfc3339(text)) return time->time_since_epoch().count();
        double seconds = 0;
        const auto [end, problem] =
            std::from_chars(text.data(), text.data() + text.size(), seconds);
        if (problem == std::errc() && end == text.data() + text.size()) return read_time(seconds);
    }
    if (shape.kind == Kind::Integer) {
        std::int64_t number = 0;
        const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (problem == std::errc() && end == text.data() + text.size()) return number;
    }
    return std::string(text);
}

Json wire_form(const Service& service, ShapeIndex index, const Json& value) {
    const Shape& shape = service.shape(index);
    Json result;
    switch (shape.kind) {
        case Kind::Timestamp:
            return static_cast<double>(value.get<std::int64_t>()) / kMillisPerSecond;
        case Kind::List:
            result = Json::array();
            for (const Json& element : value)
                result.push_back(wire_form(service, shape.element, element));
            return result;
        case Kind::Map:
            result = Json::object();
            for (const auto& [key, element] : value.items())
                result[key] = wire_form(service, shape.element, element);
            return result;
        case Kind::Structure:
            result = Json::object();
            for (const Member& member : shape.members)
                if (auto found = value.find(std::string(member.name)); found != value.end())
                    result[std::string(member.wire)] = wire_form(service, member.shape, *found);
            return result;
        default:
            return value;
    }
}

}  // namespace

Answer<Json> read_rest_json(const Route& route, const Parameters& query, std::string_view body) {
    const Operation& operation = *route.operation;
    const Service& service = *operation.service;
    if (operation.input == kNoShape) return Json::object();
    const Shape& shape = service.shape(operation.input);
    Json input = Json::object();
    if (!body.empty()) {
        auto parsed = base::parse_json(body, kBodyLimits);
        if (!parsed) return refuse(errors::kSerialization, parsed.error().message);
        if (!parsed->is_object())
            return refuse(errors::kSerialization, "the body must be a JSON object");
        input = normalise_members(service, shape, *parsed);
    }
    for (const Member& member : shape.members) {
        const Shape& inner = service.shape(member.shape);
        if (member.place == Place::Path) {
            if (auto found = route.labels.find(member.wire); found != route.labels.end())
                input[std::string(member.name)] = from_text(inner, found->second);
        } else if (member.place == Place::Query && inner.kind == Kind::List) {
            for (const auto& [name, value] : query.all)
                if (name == member.wire)
                    input[std::string(member.name)].push_back(
                        from_text(service.shape(inner.element), value));
        } else if (member.place == Place::Query) {
            // An empty parameter is how some clients say that there is none.
            if (auto found = query.find(member.wire); found && !found->empty())
                input[std::string(member.name)] = from_text(inner, *found);
        }
    }
    return input;
}

std::string write_rest_json(const Operation& operation, const Json& output) {
    if (operation.output == kNoShape) return "";
    return base::dump_json(wire_form(*operation.service, operation.output, output));
}

std::string write_rest_json_error(const Service& service, const ApiError& error) {
    Json body = Json::object();
    for (const auto& [name, value] : error.members) body[name] = value;
    // Each service has its own spelling; clients of both look for theirs only.
    if (service.signing_name == "backup") {
        body["Message"] = error.message;
        body["Type"] = facts_of(service, error.name).status >= 500 ? "Server" : "Client";
        if (!error.code.empty()) body["Code"] = error.code;
        if (!error.code.empty()) body["Context"] = "1";
    } else {
        body["message"] = error.message;
    }
    return base::dump_json(body);
}

}  // namespace holdfast::api
