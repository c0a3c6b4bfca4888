#include "net/canonical_request.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/text.h"
#include "crypto/mac.h"
#include "net/url.h"

namespace holdfast::net {
namespace {

constexpr std::size_t kMaxParameters = 1000;

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/// `text` without spaces at its ends and with one space for each run of them within.
void append_collapsed(std::string& to, std::string_view text) {
    bool pending = false;
    const std::size_t begin = to.size();
    for (const char c : text) {
        if (is_space(c)) {
            pending = to.size() > begin;
            continue;
        }
        if (pending) to += ' ';
        pending = false;
        to += c;
    }
}

Result<std::string> decode_parameter(std::string_view text) {
    std::string spaced(text);
    std::ranges::replace(spaced, '+', ' ');
    return percent_decode(spaced);
}

}  // namespace

TargetParts split_target(std::string_view target) {
    const std::size_t mark = target.find('?');
    if (mark == std::string_view::npos) return {.path = target, .query = {}};
    return {.path = target.substr(0, mark), .query = target.substr(mark + 1)};
}

Result<Parameters> parse_query(std::string_view query) {
    Parameters parameters;
    for (const std::string_view pair : base::split(query, '&')) {
        if (pair.empty()) continue;
        if (parameters.size() == kMaxParameters) {
            return fail(ErrorCode::LimitExceeded, "there are more than {} query parameters",
                        kMaxParameters);
        }
        const std::size_t equals = std::min(pair.find('='), pair.size());
        const std::size_t value = std::min(equals + 1, pair.size());
        parameters.emplace_back(TRY(decode_parameter(pair.substr(0, equals))),
                                TRY(decode_parameter(pair.substr(value))));
    }
    return parameters;
}

std::string canonical_path(std::string_view path) {
    std::vector<std::string_view> segments;
    for (const std::string_view segment : base::split(path, '/')) {
        if (segment.empty() || segment == ".") continue;
        if (segment != "..") {
            segments.push_back(segment);
        } else if (!segments.empty()) {
            segments.pop_back();
        }
    }
    std::string canonical;
    for (const std::string_view segment : segments) {
        canonical += '/';
        canonical += percent_encode(segment);
    }
    if (segments.empty() || path.ends_with('/')) canonical += '/';
    return canonical;
}

std::string canonical_query(const Parameters& parameters) {
    Parameters encoded;
    encoded.reserve(parameters.size());
    for (const auto& [name, value] : parameters) {
        encoded.emplace_back(percent_encode(name), percent_encode(value));
    }
    std::ranges::sort(encoded);
    std::string text;
    for (const auto& [name, value] : encoded) {
        if (!text.empty()) text += '&';
        text += name;
        text += '=';
        text += value;
    }
    return text;
}

std::string canonical_headers(const Headers& headers, const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text += name;
        char before = ':';
        for (const auto& [known, value] : headers) {
            if (!same_header_name(known, name)) continue;
            text += before;
            append_collapsed(text, value);
            before = ',';
        }
        text += '\n';
    }
    return text;
}

std::string hex_sha256(std::string_view text) {
    return base::to_hex(crypto::sha256(base::as_bytes(text)));
}

std::string canonical_request(const SignedRequest& request, const CanonicalParts& parts) {
    return fmt::format(
        "{}\n{}\n{}\n{}\n{}\n{}", request.method, canonical_path(split_target(request.target).path),
        canonical_query(parts.parameters), canonical_headers(request.headers, parts.names),
        base::join(parts.names, ";"), parts.body_hash);
}

std::string to_basic_time(base::Time time) {
    std::string text = base::to_rfc3339(time);
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text;
}

Result<base::Time> from_basic_time(std::string_view text) {
    constexpr std::size_t kLength = 16;
    const auto bad = [] {
        return fail(ErrorCode::InvalidArgument, "this is no time of the form 20150830T123600Z");
    };
    if (text.size() != kLength) return bad();
    const Result<base::Time> time = base::from_rfc3339(
        fmt::format("{}-{}-{}T{}:{}:{}Z", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2),
                    text.substr(9, 2), text.substr(11, 2), text.substr(13, 2)));
    if (!time || to_basic_time(*time) != text) return bad();
    return time;
}

std::string scope_text(const SigV4Scope& scope) {
    return fmt::format("{}/{}/{}/{}", scope.date, scope.region, scope.service, kTerminator);
}

std::string string_to_sign(base::Time time, const SigV4Scope& scope, std::string_view canonical) {
    return fmt::format("{}\n{}\n{}\n{}", kAlgorithm, to_basic_time(time), scope_text(scope),
                       hex_sha256(canonical));
}

}  // namespace holdfast::net
