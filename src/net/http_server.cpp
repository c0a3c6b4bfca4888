#include "net/http_server.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/error_code.hpp>
#include <deque>
#include <exception>
#include <optional>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "base/log.h"
#include "net/headers.h"
#include "net/response_head.h"
#include "net/url.h"

namespace holdfast::net {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using SystemError = boost::system::error_code;
using Options = HttpServer::Options;

constexpr std::size_t kHeadPieceBytes = 2u << 10u;
constexpr std::size_t kBodyPieceBytes = 32u << 10u;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
/// How long, and for how much, a refused client is listened to, so that it can read why.
constexpr std::chrono::seconds kLinger{2};
constexpr std::size_t kLingerBytes = 1u << 20u;
constexpr std::chrono::milliseconds kAcceptPause{100};

class Session;

/// A request on its way to a worker. The guard keeps the io thread running for its answer.
struct Job {
    std::shared_ptr<Session> session;
    ServerRequest request;
    asio::executor_work_guard<asio::io_context::executor_type> guard;
};

/// Runs the handler on a fixed number of threads, behind a queue that never blocks the io thread.
class Workers {
public:
    Workers(const Options& options, HttpServer::Handler handler)
        : max_waiting_(options.max_waiting), handler_(std::move(handler)) {
        for (unsigned i = 0; i < options.workers; ++i) {
            threads_.emplace_back([this](std::stop_token stop) { loop(stop); });
        }
    }

    /// False, with the job as it was, when too many wait already.
    bool try_push(Job& job) {
        return queue_.update([&](std::deque<Job>& queue) {
            if (queue.size() >= max_waiting_) return false;
            queue.push_back(std::move(job));
            return true;
        });
    }

    /// Nobody waits for the answers any more.
    void abandon() { abandoned_.request_stop(); }

private:
    void loop(std::stop_token stop) {
        pthread_setname_np(pthread_self(), "http-worker");
        std::optional<Job> job;
        const auto waiting = [](std::deque<Job>& queue) { return !queue.empty(); };
        const auto take = [&](std::deque<Job>& queue) {
            job.emplace(std::move(queue.front()));
            queue.pop_front();
        };
        while (queue_.wait_and_update(stop, waiting, take)) {
            run(*job);
            job.reset();
        }
    }

    /// A handler that throws ends the process: an invariant of ours is broken.
    void run(Job& job) noexcept;

    std::size_t max_waiting_;
    HttpServer::Handler handler_;
    std::stop_source abandoned_;
    base::Guarded<std::deque<Job>> queue_;
    std::vector<std::jthread> threads_;  // last member: stops first
};

/// What sessions share. Only the io thread touches it, but for the workers and the count.
struct Hub {
    const Options& options;
    base::Clock& clock;
    Workers& workers;
    asio::io_context& io;
    std::function<void()> emptied;  ///< the last session of a server that stops is gone
    std::unordered_set<std::shared_ptr<Session>> sessions;
    std::atomic<std::size_t> open = 0;
    std::size_t body_bytes = 0;
    std::uint64_t idle_count = 0;  ///< how often a session began to wait: a clock of its own
    bool stopping = false;
};

ServerResponse refusal_of(const Options& options, int status, const std::string& sentence) {
    ServerResponse response;
    if (options.refusal) {
        response = options.refusal(status, sentence);
    } else {
        response = {.status = status,
                    .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
                    .body = sentence + "\n"};
    }
    if (status == 503) response.headers.emplace_back("Retry-After", "1");
    return response;
}

/// One connection. Everything happens on the io thread, one step after the other: at most one read
/// or write is under way, and while a request is handled, none.
class Session : public std::enable_shared_from_this<Session> {
public:
    Session(Hub& hub, tcp::socket socket, ssl::context* tls)
        : hub_(hub),
          socket_(std::move(socket)),
          timer_(socket_.get_executor()),
          reader_(hub.options.limits) {
        if (tls != nullptr) tls_.emplace(socket_, *tls);
        SystemError ignored;
        socket_.set_option(tcp::no_delay(true), ignored);
        const tcp::endpoint peer = socket_.remote_endpoint(ignored);
        asio::ip::address address = peer.address();
        if (address.is_v6() && address.to_v6().is_v4_mapped()) {
            address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
        }
        peer_address_ = address.to_string();
    }

    void start() {
        if (!tls_) return go_on();
        set_deadline(hub_.options.header_timeout);
        tls_->async_handshake(ssl::stream_base::server,
                              [self = shared_from_this()](SystemError error) {
                                  if (error) return self->close();
                                  self->go_on();
                              });
    }

    /// The server stops: who is idle goes now, who is not after the answer.
    void finish_soon() {
        if (state_ == State::Idle) close();
    }

    /// Since when it has been waiting for a request; nothing while it serves one.
    std::optional<std::uint64_t> idle_since() const {
        return state_ == State::Idle ? std::optional(idle_since_) : std::nullopt;
    }

    void close() {
        if (state_ == State::Closed) return;
        state_ = State::Closed;
        ++deadline_;
        timer_.cancel();
        release_body();
        SystemError ignored;
        socket_.close(ignored);
        hub_.sessions.erase(shared_from_this());
        hub_.open = hub_.sessions.size();
        if (hub_.stopping && hub_.sessions.empty()) hub_.emptied();
    }

    void answer(ServerResponse response) {
        if (state_ == State::Closed) return;
        for (const auto& [name, value] : response.headers) {
            if (same_header_name(name, "connection") && same_header_name(value, "close")) {
                keep_open_ = false;
            }
        }
        write(std::move(response));
    }

private:
    enum class State : std::uint8_t { Idle, Reading, Handling, Writing, Lingering, Closed };
    using Phase = RequestReader::Phase;

    /// Does what the reader's phase asks for.
    void go_on() {
        const bool entered = phase_ != reader_.phase();
        phase_ = reader_.phase();
        switch (*phase_) {
            case Phase::Idle:
                if (hub_.stopping) return close();
                state_ = State::Idle;
                if (entered) set_deadline(hub_.options.idle_timeout);
                if (entered) idle_since_ = ++hub_.idle_count;
                return read(kHeadPieceBytes);
            case Phase::Head:
                state_ = State::Reading;
                if (entered) set_deadline(hub_.options.header_timeout);
                return read(kHeadPieceBytes);
            case Phase::Body:
                state_ = State::Reading;
                if (entered) set_deadline(hub_.options.body_timeout);
                if (!charge_body()) return;
                if (entered && reader_.awaits_continue()) return write_continue();
                return read(kBodyPieceBytes);
            case Phase::Whole:
                if (charge_body()) dispatch();
                return;
            case Phase::Refused:
                return refuse(reader_.refusal().status, reader_.refusal().sentence);
        }
    }

    void read(std::size_t size) {
        if (piece_.size() != size) {
            piece_.resize(size);
            piece_.shrink_to_fit();
        }
        auto on_read = [self = shared_from_this()](SystemError error, std::size_t count) {
            self->on_read(error, count);
        };
        if (tls_) {
            tls_->async_read_some(asio::buffer(piece_), std::move(on_read));
        } else {
            socket_.async_read_some(asio::buffer(piece_), std::move(on_read));
        }
    }

    void on_read(SystemError error, std::size_t count) {
        if (state_ == State::Closed) return;
        if (late_) return refuse(408, "The request did not arrive in time.");
        if (error && error != asio::error::eof && error != ssl::error::stream_truncated) {
            return close();
        }
        if (error) {
            reader_.end();
        } else {
            reader_.put({piece_.data(), count});
        }
        if (error && reader_.phase() == Phase::Idle) return close();
        go_on();
    }

    void write_continue() {
        send(std::array{asio::const_buffer(kContinue.data(), kContinue.size())},
             [self = shared_from_this()](SystemError error, std::size_t) {
                 if (self->state_ == State::Closed) return;
                 if (error) return self->close();
                 self->read(kBodyPieceBytes);
             });
    }

    /// Takes what has arrived of the body from the common budget; refuses when there is too little.
    bool charge_body() {
        const std::size_t size = reader_.body_bytes();
        hub_.body_bytes += size - charged_;
        charged_ = size;
        if (hub_.body_bytes <= hub_.options.max_buffered_bytes) return true;
        refuse(503, "Too much is being sent at once; try again.");
        return false;
    }

    void release_body() { hub_.body_bytes -= std::exchange(charged_, 0); }

    void dispatch() {
        keep_open_ = reader_.keep_alive();
        ServerRequest request = reader_.take();
        request.peer_address = peer_address_;
        request.secure = tls_.has_value();
        without_body_ = request.method == "HEAD";
        state_ = State::Handling;
        ++deadline_;
        timer_.cancel();
        Job job{.session = shared_from_this(),
                .request = std::move(request),
                .guard = asio::make_work_guard(hub_.io)};
        if (hub_.workers.try_push(job)) return;
        write(refusal_of(hub_.options, 503, "Too many requests are waiting; try again."));
    }

    /// Answers without a handler, and reads no more requests.
    void refuse(int status, const std::string& sentence) {
        keep_open_ = false;
        without_body_ = false;
        write(refusal_of(hub_.options, status, sentence));
    }

    void write(ServerResponse response) {
        keep_open_ = keep_open_ && !hub_.stopping;
        const AfterAnswer after = keep_open_ ? AfterAnswer::KeepOpen : AfterAnswer::Close;
        Result<std::string> head = response_head(response, hub_.clock.now(), after);
        if (!head) {
            base::log::error("an answer could not be sent: {}", head.error().message);
            response = refusal_of({}, 500, "The answer could not be sent.");
            head = response_head(response, hub_.clock.now(), after);
            ASSERT(head);
        }
        head_ = *std::move(head);
        body_ = std::move(response.body);
        state_ = State::Writing;
        set_deadline(hub_.options.write_timeout);
        const bool with_body = !without_body_ && may_have_body(response.status);
        send(std::array{asio::const_buffer(asio::buffer(head_)),
                        asio::const_buffer(body_.data(), with_body ? body_.size() : 0)},
             [self = shared_from_this()](SystemError error, std::size_t) {
                 self->on_written(error);
             });
    }

    template <class Buffers, class Done>
    void send(const Buffers& buffers, Done done) {
        if (tls_) {
            asio::async_write(*tls_, buffers, std::move(done));
        } else {
            asio::async_write(socket_, buffers, std::move(done));
        }
    }

    void on_written(SystemError error) {
        if (state_ == State::Closed) return;
        head_ = {};
        body_ = {};
        release_body();
        if (error) return close();
        if (!keep_open_) return say_goodbye();
        phase_.reset();
        go_on();
    }

    /// Ends our side, and listens for a while: a connection that is closed on unread bytes is
    /// reset, and then the client never sees the answer.
    void say_goodbye() {
        state_ = State::Lingering;
        set_deadline(kLinger);
        if (tls_) {
            tls_->async_shutdown([self = shared_from_this()](SystemError) { self->drain(); });
            return;
        }
        SystemError ignored;
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
        drain();
    }

    void drain() {
        if (state_ == State::Closed) return;
        piece_.resize(kHeadPieceBytes);
        socket_.async_read_some(asio::buffer(piece_),
                                [self = shared_from_this()](SystemError error, std::size_t count) {
                                    self->drained_ += count;
                                    if (error || self->drained_ > kLingerBytes)
                                        return self->close();
                                    self->drain();
                                });
    }

    void set_deadline(base::Millis after) {
        timer_.expires_after(after);
        timer_.async_wait([self = shared_from_this(), deadline = ++deadline_](SystemError error) {
            if (!error && deadline == self->deadline_) self->on_deadline();
        });
    }

    void on_deadline() {
        if (state_ != State::Reading) return close();
        late_ = true;
        SystemError ignored;
        socket_.cancel(ignored);  // the read ends, and refuses the request
    }

    Hub& hub_;
    tcp::socket socket_;
    std::optional<ssl::stream<tcp::socket&>> tls_;
    asio::steady_timer timer_;
    std::uint64_t deadline_ = 0;  ///< tells the wait that counts from those before it
    RequestReader reader_;
    std::optional<Phase> phase_;
    State state_ = State::Reading;
    std::string peer_address_;
    std::vector<char> piece_;
    std::string head_;
    std::string body_;
    std::size_t charged_ = 0;  ///< of the common budget for bodies
    std::size_t drained_ = 0;
    std::uint64_t idle_since_ = 0;
    bool keep_open_ = true;
    bool without_body_ = false;
    bool late_ = false;
};

// NOLINTNEXTLINE(bugprone-exception-escape): so it is meant
void Workers::run(Job& job) noexcept {
    ServerResponse response = abandoned_.stop_requested()
                                  ? ServerResponse{.status = 503}
                                  : handler_(job.request, abandoned_.get_token());
    asio::post(job.guard.get_executor(),
               [session = std::move(job.session), response = std::move(response)]() mutable {
                   session->answer(std::move(response));
               });
}

std::string words_of_openssl(const SystemError& error) {
    ERR_clear_error();
    return error.message();
}

Result<void> load_certificate(ssl::context& context, const Options& options) {
    SystemError error;
    context.use_certificate_chain(asio::buffer(options.certificate_pem), error);
    if (error) {
        return fail(ErrorCode::InvalidArgument,
                    "the server's TLS certificate cannot be used ({}); it must be a certificate in "
                    "PEM form, followed by its chain",
                    words_of_openssl(error));
    }
    context.use_private_key(asio::buffer(options.key_pem), ssl::context::pem, error);
    if (error) {
        return fail(ErrorCode::InvalidArgument,
                    "the key of the server's TLS certificate cannot be used ({}); it must be the "
                    "certificate's own private key, in PEM form and without a passphrase",
                    words_of_openssl(error));
    }
    return {};
}

Error cannot_listen(const std::string& where, const SystemError& error) {
    const auto with = [&](ErrorCode code, std::string_view cause) {
        return Error{.code = code, .message = fmt::format("cannot listen on {}: {}", where, cause)};
    };
    if (error == asio::error::address_in_use) {
        return with(ErrorCode::Conflict,
                    "the address is in use; stop the program that listens there ('ss -ltnp' shows "
                    "it), or choose another port");
    }
    if (error == asio::error::access_denied) {
        return with(ErrorCode::PermissionDenied,
                    "permission denied; choose a port above 1023, or give the program the "
                    "capability CAP_NET_BIND_SERVICE");
    }
    if (error == boost::system::errc::address_not_available) {
        return with(ErrorCode::InvalidArgument,
                    "this machine has no such address; choose one of its own ('ip address' shows "
                    "them), or 0.0.0.0 or :: for all");
    }
    return with(ErrorCode::Unavailable, error.message());
}

}  // namespace

class HttpServer::Core {
public:
    Core(Options options, Handler handler, base::Clock& clock)
        : options_(std::move(options)),
          workers_(options_, std::move(handler)),
          hub_{.options = options_, .clock = clock, .workers = workers_, .io = io_} {
        hub_.emptied = [this] { grace_.cancel(); };
    }
    // NOLINTNEXTLINE(bugprone-exception-escape): only when memory ends
    ~Core() { stop(base::Millis(0)); }
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    Result<void> start() {
        if (!options_.certificate_pem.empty()) {
            tls_.emplace(ssl::context::tls_server);
            SSL_CTX_set_min_proto_version(tls_->native_handle(), TLS1_2_VERSION);
            SSL_CTX_set_mode(tls_->native_handle(), SSL_MODE_RELEASE_BUFFERS);
            TRY(load_certificate(*tls_, options_));
        }
        TRY(listen());
        accept();
        io_thread_ = std::jthread([this] {
            pthread_setname_np(pthread_self(), "http-io");
            io_.run();
        });
        return {};
    }

    std::uint16_t port() const { return port_; }
    std::size_t connections() const { return hub_.open; }

    void stop(base::Millis grace) {
        if (!io_thread_.joinable()) return;
        asio::post(io_, [this, grace] { begin_stop(grace); });
        io_thread_.join();
    }

private:
    Result<void> listen() {
        SystemError error;
        const asio::ip::address address = asio::ip::make_address(options_.address, error);
        if (error) {
            return fail(ErrorCode::InvalidArgument,
                        "cannot listen on '{}': this is no IP address; give one such as 127.0.0.1, "
                        "0.0.0.0 or ::",
                        options_.address);
        }
        const tcp::endpoint endpoint(address, options_.port);
        acceptor_.open(endpoint.protocol(), error);
        if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
        if (!error) acceptor_.bind(endpoint, error);
        if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
        if (error) {
            const Url shown{.host = options_.address, .port = options_.port};
            return std::unexpected(cannot_listen(shown.authority(), error));
        }
        port_ = acceptor_.local_endpoint(error).port();
        return {};
    }

    void accept() {
        acceptor_.async_accept([this](SystemError error, tcp::socket socket) {
            if (!acceptor_.is_open()) return;
            if (error) return accept_later();
            welcome(std::move(socket));
            accept();
        });
    }

    /// Without a pause, an error that stays, such as too many open files, would keep us busy.
    void accept_later() {
        retry_.expires_after(kAcceptPause);
        retry_.async_wait([this](SystemError error) {
            if (!error && acceptor_.is_open()) accept();
        });
    }

    void welcome(tcp::socket socket) {
        if (hub_.sessions.size() >= options_.max_connections && !make_room()) {
            return turn_away(socket);
        }
        const auto session =
            std::make_shared<Session>(hub_, std::move(socket), tls_ ? &*tls_ : nullptr);
        hub_.sessions.insert(session);
        hub_.open = hub_.sessions.size();
        session->start();
    }

    /// Closes the connection that has been idle longest. False when all are busy.
    bool make_room() {
        std::shared_ptr<Session> oldest;
        for (const auto& session : hub_.sessions) {
            const std::optional<std::uint64_t> since = session->idle_since();
            if (since && (!oldest || *since < *oldest->idle_since())) oldest = session;
        }
        if (oldest) oldest->close();
        return oldest != nullptr;
    }

    void turn_away(tcp::socket& socket) {
        SystemError ignored;
        socket.non_blocking(true, ignored);
        const ServerResponse response =
            refusal_of(options_, 503, "Too many connections are open; try again.");
        const Result<std::string> head =
            response_head(response, hub_.clock.now(), AfterAnswer::Close);
        if (head && !tls_) socket.write_some(asio::buffer(*head + response.body), ignored);
        socket.shutdown(tcp::socket::shutdown_send, ignored);
    }

    void begin_stop(base::Millis grace) {
        hub_.stopping = true;
        SystemError ignored;
        acceptor_.close(ignored);
        retry_.cancel();
        for (const auto& session : everyone()) session->finish_soon();
        if (hub_.sessions.empty()) return;
        grace_.expires_after(grace);
        grace_.async_wait([this](SystemError error) {
            if (error) return;
            workers_.abandon();
            for (const auto& session : everyone()) session->close();
        });
    }

    /// A copy: sessions leave the set when they close.
    std::vector<std::shared_ptr<Session>> everyone() const {
        return {hub_.sessions.begin(), hub_.sessions.end()};
    }

    Options options_;
    asio::io_context io_{1};
    std::optional<ssl::context> tls_;
    tcp::acceptor acceptor_{io_};
    asio::steady_timer retry_{io_};
    asio::steady_timer grace_{io_};
    Workers workers_;
    Hub hub_;
    std::uint16_t port_ = 0;
    std::jthread io_thread_;  // last member
};

HttpServer::HttpServer(std::unique_ptr<Core> core) : core_(std::move(core)) {}

HttpServer::~HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::start(Options options, Handler handler,
                                                      base::Clock& clock) {
    ASSERT(options.workers > 0 && handler);
    try {
        auto core = std::make_unique<Core>(std::move(options), std::move(handler), clock);
        TRY(core->start());
        return std::unique_ptr<HttpServer>(new HttpServer(std::move(core)));
    } catch (const std::exception& error) {  // Asio's objects need files and memory
        return fail(ErrorCode::Unavailable, "the HTTP server cannot be started: {}", error.what());
    }
}

std::uint16_t HttpServer::port() const {
    return core_->port();
}

std::size_t HttpServer::connections() const {
    return core_->connections();
}

void HttpServer::stop(base::Millis grace) {
    core_->stop(grace);
}

}  // namespace holdfast::net
