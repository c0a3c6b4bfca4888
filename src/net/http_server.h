#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "net/request_reader.h"
#include "net/server_message.h"

namespace holdfast::net {

/// An HTTP/1.1 server, with TLS where it is given a certificate. One thread moves all bytes, so an
/// idle connection costs a few KiB; a bounded pool of workers runs the handler.
class HttpServer {
public:
    struct Options {
        std::string address = "127.0.0.1";  ///< an IP address of version 4 or 6
        std::uint16_t port = 0;             ///< 0: any free one
        std::string certificate_pem;        ///< with its chain; empty: no TLS
        std::string key_pem;
        unsigned workers = 4;
        /// Beyond, the connection that has been idle longest makes room; when all are busy, the new
        /// one is answered 503 and closed.
        std::size_t max_connections = 4096;
        RequestReader::Limits limits;
        /// What all requests' bodies may take together; beyond, 503.
        std::size_t max_buffered_bytes = 256u << 20u;
        std::size_t max_waiting = 1024;  ///< requests waiting for a worker; beyond, 503
        base::Millis idle_timeout = std::chrono::seconds(75);
        /// Each for the whole of it, however slowly it comes: 408, or for an answer the end.
        base::Millis header_timeout = std::chrono::seconds(20);
        base::Millis body_timeout = std::chrono::minutes(2);
        base::Millis write_timeout = std::chrono::minutes(2);
        /// Makes the answer to a request that never reaches the handler, of a status and a
        /// sentence. It must be quick and may be called from the server's own thread; empty: plain
        /// text.
        std::function<ServerResponse(int, const std::string&)> refusal;
    };

    /// Called from several workers at once. It must not throw. The token says that nobody waits for
    /// the answer any more, because the server stops.
    using Handler = std::function<ServerResponse(const ServerRequest&, std::stop_token)>;

    /// Listens and serves. Errors name the cause and what to do about it.
    static Result<std::unique_ptr<HttpServer>> start(Options options, Handler handler,
                                                     base::Clock& clock);
    /// As stop() without grace.
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Where it listens.
    std::uint16_t port() const;
    /// How many connections are open now.
    std::size_t connections() const;

    /// Accepts nothing more, lets requests in flight finish within `grace`, then tells handlers to
    /// stop and closes all connections. Returns when every handler has returned. A second call does
    /// nothing. Not to be called by a handler, nor by two threads at once.
    void stop(base::Millis grace);

private:
    class Core;
    explicit HttpServer(std::unique_ptr<Core> core);

    std::unique_ptr<Core> core_;
};

}  // namespace holdfast::net
