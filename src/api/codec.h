#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/json.h"

/// Between typed structures and the JSON form that validation has accepted: members by their model
/// name, absent ones absent, times as milliseconds since 1970. Generated code only includes this.
namespace holdfast::api::codec {

inline void from_json(const Json& from, std::string& into) {
    into = from.get<std::string>();
}
inline void from_json(const Json& from, std::int64_t& into) {
    into = from.get<std::int64_t>();
}
inline void from_json(const Json& from, bool& into) {
    into = from.get<bool>();
}
inline void from_json(const Json& from, base::Time& into) {
    into = base::Time(base::Millis(from.get<std::int64_t>()));
}
template <class T>
void from_json(const Json& from, std::vector<T>& into);
template <class T>
void from_json(const Json& from, std::map<std::string, T>& into);
/// A structure: read() is declared beside it and found by its namespace.
template <class T>
void from_json(const Json& from, T& into) {
    read(from, into);
}
template <class T>
void from_json(const Json& from, std::vector<T>& into) {
    into.resize(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) from_json(from[i], into[i]);
}
template <class T>
void from_json(const Json& from, std::map<std::string, T>& into) {
    for (const auto& [key, value] : from.items()) from_json(value, into[key]);
}

inline Json to_json(const std::string& value) {
    return value;
}
inline Json to_json(std::int64_t value) {
    return value;
}
inline Json to_json(bool value) {
    return value;
}
inline Json to_json(base::Time value) {
    return value.time_since_epoch().count();
}
template <class T>
Json to_json(const std::vector<T>& values);
template <class T>
Json to_json(const std::map<std::string, T>& values);
template <class T>
Json to_json(const T& value) {
    return write(value);
}
template <class T>
Json to_json(const std::vector<T>& values) {
    Json list = Json::array();
    for (const T& value : values) list.push_back(to_json(value));
    return list;
}
template <class T>
Json to_json(const std::map<std::string, T>& values) {
    Json map = Json::object();
    for (const auto& [key, value] : values) map[key] = to_json(value);
    return map;
}

template <class T>
void take(const Json& from, const char* name, T& into) {
    if (auto found = from.find(name); found != from.end()) from_json(*found, into);
}
template <class T>
void take(const Json& from, const char* name, std::optional<T>& into) {
    if (auto found = from.find(name); found != from.end()) from_json(*found, into.emplace());
}

template <class T>
void put(Json& into, const char* name, const T& value) {
    into[name] = to_json(value);
}
template <class T>
void put(Json& into, const char* name, const std::optional<T>& value) {
    if (value) into[name] = to_json(*value);
}

}  // namespace holdfast::api::codec
