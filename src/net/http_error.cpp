#include "net/http_error.h"

#include <curl/curl.h>
#include <openssl/x509_vfy.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "net/url.h"

namespace holdfast::net {
namespace {

struct Sentence {
    ErrorCode code;
    std::string text;
};

/// The proxy for people: never with the user and password that its URL may hold.
std::string proxy_name(const HttpOptions& options) {
    if (options.proxy_url.empty()) return "the proxy of this environment (HTTPS_PROXY)";
    const Result<Url> url = Url::parse(options.proxy_url);
    return fmt::format("the proxy {}", url ? url->text() : "of the configuration");
}

Sentence refused(const BrokenTransfer& broken, const std::string& server,
                 const HttpOptions& options) {
    if (!options.proxy_url.empty()) {
        return {.code = ErrorCode::Unavailable,
                .text = fmt::format(
                    "cannot connect to {} on the way to {} ({}); check that the proxy runs "
                    "and that its address is right",
                    proxy_name(options), server, broken.detail)};
    }
    if (broken.system_error == ECONNREFUSED) {
        return {.code = ErrorCode::Unavailable,
                .text = fmt::format(
                    "cannot connect to {}: connection refused; check that the server runs "
                    "and that its address and port are right",
                    server)};
    }
    return {.code = ErrorCode::Unavailable,
            .text = fmt::format(
                "cannot connect to {} ({}); check the address, the network and any VPN or "
                "proxy",
                server, broken.detail)};
}

Sentence untrusted(const BrokenTransfer& broken, const std::string& server,
                   const HttpOptions& options) {
    switch (broken.verify_result) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return {
                .code = ErrorCode::InvalidArgument,
                .text = fmt::format("the certificate of {} has expired; renew it on the server, or "
                                    "check this machine's clock",
                                    server)};
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return {
                .code = ErrorCode::InvalidArgument,
                .text = fmt::format(
                    "the certificate of {} is not valid yet; check this machine's clock", server)};
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_CERT_SIGNATURE_FAILURE:
            return {.code = ErrorCode::InvalidArgument,
                    .text = fmt::format(
                        "the certificate of {} is not signed by {}; check that this is the "
                        "right server and take its current certificate authority",
                        server, options.ca_name)};
        // libcurl compares the names itself, before it asks OpenSSL for its verdict.
        case X509_V_OK:
        case X509_V_ERR_UNSPECIFIED:
            return {.code = ErrorCode::InvalidArgument,
                    .text = fmt::format(
                        "the certificate of {} is for another name ({}); use a name that "
                        "it has, or set tls-server-name",
                        server, broken.detail)};
        default:
            return {.code = ErrorCode::InvalidArgument,
                    .text = fmt::format("the certificate of {} is refused: {}", server,
                                        X509_verify_cert_error_string(broken.verify_result))};
    }
}

Sentence timed_out(const BrokenTransfer& broken, const std::string& server) {
    if (!broken.sent) {
        return {
            .code = ErrorCode::Timeout,
            .text = fmt::format("cannot connect to {}: no answer in time; check the address, the "
                                "network, firewalls and any VPN",
                                server)};
    }
    return {.code = ErrorCode::Timeout,
            .text = fmt::format("{} did not answer in time ({})", server, broken.detail)};
}

Sentence handshake_failed(const BrokenTransfer& broken, const std::string& server) {
    if (broken.detail.contains("wrong version number") ||
        broken.detail.contains("packet length too long")) {
        return {
            .code = ErrorCode::InvalidArgument,
            .text = fmt::format("{} does not speak TLS; check the port, or whether it is an http "
                                "address",
                                server)};
    }
    // A server that is just starting or stopping breaks handshakes too.
    return {.code = ErrorCode::Unavailable,
            .text = fmt::format("the TLS handshake with {} failed ({})", server, broken.detail)};
}

Sentence unusable(std::string_view what, const BrokenTransfer& broken, const std::string& server) {
    return {.code = ErrorCode::InvalidArgument,
            .text = fmt::format("{} for {} cannot be used ({})", what, server, broken.detail)};
}

bool proxy_refused(const BrokenTransfer& broken) {
    return broken.proxy_status >= 300 || broken.code == CURLE_PROXY ||
           broken.detail.contains("from proxy");
}

Sentence proxy_failed(const BrokenTransfer& broken, const std::string& server,
                      const HttpOptions& options) {
    if (broken.proxy_status == 407) {
        return {.code = ErrorCode::InvalidArgument,
                .text = fmt::format("{} asks for a user and a password; put them into its URL",
                                    proxy_name(options))};
    }
    return {.code = ErrorCode::Unavailable,
            .text = fmt::format("{} lets nothing through to {} ({})", proxy_name(options), server,
                                broken.detail)};
}

Sentence sentence_for(const BrokenTransfer& broken, const Url& url, const HttpOptions& options) {
    const std::string server = url.text();
    switch (broken.code) {
        case CURLE_COULDNT_RESOLVE_HOST:
            return {
                .code = ErrorCode::Unavailable,
                .text = fmt::format("the name {} of {} cannot be resolved; check the address, the "
                                    "network and any VPN",
                                    url.host, server)};
        case CURLE_COULDNT_RESOLVE_PROXY:
            return {.code = ErrorCode::Unavailable,
                    .text = fmt::format("the name of {} cannot be resolved; check its address",
                                        proxy_name(options))};
        case CURLE_COULDNT_CONNECT:
            return refused(broken, server, options);
        case CURLE_PEER_FAILED_VERIFICATION:
            return untrusted(broken, server, options);
        case CURLE_OPERATION_TIMEDOUT:
            return timed_out(broken, server);
        case CURLE_SSL_CONNECT_ERROR:
            return handshake_failed(broken, server);
        case CURLE_SSL_CERTPROBLEM:
            return unusable("the client certificate or its key", broken, server);
        case CURLE_SSL_CACERT_BADFILE:
            return unusable(options.ca_name, broken, server);
        case CURLE_OUT_OF_MEMORY:
        case CURLE_FAILED_INIT:
        case CURLE_BAD_FUNCTION_ARGUMENT:
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_URL_MALFORMAT:
            return {
                .code = ErrorCode::Internal,
                .text = fmt::format("no request to {} could be made ({})", server, broken.detail)};
        default:
            return {.code = ErrorCode::Unavailable,
                    .text = fmt::format("the connection to {} broke ({})", server, broken.detail)};
    }
}

}  // namespace

HttpFailure to_failure(const BrokenTransfer& broken, const Url& server,
                       const HttpOptions& options) {
    Sentence sentence = proxy_refused(broken) ? proxy_failed(broken, server.text(), options)
                                              : sentence_for(broken, server, options);
    return {.error = Error{.code = sentence.code, .message = std::move(sentence.text)},
            .maybe_processed = broken.sent};
}

}  // namespace holdfast::net
