// Verifies signed requests for tests/e2e/test_sigv4.py. Reads one request per line of standard
// input as {"method", "target", "headers": [[name, value]], "body": base64}, and prints a line for
// each: "accepted", or the sentence with which it is refused.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <expected>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/json.h"
#include "crypto/secret.h"
#include "net/headers.h"
#include "net/signature_refusal.h"
#include "net/sigv4.h"

namespace {

using namespace holdfast;  // NOLINT: a test program

struct Request {
    std::string method;
    std::string target;
    net::Headers headers;
    std::string body;
};

Result<Request> read_request(const std::string& line) {
    const Json json = TRY(base::parse_json(line));
    Request request;
    request.method = base::text_at(json, "/method");
    request.target = base::text_at(json, "/target");
    request.body = base::to_text(TRY(base::from_base64(base::text_at(json, "/body"))));
    const Json* const headers = base::find_json(json, "/headers");
    if (headers == nullptr || !headers->is_array()) {
        return fail(ErrorCode::InvalidArgument, "a request without headers");
    }
    for (const Json& header : *headers) {
        request.headers.emplace_back(base::text_at(header, "/0"), base::text_at(header, "/1"));
    }
    return request;
}

/// Keeps the keys that it has derived, as a server does.
class Verifier {
public:
    Verifier(std::string access_key_id, std::string secret)
        : access_key_id_(std::move(access_key_id)), secret_(std::move(secret)) {}

    std::expected<void, net::SignatureRefusal> check(const Request& request) {
        const net::SignedRequest view{.method = request.method,
                                      .target = request.target,
                                      .headers = request.headers,
                                      .body = request.body};
        const net::SignatureClaim claim = TRY(net::parse_claim(view));
        TRY(net::check_time(claim, clock_.now()));
        if (claim.access_key_id != access_key_id_) {
            return net::refuse(net::SignatureFault::Mismatch, "There is no such access key.");
        }
        const auto name = std::tuple(claim.scope.date, claim.scope.region, claim.scope.service);
        auto known = keys_.find(name);
        if (known == keys_.end()) {
            known = keys_.emplace(name, net::signing_key(secret_, claim.scope)).first;
        }
        return net::verify(claim, view, known->second);
    }

private:
    std::string access_key_id_;
    std::string secret_;
    base::SystemClock clock_;
    std::map<std::tuple<std::string, std::string, std::string>, crypto::Key> keys_;
};

Result<void> run(const std::string& access_key_id, const std::string& secret) {
    Verifier verifier(access_key_id, secret);
    std::string line;
    while (std::getline(std::cin, line)) {
        const auto checked = verifier.check(TRY(read_request(line)));
        fmt::print("{}\n", checked ? "accepted" : checked.error().message);
    }
    return {};
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): nobody could do more about what gets here
int main(int argc, char** argv) {
    std::string access_key_id;
    std::string secret;
    CLI::App app("Verifies signed requests");
    app.add_option("--access-key-id", access_key_id)->required();
    app.add_option("--secret", secret)->required();
    CLI11_PARSE(app, argc, argv);
    const Result<void> done = run(access_key_id, secret);
    if (done) return 0;
    fmt::print(stderr, "error: {}\n", done.error().message);
    return 1;
}
