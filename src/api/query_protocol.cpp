#include "api/query_protocol.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <system_error>

#include "api/shape.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/utf8.h"

namespace holdfast::api {

namespace {

constexpr std::size_t kMaxListIndex = 1000;
constexpr std::size_t kMaxNameParts = 16;

/// The form as a tree: "Tags.member.1.Key" becomes Tags -> member -> 1 -> Key.
struct Node {
    std::string text;
    bool given = false;
    std::map<std::string, Node, std::less<>> children;

    const Node* child(std::string_view name) const {
        auto found = children.find(name);
        return found == children.end() ? nullptr : &found->second;
    }
};

Answer<Node> tree_of(const Parameters& form) {
    Node root;
    for (const auto& [name, value] : form.all) {
        const auto parts = base::split(name, '.');
        if (parts.size() > kMaxNameParts)
            return refuse(errors::kSerialization, "a parameter's name has too many parts");
        Node* node = &root;
        for (std::string_view part : parts) node = &node->children[std::string(part)];
        node->text = value;
        node->given = true;
    }
    return root;
}

Json read_node(const Service& service, ShapeIndex index, const Node& node);

/// Members 1, 2, ... in their order; gaps are passed over, as AWS does.
Json read_list(const Service& service, const Shape& shape, const Node& node) {
    Json list = Json::array();
    const Node* members = node.child("member");
    if (members == nullptr) return list;
    std::map<std::size_t, const Node*> ordered;
    for (const auto& [name, child] : members->children) {
        std::size_t number = 0;
        const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (problem == std::errc() && end == name.data() + name.size() && number <= kMaxListIndex)
            ordered[number] = &child;
    }
    for (const auto& [number, child] : ordered)
        list.push_back(read_node(service, shape.element, *child));
    return list;
}

Json read_scalar(Kind kind, const std::string& text) {
    if (kind == Kind::Boolean && (text == "true" || text == "false")) return text == "true";
    if (kind == Kind::Timestamp)
        if (auto time = base::from_rfc3339(text)) return time->time_since_epoch().count();
    if (kind == Kind::Integer) {
        std::int64_t number = 0;
        const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (problem == std::errc() && end == text.data() + text.size()) return number;
    }
    return text;
}

Json read_node(const Service& service, ShapeIndex index, const Node& node) {
    const Shape& shape = service.shape(index);
    if (shape.kind == Kind::List) return read_list(service, shape, node);
    if (shape.kind != Kind::Structure) return read_scalar(shape.kind, node.text);
    Json structure = Json::object();
    for (const Member& member : shape.members)
        if (const Node* child = node.child(member.wire))
            structure[std::string(member.name)] = read_node(service, member.shape, *child);
    return structure;
}

/// XML 1.0 has no place for most control characters, not even escaped.
std::string escape(std::string_view text) {
    std::string escaped;
    while (!text.empty()) {
        const std::string_view before = text;
        const auto point = base::take_code_point(text);
        if (!point) {
            escaped += "\uFFFD";
            text.remove_prefix(1);
        } else if (*point == '&') {
            escaped += "&amp;";
        } else if (*point == '<') {
            escaped += "&lt;";
        } else if (*point == '>') {
            escaped += "&gt;";
        } else if (*point == '"') {
            escaped += "&quot;";
        } else if (*point == '\r') {
            escaped += "&#xD;";
        } else if (*point < 0x20 && *point != '\n' && *point != '\t') {
            escaped += "\uFFFD";
        } else {
            escaped += before.substr(0, before.size() - text.size());
        }
    }
    return escaped;
}

void write_value(const Service& service, ShapeIndex index, const Json& value, std::string& xml) {
    const Shape& shape = service.shape(index);
    switch (shape.kind) {
        case Kind::Structure:
            for (const Member& member : shape.members) {
                auto found = value.find(std::string(member.name));
                if (found == value.end()) continue;
                xml += fmt::format("<{}>", member.wire);
                write_value(service, member.shape, *found, xml);
                xml += fmt::format("</{}>", member.wire);
            }
            break;
        case Kind::List:
            for (const Json& element : value) {
                xml += "<member>";
                write_value(service, shape.element, element, xml);
                xml += "</member>";
            }
            break;
        case Kind::Map:
            for (const auto& [key, element] : value.items()) {
                xml += fmt::format("<entry><key>{}</key><value>", escape(key));
                write_value(service, shape.element, element, xml);
                xml += "</value></entry>";
            }
            break;
        case Kind::Timestamp:
            xml += base::to_rfc3339(base::Time(base::Millis(value.get<std::int64_t>())));
            break;
        case Kind::String:
            xml += escape(value.get_ref<const std::string&>());
            break;
        default:
            xml += value.dump();
    }
}

}  // namespace

Answer<const Operation*> find_query_operation(const Service& service, const Parameters& form) {
    const auto action = form.find("Action");
    if (!action) return refuse(errors::kUnknownOperation, "the parameter Action is missing");
    const auto version = form.find("Version");
    const auto found = std::ranges::find(service.operations, *action, &Operation::name);
    if (found == service.operations.end() || (version && *version != service.api_version))
        return refuse(errors::kUnknownOperation,
                      fmt::format("Could not find operation {} for version {}", *action,
                                  version.value_or(service.api_version)));
    return &*found;
}

Answer<Json> read_query(const Operation& operation, const Parameters& form) {
    if (operation.input == kNoShape) return Json::object();
    const Node root = TRY(tree_of(form));
    return read_node(*operation.service, operation.input, root);
}

std::string write_query(const Operation& operation, const Json& output,
                        std::string_view request_id) {
    std::string xml =
        fmt::format("<{}Response xmlns=\"{}\">", operation.name, operation.service->xml_namespace);
    if (!operation.wrapper.empty()) xml += fmt::format("<{}>", operation.wrapper);
    if (operation.output != kNoShape)
        write_value(*operation.service, operation.output, output, xml);
    if (!operation.wrapper.empty()) xml += fmt::format("</{}>", operation.wrapper);
    xml +=
        fmt::format("<ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></{}Response>",
                    request_id, operation.name);
    return xml;
}

std::string write_query_error(const Service& service, const ApiError& error,
                              std::string_view request_id) {
    const ErrorFacts facts = facts_of(service, error.name);
    return fmt::format(
        "<ErrorResponse xmlns=\"{}\"><Error><Type>{}</Type><Code>{}</Code><Message>{}</Message>"
        "</Error><RequestId>{}</RequestId></ErrorResponse>",
        service.xml_namespace, facts.status >= 500 ? "Receiver" : "Sender", facts.code,
        escape(error.message), request_id);
}

}  // namespace holdfast::api
