#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "net/headers.h"

/// AWS Signature Version 4 for every service but s3: a request is signed in its Authorization
/// header, or, pre-signed, in its query.
namespace holdfast::net {

/// What a signing key is good for: one day, one region, one service.
struct SigV4Scope {
    std::string date;  ///< yyyymmdd
    std::string region;
    std::string service;

    bool operator==(const SigV4Scope&) const = default;
};

/// A request as it is on the wire.
struct SignedRequest {
    std::string_view method;
    std::string_view target;  ///< path and query, as they are sent
    const Headers& headers;   ///< names in any case
    std::string_view body;
};

/// What a request says of its signature, before any of it is believed.
struct SignatureClaim {
    std::string access_key_id;
    SigV4Scope scope;
    std::vector<std::string> signed_headers;  ///< lower case, sorted, each of them in the request
    std::string signature;                    ///< 64 lower-case hexadecimal digits
    std::string session_token;                ///< empty for long-term credentials
    base::Time time;                          ///< when it was signed, as the signer says
    bool presigned = false;
    std::chrono::seconds expires{};  ///< pre-signed only: how long after `time` it is good
};

enum class SignatureFault : std::uint8_t {
    Missing,     ///< there is no signature: MissingAuthenticationToken
    Incomplete,  ///< a part of it is missing: IncompleteSignature
    Malformed,   ///< a part of it cannot be read: IncompleteSignature
    // The others are InvalidSignatureException, in query services SignatureDoesNotMatch.
    Unsigned,        ///< a header that must be signed is not
    BadScope,        ///< the scope contradicts the request
    Skewed,          ///< signed more than 15 minutes before or after now
    Expired,         ///< pre-signed, and its time is over
    ContentChanged,  ///< the body is not the one that x-amz-content-sha256 names
    Mismatch,        ///< the signature is not the one of this request under this secret
};

/// Why a request's signature is refused, with AWS's own sentence where AWS has one.
struct SignatureRefusal {
    SignatureFault fault;
    std::string message;
};

/// Reads what the request claims. Bounded, whatever the request is. A claim that comes back names
/// every header that must be signed: host, and every x-amz-* header of the request.
[[nodiscard]] std::expected<SignatureClaim, SignatureRefusal> parse_claim(
    const SignedRequest& request);

/// Whether a claim may be used at `now`: within 15 minutes of its time, or, pre-signed, from 15
/// minutes before its time until it expires.
[[nodiscard]] std::expected<void, SignatureRefusal> check_time(const SignatureClaim& claim,
                                                               base::Time now);

/// The key that signs in `scope`. It may be kept: it is good for that day, region and service only.
crypto::Key signing_key(std::string_view secret, const SigV4Scope& scope);

/// Whether the request is the one that was signed, where `claim` is parse_claim(request) and `key`
/// the signing_key of the claim's scope. The comparison takes the same time for every wrong
/// signature. It does not look at the time.
[[nodiscard]] std::expected<void, SignatureRefusal> verify(const SignatureClaim& claim,
                                                           const SignedRequest& request,
                                                           const crypto::Key& key);

/// Who signs, and for which service.
struct Signer {
    std::string access_key_id;
    std::string secret;
    std::string session_token;  ///< empty for long-term credentials
    std::string region;
    std::string service;
};

/// The headers to add to the request: X-Amz-Date, X-Amz-Security-Token where there is a token, and
/// Authorization. The request must have its Host header and none of these. Headers that proxies
/// change, such as User-Agent, are left unsigned.
Result<Headers> sign(const SignedRequest& request, const Signer& signer, base::Time time);

/// The target that anybody may send with the same method, headers and body for that long, from one
/// second to seven days. The request must have its Host header.
Result<std::string> presign(const SignedRequest& request, const Signer& signer, base::Time time,
                            std::chrono::seconds expires);

}  // namespace holdfast::net
