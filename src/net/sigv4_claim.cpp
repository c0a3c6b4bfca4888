#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/text.h"
#include "crypto/mac.h"
#include "net/canonical_request.h"
#include "net/headers.h"
#include "net/http_date.h"
#include "net/signature_refusal.h"
#include "net/sigv4.h"

namespace holdfast::net {
namespace {

constexpr std::size_t kMaxTargetBytes = 64u << 10u;
constexpr std::size_t kMaxAuthorizationBytes = 16u << 10u;
constexpr std::size_t kMaxAccessKeyIdBytes = 128;
constexpr std::size_t kMaxScopeNameBytes = 64;
constexpr std::size_t kMaxTokenBytes = 16u << 10u;
constexpr std::size_t kMaxSignedHeaders = 100;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kCredentialParts = 5;
constexpr std::size_t kDateBytes = 8;

using Claim = std::expected<SignatureClaim, SignatureRefusal>;
using Checked = std::expected<void, SignatureRefusal>;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_word(char c) {
    return is_digit(c) || is_letter(c) || c == '_';
}
bool is_scope_character(char c) {
    return is_digit(c) || is_letter(c) || c == '-' || c == '_' || c == '.';
}
/// What a header's name may hold (RFC 9110, 5.6.2), in lower case.
bool is_name_character(char c) {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return is_digit(c) || (c >= 'a' && c <= 'z') || kMarks.contains(c);
}
bool is_lower_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

/// One header that may stand once; nothing when it is not there.
std::expected<std::optional<std::string_view>, SignatureRefusal> single_header(
    const Headers& headers, std::string_view name) {
    std::optional<std::string_view> found;
    for (const auto& [known, value] : headers) {
        if (!same_header_name(known, name)) continue;
        if (found) {
            return refuse(SignatureFault::Malformed, "The request has more than one '{}' header.",
                          name);
        }
        found = base::trim(value);
    }
    return found;
}

bool has_header(const Headers& headers, std::string_view name) {
    return std::ranges::any_of(
        headers, [&](const auto& header) { return same_header_name(header.first, name); });
}

Checked read_credential(std::string_view text, SignatureClaim& claim) {
    const std::vector<std::string_view> parts = base::split(text, '/');
    if (text.size() > kMaxAuthorizationBytes || parts.size() != kCredentialParts) {
        return refuse(SignatureFault::Malformed,
                      "Credential must have exactly 5 slash-delimited elements, e.g. "
                      "keyid/date/region/service/term.");
    }
    const auto fits = [](std::string_view part, std::size_t max, bool (*allowed)(char)) {
        return !part.empty() && part.size() <= max && std::ranges::all_of(part, allowed);
    };
    if (!fits(parts[0], kMaxAccessKeyIdBytes, is_word)) {
        return refuse(SignatureFault::Malformed, "The access key ID in Credential is malformed.");
    }
    if (parts[1].size() != kDateBytes || !std::ranges::all_of(parts[1], is_digit)) {
        return refuse(SignatureFault::Malformed,
                      "The date in Credential must have the form yyyymmdd.");
    }
    if (!fits(parts[2], kMaxScopeNameBytes, is_scope_character)) {
        return refuse(SignatureFault::BadScope, "Credential should be scoped to a valid region.");
    }
    if (!fits(parts[3], kMaxScopeNameBytes, is_scope_character)) {
        return refuse(SignatureFault::BadScope, "Credential should be scoped to correct service.");
    }
    if (parts[4] != kTerminator) {
        return refuse(SignatureFault::BadScope,
                      "Credential should be scoped with a valid terminator: '{}'.", kTerminator);
    }
    claim.access_key_id = parts[0];
    claim.scope = {.date = std::string(parts[1]),
                   .region = std::string(parts[2]),
                   .service = std::string(parts[3])};
    return {};
}

Checked read_signed_headers(std::string_view text, SignatureClaim& claim) {
    for (const std::string_view name : base::split(text, ';')) {
        if (name.empty() || !std::ranges::all_of(name, is_name_character)) {
            return refuse(SignatureFault::Malformed,
                          "SignedHeaders must be lower-case header names between semicolons.");
        }
        if (claim.signed_headers.size() == kMaxSignedHeaders) {
            return refuse(SignatureFault::Malformed, "SignedHeaders has more than {} names.",
                          kMaxSignedHeaders);
        }
        claim.signed_headers.emplace_back(name);
    }
    const auto unordered = std::ranges::adjacent_find(claim.signed_headers, std::greater_equal());
    if (unordered != claim.signed_headers.end()) {
        return refuse(SignatureFault::Malformed,
                      "SignedHeaders must be sorted and name each header once.");
    }
    return {};
}

Checked read_signature(std::string_view text, SignatureClaim& claim) {
    if (text.size() != kSignatureBytes || !std::ranges::all_of(text, is_lower_hex)) {
        return refuse(SignatureFault::Malformed, "Signature must be 64 hexadecimal digits.");
    }
    claim.signature = text;
    return {};
}

Checked read_token(std::string_view text, SignatureClaim& claim) {
    if (text.size() > kMaxTokenBytes) {
        return refuse(SignatureFault::Malformed, "The security token is too long.");
    }
    claim.session_token = text;
    return {};
}

Checked read_time(std::string_view text, SignatureClaim& claim) {
    Result<base::Time> time = from_basic_time(text);
    if (!time) time = from_http_date(text);
    if (!time) {
        return refuse(SignatureFault::Malformed,
                      "Date must be in ISO-8601 'basic format', such as 20150830T123600Z.");
    }
    claim.time = *time;
    const std::string day = to_basic_time(*time).substr(0, kDateBytes);
    if (claim.scope.date != day) {
        return refuse(SignatureFault::BadScope,
                      "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of "
                      "date from HTTP: '{}' != '{}', from '{}'.",
                      claim.scope.date, day, to_basic_time(*time));
    }
    return {};
}

/// Host and all x-amz-* headers are signed, and everything that is signed is there.
Checked check_signed_headers(const SignedRequest& request, const SignatureClaim& claim) {
    if (!std::ranges::binary_search(claim.signed_headers, "host")) {
        return refuse(SignatureFault::Unsigned,
                      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    }
    for (const std::string& name : claim.signed_headers) {
        if (has_header(request.headers, name)) continue;
        return refuse(SignatureFault::Unsigned,
                      "'{}' is named in SignedHeaders, but the request has no such header.", name);
    }
    for (const auto& [name, value] : request.headers) {
        const std::string lower = base::to_lower(name);
        if (!lower.starts_with("x-amz-")) continue;
        if (std::ranges::binary_search(claim.signed_headers, lower)) continue;
        return refuse(SignatureFault::Unsigned,
                      "There were headers present in the request which were not signed: {}", lower);
    }
    return {};
}

/// Named parts of a signature, as texts.
struct Part {
    std::string_view name;
    std::optional<std::string> value;
};

Part* find_part(std::span<Part> parts, std::string_view name) {
    const auto found = std::ranges::find(parts, name, &Part::name);
    return found == parts.end() ? nullptr : &*found;
}

/// For error messages: what the client sent, without showing it to whoever reads our logs.
std::string hashed(std::string_view text) {
    return base::to_base64(crypto::sha256(base::as_bytes(text)));
}

Checked read_authorization(std::string_view text, std::span<Part> parts) {
    const std::size_t space = std::min(text.find(' '), text.size());
    if (text.substr(0, space) != kAlgorithm) {
        return refuse(SignatureFault::Malformed,
                      "Unsupported AWS 'algorithm' in the Authorization header; the only one is "
                      "'{}'.",
                      kAlgorithm);
    }
    for (const std::string_view piece : base::split(text.substr(space), ',')) {
        const std::string_view pair = base::trim(piece);
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos) {
            if (pair.empty()) continue;
            return refuse(SignatureFault::Incomplete,
                          "Invalid key=value pair (missing equal-sign) in Authorization header "
                          "(hashed with SHA-256 and encoded with Base64): '{}'.",
                          hashed(text));
        }
        Part* const part = find_part(parts, pair.substr(0, equals));
        if (part == nullptr || part->value) {
            return refuse(SignatureFault::Malformed,
                          "The Authorization header has an unknown or repeated parameter.");
        }
        part->value = pair.substr(equals + 1);
    }
    return {};
}

Claim claim_of_header(const SignedRequest& request, std::string_view authorization) {
    if (authorization.size() > kMaxAuthorizationBytes) {
        return refuse(SignatureFault::Malformed, "The Authorization header is too long.");
    }
    std::array<Part, 3> parts = {Part{.name = "Credential"}, Part{.name = "Signature"},
                                 Part{.name = "SignedHeaders"}};
    TRY(read_authorization(authorization, parts));
    std::optional<std::string_view> date = TRY(single_header(request.headers, "x-amz-date"));
    if (!date) date = TRY(single_header(request.headers, "date"));
    std::string missing;
    for (const Part& part : parts) {
        if (part.value) continue;
        missing += fmt::format("Authorization header requires '{}' parameter. ", part.name);
    }
    if (!date) {
        missing +=
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
    }
    if (!missing.empty()) {
        return refuse(SignatureFault::Incomplete,
                      "{}(Hashed with SHA-256 and encoded with Base64) Authorization={}", missing,
                      hashed(authorization));
    }
    SignatureClaim claim;
    TRY(read_credential(*parts[0].value, claim));
    TRY(read_signature(*parts[1].value, claim));
    TRY(read_signed_headers(*parts[2].value, claim));
    TRY(read_time(*date, claim));
    const auto token = TRY(single_header(request.headers, "x-amz-security-token"));
    TRY(read_token(token.value_or(""), claim));
    TRY(check_signed_headers(request, claim));
    return claim;
}

Checked read_expires(std::string_view text, SignatureClaim& claim) {
    std::int64_t seconds = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, seconds);
    if (error != std::errc() || stopped != end || seconds < 1 || seconds > kMaxExpires.count()) {
        return refuse(SignatureFault::Malformed, "X-Amz-Expires must be a number from 1 to {}.",
                      kMaxExpires.count());
    }
    claim.expires = std::chrono::seconds(seconds);
    return {};
}

Claim claim_of_query(const SignedRequest& request, const Parameters& parameters) {
    std::array<Part, 7> parts = {
        Part{.name = "X-Amz-Algorithm"},     Part{.name = "X-Amz-Credential"},
        Part{.name = "X-Amz-Signature"},     Part{.name = "X-Amz-SignedHeaders"},
        Part{.name = "X-Amz-Date"},          Part{.name = "X-Amz-Expires"},
        Part{.name = "X-Amz-Security-Token"}};
    for (const auto& [name, value] : parameters) {
        Part* const part = find_part(parts, name);
        if (part == nullptr) continue;
        if (part->value) {
            return refuse(SignatureFault::Malformed, "The query has more than one '{}'.", name);
        }
        part->value = value;
    }
    std::string missing;
    for (const Part& part : std::span(parts).first(6)) {
        if (part.value) continue;
        missing += fmt::format("AWS query-string parameters must include '{}'. ", part.name);
    }
    if (!missing.empty()) {
        return refuse(SignatureFault::Incomplete, "{}Re-examine the query-string parameters.",
                      missing);
    }
    if (*parts[0].value != kAlgorithm) {
        return refuse(SignatureFault::Malformed,
                      "Unsupported AWS 'algorithm' in the query; the only one is '{}'.",
                      kAlgorithm);
    }
    SignatureClaim claim;
    claim.presigned = true;
    TRY(read_credential(*parts[1].value, claim));
    TRY(read_signature(*parts[2].value, claim));
    TRY(read_signed_headers(*parts[3].value, claim));
    TRY(read_time(*parts[4].value, claim));
    TRY(read_expires(*parts[5].value, claim));
    TRY(read_token(parts[6].value.value_or(""), claim));
    TRY(check_signed_headers(request, claim));
    return claim;
}

bool is_signature_parameter(std::string_view name) {
    return name == "X-Amz-Algorithm" || name == "X-Amz-Credential" || name == "X-Amz-Signature";
}

}  // namespace

Claim parse_claim(const SignedRequest& request) {
    if (request.target.size() > kMaxTargetBytes) {
        return refuse(SignatureFault::Malformed, "The request's URI is too long.");
    }
    const Result<Parameters> parameters = parse_query(split_target(request.target).query);
    if (!parameters) {
        return refuse(SignatureFault::Malformed, "The query cannot be read: {}.",
                      parameters.error().message);
    }
    const bool presigned = std::ranges::any_of(
        *parameters, [](const auto& parameter) { return is_signature_parameter(parameter.first); });
    const auto authorization = TRY(single_header(request.headers, "authorization"));
    if (presigned && authorization) {
        return refuse(SignatureFault::Malformed,
                      "The request is signed twice, in its Authorization header and in its query.");
    }
    if (presigned) return claim_of_query(request, *parameters);
    if (authorization && !authorization->empty()) return claim_of_header(request, *authorization);
    return refuse(SignatureFault::Missing, "Missing Authentication Token");
}

}  // namespace holdfast::net
