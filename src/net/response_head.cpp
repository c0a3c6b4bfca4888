#include "net/response_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include "net/headers.h"
#include "net/http_date.h"

namespace holdfast::net {
namespace {

struct Reason {
    int status;
    std::string_view text;
};
constexpr std::array kReasons = {
    Reason{.status = 200, .text = "OK"},
    Reason{.status = 201, .text = "Created"},
    Reason{.status = 202, .text = "Accepted"},
    Reason{.status = 204, .text = "No Content"},
    Reason{.status = 301, .text = "Moved Permanently"},
    Reason{.status = 302, .text = "Found"},
    Reason{.status = 304, .text = "Not Modified"},
    Reason{.status = 307, .text = "Temporary Redirect"},
    Reason{.status = 400, .text = "Bad Request"},
    Reason{.status = 401, .text = "Unauthorized"},
    Reason{.status = 403, .text = "Forbidden"},
    Reason{.status = 404, .text = "Not Found"},
    Reason{.status = 405, .text = "Method Not Allowed"},
    Reason{.status = 408, .text = "Request Timeout"},
    Reason{.status = 409, .text = "Conflict"},
    Reason{.status = 413, .text = "Content Too Large"},
    Reason{.status = 414, .text = "URI Too Long"},
    Reason{.status = 417, .text = "Expectation Failed"},
    Reason{.status = 429, .text = "Too Many Requests"},
    Reason{.status = 431, .text = "Request Header Fields Too Large"},
    Reason{.status = 500, .text = "Internal Server Error"},
    Reason{.status = 501, .text = "Not Implemented"},
    Reason{.status = 503, .text = "Service Unavailable"},
};

std::string_view reason_of(int status) {
    const auto* const found = std::ranges::find(kReasons, status, &Reason::status);
    return found == kReasons.end() ? "" : found->text;
}

bool belongs_to_connection(std::string_view name) {
    return same_header_name(name, "content-length") || same_header_name(name, "connection") ||
           same_header_name(name, "transfer-encoding") || same_header_name(name, "date");
}

bool is_control(char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f';
}

bool fits_on_a_line(std::string_view name, std::string_view value) {
    const auto separates = [](char c) {
        return is_control(c) || c == ':' || c == ' ' || c == '\t';
    };
    return !name.empty() && std::ranges::none_of(name, separates) &&
           std::ranges::none_of(value, is_control);
}

}  // namespace

bool may_have_body(int status) {
    return status >= 200 && status != 204 && status != 304;
}

Result<std::string> response_head(const ServerResponse& response, base::Time now,
                                  AfterAnswer after) {
    if (response.status < 200 || response.status > 599) {
        return fail(ErrorCode::InvalidArgument, "{} is no status of an answer", response.status);
    }
    std::string head =
        fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_of(response.status));
    const auto add = [&](std::string_view name, std::string_view value) {
        fmt::format_to(std::back_inserter(head), "{}: {}\r\n", name, value);
    };
    for (const auto& [name, value] : response.headers) {
        if (!fits_on_a_line(name, value)) {
            return fail(ErrorCode::InvalidArgument, "the header '{}' of an answer is malformed",
                        name);
        }
        if (!belongs_to_connection(name)) add(name, value);
    }
    add("Date", to_http_date(now));
    if (may_have_body(response.status)) add("Content-Length", std::to_string(response.body.size()));
    add("Connection", after == AfterAnswer::KeepOpen ? "keep-alive" : "close");
    head += "\r\n";
    return head;
}

}  // namespace holdfast::net
