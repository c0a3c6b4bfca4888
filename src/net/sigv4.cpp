#include "net/sigv4.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.h"
#include "base/text.h"
#include "crypto/mac.h"
#include "net/canonical_request.h"
#include "net/signature_refusal.h"

namespace holdfast::net {
namespace {

constexpr std::chrono::minutes kMaxSkew{15};
constexpr std::string_view kContentHash = "x-amz-content-sha256";
constexpr std::string_view kSignatureParameter = "X-Amz-Signature";
/// What proxies and HTTP libraries change on the way.
constexpr std::array<std::string_view, 12> kUnsignable = {"accept-encoding",
                                                          "authorization",
                                                          "cache-control",
                                                          "connection",
                                                          "expect",
                                                          "keep-alive",
                                                          "te",
                                                          "trailer",
                                                          "transfer-encoding",
                                                          "upgrade",
                                                          "user-agent",
                                                          "x-amzn-trace-id"};

std::string signature_of(std::string_view text, const crypto::Key& key) {
    return base::to_hex(crypto::hmac_sha256(key.view(), base::as_bytes(text)));
}

SigV4Scope scope_of(const Signer& signer, base::Time time) {
    return {.date = to_basic_time(time).substr(0, 8),
            .region = signer.region,
            .service = signer.service};
}

/// The sorted names of all headers that can be signed; InvalidArgument without a Host.
Result<std::vector<std::string>> names_to_sign(const Headers& headers) {
    std::vector<std::string> names;
    for (const auto& [name, value] : headers) {
        std::string lower = base::to_lower(name);
        if (std::ranges::find(kUnsignable, lower) == kUnsignable.end()) {
            names.push_back(std::move(lower));
        }
    }
    std::ranges::sort(names);
    const auto repeated = std::ranges::unique(names);
    names.erase(repeated.begin(), repeated.end());
    if (!std::ranges::binary_search(names, "host")) {
        return fail(ErrorCode::InvalidArgument, "a request without a Host header cannot be signed");
    }
    return names;
}

std::string sign_parts(const SignedRequest& request, const CanonicalParts& parts,
                       const Signer& signer, base::Time time) {
    const SigV4Scope scope = scope_of(signer, time);
    return signature_of(string_to_sign(time, scope, canonical_request(request, parts)),
                        signing_key(signer.secret, scope));
}

}  // namespace

std::expected<void, SignatureRefusal> check_time(const SignatureClaim& claim, base::Time now) {
    const std::string signed_at = to_basic_time(claim.time);
    if (claim.time > now + kMaxSkew) {
        return refuse(SignatureFault::Skewed,
                      "Signature not yet current: {} is still later than {} ({} + {} min.)",
                      signed_at, to_basic_time(now + kMaxSkew), to_basic_time(now),
                      kMaxSkew.count());
    }
    if (claim.presigned) {
        if (now <= claim.time + claim.expires) return {};
        return refuse(SignatureFault::Expired,
                      "Signature expired: {} is now earlier than {} ({} - {} s.)", signed_at,
                      to_basic_time(now - claim.expires), to_basic_time(now),
                      claim.expires.count());
    }
    if (claim.time >= now - kMaxSkew) return {};
    return refuse(SignatureFault::Skewed,
                  "Signature expired: {} is now earlier than {} ({} - {} min.)", signed_at,
                  to_basic_time(now - kMaxSkew), to_basic_time(now), kMaxSkew.count());
}

crypto::Key signing_key(std::string_view secret, const SigV4Scope& scope) {
    Bytes first = base::to_bytes("AWS4");
    first.reserve(first.size() + secret.size());  // no copy of the secret is left behind
    base::append(first, base::as_bytes(secret));
    crypto::Digest key = crypto::hmac_sha256(first, base::as_bytes(scope.date));
    crypto::wipe(first);
    for (const std::string_view part :
         {std::string_view(scope.region), std::string_view(scope.service), kTerminator}) {
        key = crypto::hmac_sha256(key, base::as_bytes(part));
    }
    crypto::Key result{key};
    crypto::wipe(key);
    return result;
}

std::expected<void, SignatureRefusal> verify(const SignatureClaim& claim,
                                             const SignedRequest& request, const crypto::Key& key) {
    const std::string body_hash = hex_sha256(request.body);
    for (const auto& [name, value] : request.headers) {
        if (!same_header_name(name, kContentHash) || base::trim(value) == body_hash) continue;
        return refuse(SignatureFault::ContentChanged,
                      "The provided '{}' header does not match what was computed.", kContentHash);
    }
    // parse_claim has read the same query.
    Result<Parameters> parameters = parse_query(split_target(request.target).query);
    if (!parameters) return refuse(SignatureFault::Malformed, "{}", parameters.error().message);
    if (claim.presigned) {
        std::erase_if(*parameters, [](const auto& p) { return p.first == kSignatureParameter; });
    }
    const CanonicalParts parts{
        .parameters = *parameters, .names = claim.signed_headers, .body_hash = body_hash};
    const std::string expected = signature_of(
        string_to_sign(claim.time, claim.scope, canonical_request(request, parts)), key);
    if (crypto::equal_in_constant_time(base::as_bytes(expected), base::as_bytes(claim.signature))) {
        return {};
    }
    return refuse(SignatureFault::Mismatch,
                  "The request signature we calculated does not match the signature you provided. "
                  "Check your AWS Secret Access Key and signing method. Consult the service "
                  "documentation for details.");
}

Result<Headers> sign(const SignedRequest& request, const Signer& signer, base::Time time) {
    Headers added = {{"X-Amz-Date", to_basic_time(time)}};
    if (!signer.session_token.empty()) {
        added.emplace_back("X-Amz-Security-Token", signer.session_token);
    }
    Headers all = request.headers;
    all.insert(all.end(), added.begin(), added.end());
    const std::vector<std::string> names = TRY(names_to_sign(all));
    const Parameters parameters = TRY(parse_query(split_target(request.target).query));
    const std::string body_hash = hex_sha256(request.body);
    const std::string signature = sign_parts(
        {.method = request.method, .target = request.target, .headers = all, .body = request.body},
        {.parameters = parameters, .names = names, .body_hash = body_hash}, signer, time);
    added.emplace_back(
        "Authorization",
        fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                    signer.access_key_id, scope_text(scope_of(signer, time)),
                    base::join(names, ";"), signature));
    return added;
}

Result<std::string> presign(const SignedRequest& request, const Signer& signer, base::Time time,
                            std::chrono::seconds expires) {
    if (expires < std::chrono::seconds(1) || expires > kMaxExpires) {
        return fail(ErrorCode::InvalidArgument,
                    "a pre-signed request can be good for one second to seven days");
    }
    const std::vector<std::string> names = TRY(names_to_sign(request.headers));
    const TargetParts target = split_target(request.target);
    Parameters parameters = TRY(parse_query(target.query));
    parameters.emplace_back("X-Amz-Algorithm", kAlgorithm);
    parameters.emplace_back("X-Amz-Credential",
                            signer.access_key_id + "/" + scope_text(scope_of(signer, time)));
    parameters.emplace_back("X-Amz-Date", to_basic_time(time));
    parameters.emplace_back("X-Amz-Expires", std::to_string(expires.count()));
    parameters.emplace_back("X-Amz-SignedHeaders", base::join(names, ";"));
    if (!signer.session_token.empty()) {
        parameters.emplace_back("X-Amz-Security-Token", signer.session_token);
    }
    const std::string body_hash = hex_sha256(request.body);
    const std::string signature = sign_parts(
        request, {.parameters = parameters, .names = names, .body_hash = body_hash}, signer, time);
    return fmt::format("{}?{}&{}={}", target.path, canonical_query(parameters), kSignatureParameter,
                       signature);
}

}  // namespace holdfast::net
