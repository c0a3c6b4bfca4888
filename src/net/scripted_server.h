#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "base/text.h"

namespace holdfast::net {

/// An HTTP/1.1 server on a loopback port for unit tests. It answers each request with the next of
/// the given answers, byte for byte, and closes the connection; after the last one it answers 404.
/// An empty answer closes without a word, kSilence leaves the client waiting.
class ScriptedServer {
public:
    static constexpr std::string_view kSilence = "(silence)";

    explicit ScriptedServer(std::deque<std::string> answers) : answers_(std::move(answers)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* plain = reinterpret_cast<sockaddr*>(&address);
        ASSERT(listener_ >= 0 && ::bind(listener_, plain, size) == 0 &&
               ::listen(listener_, 16) == 0 && ::getsockname(listener_, plain, &size) == 0);
        port_ = ntohs(address.sin_port);
        worker_ = std::jthread([this](std::stop_token stop) { serve(stop); });
    }
    ~ScriptedServer() {
        worker_.request_stop();
        worker_.join();
        for (const int waiting : silent_) ::close(waiting);
        ::close(listener_);
    }
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }
    /// The requests so far, head and body.
    std::vector<std::string> requests() {
        return requests_.update([](std::vector<std::string>& all) { return all; });
    }

    /// A whole answer with that status and body.
    static std::string answer(int status, std::string_view body, std::string_view headers = "") {
        return fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(),
                           headers, body);
    }

private:
    void serve(std::stop_token stop) {
        while (!stop.stop_requested()) {
            pollfd ready{.fd = listener_, .events = POLLIN, .revents = 0};
            if (::poll(&ready, 1, 10) <= 0) continue;
            const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (client >= 0) answer_one(client);
        }
    }

    void answer_one(int client) {
        const std::string request = read_request(client);
        if (request.empty()) {
            ::close(client);
            return;
        }
        requests_.update([&](std::vector<std::string>& all) { all.push_back(request); });
        std::string text = answer(404, "");
        if (!answers_.empty()) {
            text = answers_.front();
            answers_.pop_front();
        }
        if (text == kSilence) {
            silent_.push_back(client);
            return;
        }
        for (std::string_view rest = text; !rest.empty();) {
            const ssize_t sent = ::send(client, rest.data(), rest.size(), MSG_NOSIGNAL);
            if (sent <= 0) break;
            rest.remove_prefix(static_cast<std::size_t>(sent));
        }
        ::close(client);
    }

    static std::string read_request(int client) {
        std::string request;
        std::size_t wanted = std::string::npos;
        char part[4096];
        while (request.size() < wanted) {
            const ssize_t got = ::recv(client, part, sizeof part, 0);
            if (got <= 0) return "";
            request.append(part, static_cast<std::size_t>(got));
            if (request.front() == '\x16') return request;  // TLS, which it does not speak
            const std::size_t head = request.find("\r\n\r\n");
            if (head == std::string::npos || wanted != std::string::npos) continue;
            const std::string lower = base::to_lower(request.substr(0, head));
            const std::size_t length = lower.find("content-length: ");
            const std::size_t body =
                length == std::string::npos ? 0 : std::stoul(lower.substr(length + 16));
            wanted = head + 4 + body;
        }
        return request;
    }

    std::deque<std::string> answers_;
    base::Guarded<std::vector<std::string>> requests_;
    std::vector<int> silent_;
    int listener_ = -1;
    int port_ = 0;
    std::jthread worker_;
};

}  // namespace holdfast::net
