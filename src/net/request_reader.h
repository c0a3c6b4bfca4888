#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/server_message.h"

namespace holdfast::net {

/// Makes requests of the bytes that a connection brings, which may be hostile. It never holds more
/// than its limits allow, and what it lets through is one request in the eyes of everybody: there
/// is no second reading of where its body ends.
class RequestReader {
public:
    struct Limits {
        std::size_t header_bytes = 64u << 10u;  ///< request line and headers together
        std::size_t headers = 128;
        std::size_t body_bytes = 8u << 20u;
    };
    enum class Phase : std::uint8_t {
        Idle,     ///< nothing of the next request is there
        Head,     ///< a part of the head is there
        Body,     ///< the head is read, the body is not
        Whole,    ///< take() gives the request
        Refused,  ///< what came is no request of ours; refusal() says why, and nothing more is read
    };
    struct Refusal {
        int status = 0;
        std::string sentence;
    };

    explicit RequestReader(const Limits& limits);
    ~RequestReader();
    RequestReader(const RequestReader&) = delete;
    RequestReader& operator=(const RequestReader&) = delete;

    /// Takes the next bytes. What comes after a whole request is kept for the next one, so the
    /// caller stops putting while one is Whole.
    void put(std::string_view bytes);
    /// No more bytes will come: a request of which a part is there is refused.
    void end();

    Phase phase() const;
    const Refusal& refusal() const;
    /// Whether the client waits to be told to send the body.
    bool awaits_continue() const;
    /// Whether the connection may serve another request after the one that is Whole.
    bool keep_alive() const;
    /// How much of the body is there.
    std::size_t body_bytes() const;

    /// The request that is Whole, without what only the connection knows. Goes on with the next.
    ServerRequest take();

private:
    class Parser;
    void begin();
    void parse(std::string_view bytes);
    void refuse(Refusal refusal);
    Refusal too_long(std::string_view unread) const;
    Refusal reason(bool body_too_long, std::string_view words) const;

    Limits limits_;
    std::unique_ptr<Parser> parser_;
    std::string pending_;  ///< bytes that the parser has not used
    Phase phase_ = Phase::Idle;
    Refusal refusal_;
};

}  // namespace holdfast::net
