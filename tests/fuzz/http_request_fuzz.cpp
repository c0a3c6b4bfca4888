// The bytes of a connection: however they are cut, the same requests come out of them, within
// bounds.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/request_reader.h"
#include "net/server_message.h"
#include "net/sigv4.h"

namespace {

using namespace holdfast;  // NOLINT: a fuzz target
using Phase = net::RequestReader::Phase;

constexpr net::RequestReader::Limits kLimits{
    .header_bytes = 512, .headers = 20, .body_bytes = 1024};

void check(const net::ServerRequest& request) {
    if (request.headers.size() > kLimits.headers) std::abort();
    if (request.body.size() > kLimits.body_bytes) std::abort();
    if (request.target.size() > kLimits.header_bytes) std::abort();
    for (const char c : request.target) {
        if (c <= ' ' || c >= '\x7f') std::abort();
    }
    (void)net::parse_claim({.method = request.method,
                            .target = request.target,
                            .headers = request.headers,
                            .body = request.body});
}

/// All requests that the reader makes of those bytes, as one text.
std::string outcome(std::string_view bytes, std::size_t piece) {
    net::RequestReader reader(kLimits);
    std::string seen;
    while (true) {
        while (reader.phase() == Phase::Whole) {
            const bool stays_open = reader.keep_alive();
            const net::ServerRequest request = reader.take();
            check(request);
            seen += request.method + ' ' + request.target + (stays_open ? " open\n" : " close\n");
            for (const auto& [name, value] : request.headers) seen += name + ':' + value + '\n';
            seen += request.body + '\n';
        }
        if (reader.phase() == Phase::Refused || bytes.empty()) break;
        const std::string_view part = bytes.substr(0, piece);
        bytes.remove_prefix(part.size());
        reader.put(part);
    }
    reader.end();
    return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t piece = 1 + bytes[0] % 64u;
    const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
    if (outcome(text, text.size() + 1) != outcome(text, piece)) std::abort();
    return 0;
}
