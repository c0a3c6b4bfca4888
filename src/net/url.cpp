#include "net/url.h"

#include <array>
#include <charconv>
#include <system_error>

#include "base/bytes.h"
#include "base/text.h"

namespace holdfast::net {
namespace {

constexpr std::size_t kMaxUrlBytes = 8192;

struct SchemePort {
    std::string_view scheme;
    std::uint16_t port;
};
constexpr std::array kSchemes = {
    SchemePort{.scheme = "https", .port = 443},
    SchemePort{.scheme = "http", .port = 80},
    SchemePort{.scheme = "socks5", .port = 1080},
    SchemePort{.scheme = "socks5h", .port = 1080},
};

std::uint16_t default_port(std::string_view scheme) {
    for (const SchemePort& known : kSchemes) {
        if (known.scheme == scheme) return known.port;
    }
    return 0;
}

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

bool is_host_character(char c) {
    return is_unreserved(c) || c == '%' || static_cast<unsigned char>(c) >= 0x80;
}

Result<void> parse_user(std::string_view text, Url& url) {
    const std::size_t colon = text.find(':');
    url.user = TRY(percent_decode(text.substr(0, colon)));
    if (colon != std::string_view::npos) {
        url.password = TRY(percent_decode(text.substr(colon + 1)));
    }
    return {};
}

Result<void> parse_port(std::string_view text, Url& url) {
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, url.port);
    if (error != std::errc() || stopped != end || url.port == 0) {
        return fail(ErrorCode::InvalidArgument, "the port is no number from 1 to 65535");
    }
    return {};
}

Result<void> parse_host(std::string_view text, Url& url) {
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) {
            return fail(ErrorCode::InvalidArgument, "an address in brackets does not end");
        }
        url.host = text.substr(1, close - 1);
        for (const char c : url.host) {
            if (!is_host_character(c) && c != ':') {
                return fail(ErrorCode::InvalidArgument, "the host has a forbidden character");
            }
        }
        port = text.substr(close + 1);
    } else {
        const std::size_t colon = text.find(':');
        url.host = text.substr(0, colon);
        for (const char c : url.host) {
            if (!is_host_character(c)) {
                return fail(ErrorCode::InvalidArgument, "the host has a forbidden character");
            }
        }
        if (colon != std::string_view::npos) port = text.substr(colon);
    }
    if (url.host.empty()) return fail(ErrorCode::InvalidArgument, "the host is missing");
    if (port.empty()) {
        url.port = default_port(url.scheme);
        return {};
    }
    if (!port.starts_with(':')) {
        return fail(ErrorCode::InvalidArgument, "there is text between host and port");
    }
    return parse_port(port.substr(1), url);
}

Result<Url> parse_parts(std::string_view text) {
    if (text.size() > kMaxUrlBytes) return fail(ErrorCode::InvalidArgument, "it is too long");
    for (const char c : text) {
        if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) {
            return fail(ErrorCode::InvalidArgument, "it has a space or control character");
        }
    }
    const std::size_t colon = text.find("://");
    if (colon == std::string_view::npos) {
        return fail(ErrorCode::InvalidArgument, "it does not begin with a scheme such as https://");
    }
    Url url;
    url.scheme = base::to_lower(text.substr(0, colon));
    if (default_port(url.scheme) == 0) {
        return fail(ErrorCode::InvalidArgument, "its scheme is none of https, http and socks5");
    }
    std::string_view rest = text.substr(colon + 3);
    if (rest.find_first_of("?#") != std::string_view::npos) {
        return fail(ErrorCode::InvalidArgument, "a query or fragment has no place in it");
    }
    const std::size_t slash = rest.find('/');
    std::string_view authority = rest.substr(0, slash);
    if (slash != std::string_view::npos) url.path = rest.substr(slash);
    while (url.path.ends_with('/')) url.path.pop_back();
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
        TRY(parse_user(authority.substr(0, at), url));
        authority.remove_prefix(at + 1);
    }
    TRY(parse_host(authority, url));
    return url;
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
    return TRY(parse_parts(text), "the address is no URL");
}

std::string Url::authority() const {
    const bool brackets = host.contains(':');
    return fmt::format("{}{}{}:{}", brackets ? "[" : "", host, brackets ? "]" : "", port);
}

std::string Url::text() const {
    std::string shown = authority();
    if (port == default_port(scheme)) shown.resize(shown.rfind(':'));
    return fmt::format("{}://{}{}", scheme, shown, path);
}

bool Url::is_loopback() const {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string encoded;
    encoded.reserve(text.size());
    for (const char c : text) {
        if (is_unreserved(c)) {
            encoded += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        encoded += '%';
        encoded += kDigits[byte >> 4u];
        encoded += kDigits[byte & 0xfu];
    }
    return encoded;
}

Result<std::string> percent_decode(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        const Result<Bytes> byte = base::from_hex(text.substr(i + 1, 2));
        if (!byte || byte->size() != 1) {
            return fail(ErrorCode::InvalidArgument, "a '%' is not followed by two digits");
        }
        decoded += static_cast<char>(byte->front());
        i += 2;
    }
    return decoded;
}

std::string query_string(const std::vector<std::pair<std::string, std::string>>& parameters) {
    std::string text;
    for (const auto& [name, value] : parameters) {
        if (!text.empty()) text += '&';
        text += percent_encode(name);
        text += '=';
        text += percent_encode(value);
    }
    return text;
}

}  // namespace holdfast::net
