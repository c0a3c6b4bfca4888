#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/headers.h"
#include "net/url.h"

namespace holdfast::net {

/// A client certificate and its key in PEM form.
struct TlsIdentity {
    std::string certificate_pem;
    std::string key_pem;
};

enum class HttpVersion { Http1, Http2IfOffered };

/// What holds for every request of a client.
struct HttpOptions {
    std::string ca_pem;  ///< empty: the system's authorities
    /// What the authorities are called in an error, such as "the CA in the kubeconfig".
    std::string ca_name = "this machine's certificate authorities";
    bool skip_tls_verify = false;
    /// The name that the certificate must have, where it is not the URL's host.
    std::string tls_server_name;
    /// http, https or socks5 URL; empty: HTTPS_PROXY and NO_PROXY of the process decide.
    std::string proxy_url;
    std::string user_agent;
    bool accept_compression = false;
    HttpVersion version = HttpVersion::Http2IfOffered;
    base::Millis connect_timeout = std::chrono::seconds(10);
    /// How long not a single byte may move.
    base::Millis idle_timeout = std::chrono::seconds(75);
    base::Millis total_timeout = std::chrono::minutes(10);
    std::size_t max_header_bytes = 256u << 10u;
    /// Handles, each with its connection, kept for the next request.
    std::size_t max_idle_handles = 64;
};

struct HttpRequest {
    std::string_view method = "GET";
    std::string target;  ///< path and query, encoded, after the URL's own path
    Headers headers;
    std::string_view body;
    std::shared_ptr<const TlsIdentity> identity;
    std::size_t max_body_bytes = 64u << 20u;
    /// Never sent twice, not even when a kept connection turns out to be dead.
    bool once = false;
};

struct HttpResponse {
    int status = 0;
    Headers headers;  ///< names in lower case

    /// The first header of that lower-case name; empty when there is none.
    std::string_view header(std::string_view name) const;
};

/// Why no answer came, and whether the server may have acted all the same.
struct HttpFailure {
    Error error;
    bool maybe_processed = false;
};

/// Sends requests to one server. Every method may be called from any thread.
class HttpClient {
    /// Only create() can make one, and with it a client.
    struct Checked {
        explicit Checked() = default;
    };

public:
    HttpClient(Checked, Url server, HttpOptions options);
    static Result<std::unique_ptr<HttpClient>> create(Url server, HttpOptions options);
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Makes one attempt and puts the answer's body into `body`, whose memory is reused.
    /// Every status is an answer; redirects are not followed. Ends within about a second after
    /// `stop` is requested.
    std::expected<HttpResponse, HttpFailure> send(const HttpRequest& request, Bytes& body,
                                                  std::stop_token stop);

    const Url& server() const { return server_; }

private:
    class Handles;

    Url server_;
    HttpOptions options_;
    std::unique_ptr<Handles> handles_;
};

}  // namespace holdfast::net
