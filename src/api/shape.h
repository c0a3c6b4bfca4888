#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

/// The tables that describe an interface. idl/generate.py fills them from the data in idl/.
namespace holdfast::api {

enum class Kind { String, Integer, Boolean, Timestamp, List, Map, Structure };
enum class Place { Body, Path, Query };
enum class Protocol { RestJson, Query };

/// Where a shape stands in its service's table.
using ShapeIndex = std::uint16_t;
inline constexpr ShapeIndex kNoShape = 0xffff;

struct Member {
    std::string_view name;  ///< as in the typed structure's model
    std::string_view wire;  ///< as it is sent
    ShapeIndex shape = kNoShape;
    Place place = Place::Body;
    bool required = false;
};

struct Shape {
    std::string_view name;
    Kind kind = Kind::String;
    bool sensitive = false;
    /// Of a string its length in characters, of a list or map its members, of an integer itself.
    std::optional<std::int64_t> min = std::nullopt;
    std::optional<std::int64_t> max = std::nullopt;
    std::string_view pattern = {};  ///< one that pattern.h knows
    std::span<const std::string_view> values = {};
    std::span<const Member> members = {};
    ShapeIndex element = kNoShape;  ///< of a list, and the values of a map
    ShapeIndex key = kNoShape;      ///< of a map
};

struct ErrorShape {
    std::string_view name;  ///< such as "NoSuchEntityException"
    std::string_view code;  ///< what a query service calls it, such as "NoSuchEntity"
    int status = 400;
};

struct Service;

struct Operation {
    const Service* service = nullptr;
    std::string_view name;
    std::string_view method;
    std::string_view path;  ///< with labels, such as "/backup-vaults/{backupVaultName}"
    int status = 200;       ///< of success
    bool typed = false;     ///< others are known by name and route only
    ShapeIndex input = kNoShape;
    ShapeIndex output = kNoShape;
    std::span<const std::uint16_t> errors = {};
    std::string_view wrapper = {};  ///< of a query service's answer
};

struct Service {
    std::string_view name;
    std::string_view signing_name;
    Protocol protocol = Protocol::RestJson;
    std::string_view api_version;
    std::string_view xml_namespace;
    std::span<const Shape> shapes;
    std::span<const ErrorShape> errors;
    std::span<const Operation> operations;

    const Shape& shape(ShapeIndex index) const { return shapes[index]; }
};

/// What an operation without input or output takes or gives.
struct Nothing {};

}  // namespace holdfast::api
