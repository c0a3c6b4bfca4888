#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace holdfast::net {

/// A TCP connection to a loopback port for unit tests, which sends and receives bytes as they are.
class RawClient {
public:
    explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        // So that a test that is wrong ends at all.
        const timeval patience{.tv_sec = 60, .tv_usec = 0};
        ASSERT(socket_ >= 0 &&
               ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
               ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    ~RawClient() {
        if (socket_ >= 0) ::close(socket_);
    }
    RawClient(RawClient&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
    RawClient& operator=(RawClient&&) = delete;

    /// False when the other side has closed the connection.
    bool send(std::string_view text) {
        while (!text.empty()) {
            const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    /// Sends no more, but listens on.
    void end_sending() { ::shutdown(socket_, SHUT_WR); }

    /// Everything until the other side closes.
    std::string rest() {
        std::string all = std::exchange(received_, {});
        while (receive()) all += std::exchange(received_, {});
        return all;
    }
    /// Everything up to and with `mark`; what there is when the other side closes before it.
    std::string until(std::string_view mark) {
        std::size_t found = received_.find(mark);
        while (found == std::string::npos && receive()) found = received_.find(mark);
        const std::size_t end = found == std::string::npos ? received_.size() : found + mark.size();
        std::string part = received_.substr(0, end);
        received_.erase(0, end);
        return part;
    }

    int socket() const { return socket_; }

private:
    bool receive() {
        char part[4096];
        const ssize_t got = ::recv(socket_, part, sizeof part, 0);
        if (got <= 0) return false;
        received_.append(part, static_cast<std::size_t>(got));
        return true;
    }

    int socket_;
    std::string received_;
};

}  // namespace holdfast::net
