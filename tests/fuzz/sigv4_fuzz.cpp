// A request in the form of HTTP: its claim is read and verified, then it is signed by us and must
// be accepted. The input is head lines up to an empty line, then the body.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "net/headers.h"
#include "net/sigv4.h"

namespace {

using namespace holdfast;  // NOLINT: a fuzz target

struct Input {
    std::string method;
    std::string target;
    net::Headers headers;
    std::string body;

    net::SignedRequest view() const {
        return {.method = method, .target = target, .headers = headers, .body = body};
    }
};

Input read(std::string_view text) {
    Input input;
    bool first = true;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty()) break;
        const std::size_t mark = std::min(line.find(first ? ' ' : ':'), line.size());
        const std::string name(line.substr(0, mark));
        const std::string rest(line.substr(std::min(mark + 1, line.size())));
        if (first) {
            input.method = name;
            input.target = rest;
        } else {
            input.headers.emplace_back(name, rest);
        }
        first = false;
    }
    input.body = text;
    return input;
}

bool accepted(const Input& input, std::string_view secret) {
    const auto claim = net::parse_claim(input.view());
    if (!claim) return false;
    (void)net::check_time(*claim, base::Time(std::chrono::days(16677)));
    return net::verify(*claim, input.view(), net::signing_key(secret, claim->scope)).has_value();
}

bool is_about_signatures(const std::string& name) {
    const std::string lower = base::to_lower(name);
    return lower == "authorization" || lower.starts_with("x-amz-");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    Input input = read({reinterpret_cast<const char*>(bytes), size});
    const bool before = accepted(input, "secret");
    if (before && accepted(input, "other secret")) std::abort();

    const net::Signer signer{.access_key_id = "AKID",
                             .secret = "secret",
                             .session_token = "token",
                             .region = "us-east-1",
                             .service = "backup"};
    std::erase_if(input.headers, [](const auto& h) { return is_about_signatures(h.first); });
    // Only names that a parser of HTTP lets through.
    for (const auto& [name, value] : input.headers) {
        if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") != std::string::npos) return 0;
        if (name.empty() || name == "authorization") return 0;
    }
    constexpr std::size_t kManyHeaders = 50;
    if (input.headers.size() > kManyHeaders || input.target.contains("X-Amz-")) return 0;
    const base::Time now = *base::from_rfc3339("2015-08-30T12:36:00Z");
    const Result<net::Headers> added = net::sign(input.view(), signer, now);
    if (!added || input.target.size() > 4096) return 0;
    input.headers.insert(input.headers.end(), added->begin(), added->end());
    const bool encoded = input.target.contains("X%2D") || input.target.contains('%');
    if (!accepted(input, "secret") && !encoded) std::abort();
    return 0;
}
