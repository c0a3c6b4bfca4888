#include "net/http_client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <ctime>
#include <vector>

#include "base/guarded.h"
#include "base/text.h"
#include "net/http_error.h"

namespace holdfast::net {
namespace {

constexpr std::size_t kMaxHeaders = 256;
constexpr long kReceiveBufferBytes = 256L << 10;
constexpr std::size_t kFirstReserveBytes = 64u << 10u;

struct EasyCloser {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyCloser>;

struct ListFreer {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListFreer>;

/// Keeps SIGPIPE, which writing to a closed TLS connection raises, from this thread, and leaves
/// the process's own handling of the signal alone.
class NoBrokenPipeSignal {
public:
    NoBrokenPipeSignal() {
        sigset_t pending;
        sigpending(&pending);
        if (sigismember(&pending, SIGPIPE) == 1) return;
        sigemptyset(&pipe_);
        sigaddset(&pipe_, SIGPIPE);
        active_ = pthread_sigmask(SIG_BLOCK, &pipe_, &before_) == 0;
    }
    ~NoBrokenPipeSignal() {
        if (!active_) return;
        const timespec now{};
        while (sigtimedwait(&pipe_, nullptr, &now) == SIGPIPE) {
        }
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    NoBrokenPipeSignal(const NoBrokenPipeSignal&) = delete;
    NoBrokenPipeSignal& operator=(const NoBrokenPipeSignal&) = delete;

private:
    sigset_t pipe_{};
    sigset_t before_{};
    bool active_ = false;
};

using Words = std::array<char, CURL_ERROR_SIZE>;

/// One exchange in progress, as libcurl's callbacks see it.
struct Transfer {
    Bytes& body;
    HttpResponse& response;
    std::size_t max_body_bytes;
    std::size_t max_header_bytes;
    std::stop_token stop;
    std::size_t header_bytes = 0;
    bool body_too_long = false;
    bool headers_too_long = false;
    Words words{};  ///< libcurl's own, when it fails

    static std::size_t write_body(char* data, std::size_t, std::size_t size, void* self) {
        return static_cast<Transfer*>(self)->add_body({data, size}) ? size : 0;
    }
    static std::size_t write_header(char* data, std::size_t, std::size_t size, void* self) {
        return static_cast<Transfer*>(self)->add_header({data, size}) ? size : 0;
    }
    static int progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
        return static_cast<Transfer*>(self)->stop.stop_requested() ? 1 : 0;
    }

    bool add_body(std::string_view part) {
        if (part.size() > max_body_bytes - body.size()) {
            body_too_long = true;
            return false;
        }
        base::append(body, base::as_bytes(part));
        return true;
    }

    bool add_header(std::string_view line) {
        header_bytes += line.size();
        if (header_bytes > max_header_bytes || response.headers.size() >= kMaxHeaders) {
            headers_too_long = true;
            return false;
        }
        // A new status line begins the final answer after an interim one.
        if (line.starts_with("HTTP/")) {
            response.headers.clear();
            return true;
        }
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) return true;
        response.headers.emplace_back(base::to_lower(line.substr(0, colon)),
                                      base::trim(line.substr(colon + 1)));
        return true;
    }
};

template <class T>
void set(CURL* easy, CURLoption option, T value) {
    // Options fail only when memory ends or the build lacks a feature, which requests then show.
    curl_easy_setopt(easy, option, value);
}

void set_blob(CURL* easy, CURLoption option, const std::string& text) {
    curl_blob blob{};
    blob.data = const_cast<char*>(text.data());  // libcurl's type; it only reads
    blob.len = text.size();
    blob.flags = CURL_BLOB_NOCOPY;
    curl_easy_setopt(easy, option, &blob);
}

void set_tls(CURL* easy, const HttpOptions& options, const TlsIdentity* identity) {
    if (!options.ca_pem.empty()) set_blob(easy, CURLOPT_CAINFO_BLOB, options.ca_pem);
    if (options.skip_tls_verify) {
        set(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        set(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (identity == nullptr) return;
    set_blob(easy, CURLOPT_SSLCERT_BLOB, identity->certificate_pem);
    set_blob(easy, CURLOPT_SSLKEY_BLOB, identity->key_pem);
}

void set_limits(CURL* easy, const HttpOptions& options) {
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_PROTOCOLS_STR, "https,http");
    set(easy, CURLOPT_FOLLOWLOCATION, 0L);
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
    set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options.total_timeout.count()));
    const auto idle = std::chrono::ceil<std::chrono::seconds>(options.idle_timeout);
    set(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(idle.count()));
    set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    set(easy, CURLOPT_BUFFERSIZE, kReceiveBufferBytes);
    set(easy, CURLOPT_HTTP_VERSION,
        options.version == HttpVersion::Http1 ? long{CURL_HTTP_VERSION_1_1}
                                              : long{CURL_HTTP_VERSION_2TLS});
    if (options.accept_compression) set(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
}

/// curl's own "socks5" resolves names here, kubectl's at the proxy.
std::string curl_proxy(const std::string& url) {
    constexpr std::string_view kSocks = "socks5://";
    return url.starts_with(kSocks) ? "socks5h://" + url.substr(kSocks.size()) : url;
}

/// What libcurl reads during the transfer and does not copy.
struct Lists {
    HeaderList headers;
    HeaderList detour;
};

bool takes_detour(const Url& server, const HttpOptions& options) {
    return !options.tls_server_name.empty() && server.scheme == "https";
}

/// To verify another name than the address has, the request is made to that name and the
/// connection to the address.
void set_address(CURL* easy, const Url& server, const HttpOptions& options, const std::string& path,
                 Lists& lists) {
    Url target = server;
    if (takes_detour(server, options)) {
        target.host = options.tls_server_name;
        const std::string detour = fmt::format("{}:{}", target.authority(), server.authority());
        lists.detour.reset(curl_slist_append(nullptr, detour.c_str()));
        set(easy, CURLOPT_CONNECT_TO, lists.detour.get());
    }
    const std::string url =
        fmt::format("{}://{}{}{}", target.scheme, target.authority(), target.path, path);
    set(easy, CURLOPT_URL, url.c_str());
    if (!options.proxy_url.empty()) {
        set(easy, CURLOPT_PROXY, curl_proxy(options.proxy_url).c_str());
    }
    set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

void set_headers(CURL* easy, const Url& server, const HttpOptions& options,
                 const HttpRequest& request, Lists& lists) {
    curl_slist* list = curl_slist_append(nullptr, "Expect:");  // no waiting for "100 Continue"
    for (const auto& [name, value] : request.headers) {
        list = curl_slist_append(list, fmt::format("{}: {}", name, value).c_str());
    }
    if (takes_detour(server, options)) {
        list = curl_slist_append(list, ("Host: " + server.authority()).c_str());
    }
    lists.headers.reset(list);
    set(easy, CURLOPT_HTTPHEADER, list);
    set(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
}

void set_method(CURL* easy, const HttpRequest& request) {
    const bool has_body = !request.body.empty() || request.method == "POST" ||
                          request.method == "PUT" || request.method == "PATCH";
    if (has_body) {
        set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        set(easy, CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
    } else {
        set(easy, CURLOPT_HTTPGET, 1L);
    }
    set(easy, CURLOPT_CUSTOMREQUEST, std::string(request.method).c_str());
}

CURLcode perform(CURL* easy, Transfer& transfer) {
    set(easy, CURLOPT_ERRORBUFFER, transfer.words.data());
    set(easy, CURLOPT_WRITEFUNCTION, &Transfer::write_body);
    set(easy, CURLOPT_WRITEDATA, &transfer);
    set(easy, CURLOPT_HEADERFUNCTION, &Transfer::write_header);
    set(easy, CURLOPT_HEADERDATA, &transfer);
    set(easy, CURLOPT_NOPROGRESS, 0L);
    set(easy, CURLOPT_XFERINFOFUNCTION, &Transfer::progress);
    set(easy, CURLOPT_XFERINFODATA, &transfer);
    const NoBrokenPipeSignal quiet;
    return curl_easy_perform(easy);
}

BrokenTransfer facts(CURL* easy, CURLcode code, const Words& words) {
    BrokenTransfer broken;
    broken.code = code;
    long number = 0;
    if (curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number) == CURLE_OK) {
        broken.system_error = static_cast<int>(number);
    }
    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &broken.verify_result);
    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &broken.proxy_status);
    curl_off_t until_sending = 0;
    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &until_sending);
    broken.sent = until_sending > 0;
    broken.detail = base::trim(words[0] == '\0' ? curl_easy_strerror(code) : words.data());
    return broken;
}

HttpFailure failure(ErrorCode code, std::string text) {
    return {.error = Error{.code = code, .message = std::move(text)}, .maybe_processed = true};
}

}  // namespace

/// The idle handles; the one used last is borrowed first, as its connection is the freshest.
class HttpClient::Handles {
public:
    Easy borrow() {
        Easy easy;
        idle_.update([&](std::vector<Easy>& idle) {
            if (idle.empty()) return;
            easy = std::move(idle.back());
            idle.pop_back();
        });
        if (!easy) easy.reset(curl_easy_init());
        return easy;
    }

    void put_back(Easy easy, std::size_t limit) {
        idle_.update([&](std::vector<Easy>& idle) {
            if (idle.size() < limit) idle.push_back(std::move(easy));
        });
    }

private:
    base::Guarded<std::vector<Easy>> idle_;
};

std::string_view HttpResponse::header(std::string_view name) const {
    return find_header(headers, name);
}

HttpClient::HttpClient(Checked, Url server, HttpOptions options)
    : server_(std::move(server)),
      options_(std::move(options)),
      handles_(std::make_unique<Handles>()) {}

HttpClient::~HttpClient() = default;

Result<std::unique_ptr<HttpClient>> HttpClient::create(Url server, HttpOptions options) {
    static const CURLcode kReady = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (kReady != CURLE_OK) return fail(ErrorCode::Internal, "libcurl cannot be started");
    if (server.scheme != "https" && server.scheme != "http") {
        return fail(ErrorCode::InvalidArgument, "{} is no address of an HTTP server",
                    server.text());
    }
    if (!options.proxy_url.empty()) TRY(Url::parse(options.proxy_url), "the proxy's address");
    return std::make_unique<HttpClient>(Checked(), std::move(server), std::move(options));
}

std::expected<HttpResponse, HttpFailure> HttpClient::send(const HttpRequest& request, Bytes& body,
                                                          std::stop_token stop) {
    Easy easy = handles_->borrow();
    if (!easy) return std::unexpected(failure(ErrorCode::Internal, "no HTTP handle to be had"));
    CURL* curl = easy.get();
    curl_easy_reset(curl);  // keeps the connection
    set_limits(curl, options_);
    set_tls(curl, options_, request.identity.get());
    set_method(curl, request);
    if (request.once) set(curl, CURLOPT_FRESH_CONNECT, 1L);
    Lists lists;
    set_address(curl, server_, options_, request.target, lists);
    set_headers(curl, server_, options_, request, lists);

    body.clear();
    body.reserve(kFirstReserveBytes);
    HttpResponse response;
    Transfer transfer{.body = body,
                      .response = response,
                      .max_body_bytes = request.max_body_bytes,
                      .max_header_bytes = options_.max_header_bytes,
                      .stop = stop};
    const CURLcode code = perform(curl, transfer);
    if (stop.stop_requested() && code != CURLE_OK) {
        return std::unexpected(failure(ErrorCode::Cancelled, "stopped"));
    }
    if (transfer.body_too_long || transfer.headers_too_long) {
        return std::unexpected(failure(
            ErrorCode::LimitExceeded,
            transfer.body_too_long
                ? fmt::format("an answer of {} is longer than {}", server_.text(),
                              base::human_bytes(request.max_body_bytes))
                : fmt::format("the headers of an answer of {} are too long", server_.text())));
    }
    if (code != CURLE_OK) {
        // The handle goes with its connection, of which nobody knows the state.
        return std::unexpected(to_failure(facts(curl, code, transfer.words), server_, options_));
    }
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
    curl_easy_reset(curl);  // forgets everything that points into this request
    handles_->put_back(std::move(easy), options_.max_idle_handles);
    return response;
}

}  // namespace holdfast::net
