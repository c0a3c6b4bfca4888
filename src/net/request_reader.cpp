#include "net/request_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/optional.hpp>
#include <optional>
#include <utility>

#include "base/result.h"
#include "base/text.h"
#include "net/headers.h"

namespace holdfast::net {
namespace {

namespace http = boost::beast::http;
using ErrorState = boost::beast::error_code;
using View = boost::beast::string_view;

constexpr std::size_t kMaxMethodBytes = 32;
constexpr std::size_t kHeadSlack = 64;
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";

std::string_view view(View text) {
    return {text.data(), text.size()};
}

bool is_printable(char c) {
    return c > ' ' && c < '\x7f';
}

/// What a value may hold (RFC 9110, 5.5).
bool is_value_character(char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != '\x7f');
}

}  // namespace

/// One request. Beast finds where its parts begin and end; which ones we take is decided here.
class RequestReader::Parser final : public http::basic_parser<true> {
public:
    explicit Parser(const Limits& limits) : limits_(limits) {
        // RequestReader counts what the whole head takes; Beast's limit begins anew with each line.
        header_limit(static_cast<std::uint32_t>(limits.header_bytes + kHeadSlack));
        body_limit(limits.body_bytes);
        // One part for each call, so that the parts can be measured.
        eager(false);
    }

    /// Takes what it can off `bytes`. Returns how long the last part was: the head as a whole, or
    /// a line between the pieces of a body.
    std::size_t feed(std::string_view& bytes, ErrorState& error) {
        std::size_t part = 0;
        while (!error && !bytes.empty() && !is_done() && part <= limits_.header_bytes) {
            const bool in_head = !is_header_done();
            // Beast takes it for granted that it never sees less of the end of a chunked body.
            if (!in_head && chunked() && bytes.size() < kLastChunk.size()) {
                error = http::error::need_more;
                break;
            }
            const std::size_t body_before = request.body.size();
            const std::size_t used = put({bytes.data(), bytes.size()}, error);
            bytes.remove_prefix(used);
            if (in_head) head_bytes += used;
            part = in_head ? head_bytes : used - (request.body.size() - body_before);
        }
        return part;
    }

    ServerRequest request;
    std::optional<Refusal> refusal;
    std::size_t head_bytes = 0;
    bool stays_open = false;
    bool awaits_continue = false;

private:
    void refuse(int status, std::string sentence, ErrorState& error) {
        if (!refusal) refusal = Refusal{.status = status, .sentence = std::move(sentence)};
        error = http::error::bad_field;
    }

    void on_request_impl(http::verb, View method, View target, int version,
                         ErrorState& error) override {
        version_ = version;
        request.method = view(method);
        request.target = view(target);
        if (request.method.size() > kMaxMethodBytes) {
            refuse(501, "The request's method is not known here.", error);
        } else if (!std::ranges::all_of(request.target, is_printable)) {
            refuse(400, "The request's target has characters that must be encoded.", error);
        } else if (!request.target.starts_with('/') &&
                   (request.method != "OPTIONS" || request.target != "*")) {
            refuse(400, "The request's target must be a path.", error);
        }
    }

    void on_field_impl(http::field, View name, View value, ErrorState& error) override {
        if (++fields_ > limits_.headers) {
            refuse(431, fmt::format("The request has more than {} headers.", limits_.headers),
                   error);
        } else if (!std::ranges::all_of(view(value), is_value_character)) {
            refuse(400, "A header of the request has a control character.", error);
        } else if (!in_trailer_) {
            request.headers.emplace_back(base::to_lower(view(name)), base::trim(view(value)));
        }
    }

    void on_header_impl(ErrorState& error) override {
        in_trailer_ = true;
        // An answer may end the connection, and what a trailer says must not keep it.
        stays_open = keep_alive();
        check_host(error);
        if (!error) check_transfer(error);
        if (!error) check_expectation(error);
    }

    void check_host(ErrorState& error) {
        const auto hosts = std::ranges::count(request.headers, "host",
                                              &std::pair<std::string, std::string>::first);
        if (hosts > 1 || (hosts == 0 && version_ >= kHttp11)) {
            refuse(400, "The request must have one Host header.", error);
        }
    }

    void check_transfer(ErrorState& error) {
        const std::string_view encoding = request.header("transfer-encoding");
        if (encoding.empty() && !chunked()) return;
        if (version_ < kHttp11) {
            refuse(400, "A request of HTTP/1.0 cannot have a Transfer-Encoding.", error);
        } else if (!same_header_name(encoding, "chunked") || !chunked()) {
            refuse(501, "The only Transfer-Encoding is 'chunked'.", error);
        }
    }

    void check_expectation(ErrorState& error) {
        const std::string_view expected = request.header("expect");
        if (expected.empty() || version_ < kHttp11) return;
        if (!same_header_name(expected, "100-continue")) {
            refuse(417, "The only expectation that can be met is '100-continue'.", error);
        }
        awaits_continue = true;
    }

    void on_response_impl(int, View, int, ErrorState&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorState&) override {}
    std::size_t on_body_impl(View body, ErrorState&) override {
        request.body.append(body.data(), body.size());
        return body.size();
    }
    void on_chunk_header_impl(std::uint64_t, View, ErrorState&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, View body, ErrorState&) override {
        request.body.append(body.data(), body.size());
        return body.size();
    }
    void on_finish_impl(ErrorState&) override {}

    static constexpr int kHttp11 = 11;

    const Limits& limits_;
    std::size_t fields_ = 0;
    int version_ = 0;
    bool in_trailer_ = false;
};

RequestReader::RequestReader(const Limits& limits) : limits_(limits) {
    begin();
}

RequestReader::~RequestReader() = default;

void RequestReader::begin() {
    parser_ = std::make_unique<Parser>(limits_);
    phase_ = Phase::Idle;
}

void RequestReader::put(std::string_view bytes) {
    if (phase_ == Phase::Refused) return;
    if (phase_ != Phase::Whole && pending_.empty()) {
        parse(bytes);
        return;
    }
    pending_ += bytes;
    if (phase_ == Phase::Whole) return;
    const std::string all = std::exchange(pending_, {});
    parse(all);
}

void RequestReader::parse(std::string_view bytes) {
    if (!parser_->got_some()) {
        // Some clients end a body with a line that they do not count (RFC 9112, 2.2).
        while (bytes.starts_with(kLineEnd)) bytes.remove_prefix(kLineEnd.size());
        if (bytes.empty() || bytes == kLineEnd.substr(0, 1)) {
            pending_ = bytes;
            return;
        }
    }
    ErrorState error;
    std::size_t part = parser_->feed(bytes, error);
    const bool unfinished = error == http::error::need_more;
    if (unfinished) part += bytes.size();
    if (error && !unfinished) {
        refuse(error == http::error::header_limit
                   ? too_long(bytes)
                   : reason(error == http::error::body_limit, error.message()));
    } else if (part > limits_.header_bytes) {
        refuse(too_long(bytes));
    } else if (parser_->is_done()) {
        phase_ = Phase::Whole;
        pending_ = bytes;
    } else {
        phase_ = parser_->is_header_done() ? Phase::Body : Phase::Head;
        pending_ = bytes;
    }
}

RequestReader::Refusal RequestReader::too_long(std::string_view unread) const {
    const std::string_view head = unread.substr(0, limits_.header_bytes);
    const bool line = parser_->head_bytes == 0 && !head.contains(kLineEnd);
    if (line) return {.status = 414, .sentence = "The request line is too long."};
    return {.status = 431, .sentence = "The request's headers are too long."};
}

RequestReader::Refusal RequestReader::reason(bool body_too_long, std::string_view words) const {
    if (parser_->refusal) return *parser_->refusal;
    if (body_too_long) {
        return {.status = 413,
                .sentence = fmt::format("The request's body is longer than {}.",
                                        base::human_bytes(limits_.body_bytes))};
    }
    return {.status = 400, .sentence = fmt::format("This is no HTTP request ({}).", words)};
}

void RequestReader::refuse(Refusal refusal) {
    phase_ = Phase::Refused;
    refusal_ = std::move(refusal);
    pending_ = {};
}

void RequestReader::end() {
    if (phase_ != Phase::Head && phase_ != Phase::Body) return;
    refuse({.status = 400, .sentence = "The request ended too early."});
}

RequestReader::Phase RequestReader::phase() const {
    return phase_;
}

const RequestReader::Refusal& RequestReader::refusal() const {
    return refusal_;
}

bool RequestReader::awaits_continue() const {
    return phase_ == Phase::Body && parser_->awaits_continue && parser_->request.body.empty();
}

bool RequestReader::keep_alive() const {
    return parser_->stays_open;
}

std::size_t RequestReader::body_bytes() const {
    return parser_->request.body.size();
}

ServerRequest RequestReader::take() {
    ASSERT(phase_ == Phase::Whole);
    ServerRequest request = std::move(parser_->request);
    begin();
    const std::string rest = std::exchange(pending_, {});
    if (!rest.empty()) parse(rest);
    return request;
}

}  // namespace holdfast::net
