#pragma once

#include <string>
#include <string_view>

#include "net/headers.h"

namespace holdfast::net {

/// A request that a server has read whole.
struct ServerRequest {
    std::string method;
    std::string target;  ///< path and query, as sent: begins with '/', or is "*" for OPTIONS
    Headers headers;     ///< names in lower case, values without spaces at their ends
    std::string body;
    std::string peer_address;  ///< the client's IP address
    bool secure = false;       ///< it came over TLS

    /// The first header of that lower-case name; empty when there is none.
    std::string_view header(std::string_view name) const { return find_header(headers, name); }
};

/// What to answer. The server itself writes Content-Length, Connection and Date.
struct ServerResponse {
    int status = 200;
    Headers headers;
    std::string body;
};

}  // namespace holdfast::net
