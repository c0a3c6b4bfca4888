#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/headers.h"
#include "net/sigv4.h"

/// The one form of a request that its signer and its verifier both hash.
namespace holdfast::net {

struct TargetParts {
    std::string_view path;
    std::string_view query;  ///< without the '?'
};
TargetParts split_target(std::string_view target);

/// Decoded parameters in the order of the query.
using Parameters = std::vector<std::pair<std::string, std::string>>;

/// `+` is a space, a parameter without '=' has an empty value, empty parameters are none.
/// InvalidArgument for a '%' without two digits, LimitExceeded for too many parameters.
Result<Parameters> parse_query(std::string_view query);

/// Without empty and dot segments, then encoded: what the client has encoded is encoded again.
std::string canonical_path(std::string_view path);
/// Encoded, sorted by name and then by value, both as encoded.
std::string canonical_query(const Parameters& parameters);
/// One line for each name: its values joined by commas, with their spaces trimmed and collapsed.
std::string canonical_headers(const Headers& headers, const std::vector<std::string>& names);

/// The lower-case hexadecimal SHA-256 of `text`.
std::string hex_sha256(std::string_view text);

/// What is signed of a request beside its method and path.
struct CanonicalParts {
    const Parameters& parameters;           ///< without X-Amz-Signature
    const std::vector<std::string>& names;  ///< of headers, sorted
    std::string_view body_hash;
};
std::string canonical_request(const SignedRequest& request, const CanonicalParts& parts);

/// "20150830T123600Z"
std::string to_basic_time(base::Time time);
/// InvalidArgument for anything but that form.
Result<base::Time> from_basic_time(std::string_view text);

/// "20150830/us-east-1/iam/aws4_request"
std::string scope_text(const SigV4Scope& scope);
std::string string_to_sign(base::Time time, const SigV4Scope& scope, std::string_view canonical);

inline constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
inline constexpr std::string_view kTerminator = "aws4_request";
inline constexpr std::chrono::seconds kMaxExpires = std::chrono::days(7);

}  // namespace holdfast::net
