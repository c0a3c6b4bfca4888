#pragma once

#include <string>

#include "net/http_client.h"
#include "net/url.h"

namespace holdfast::net {

/// What libcurl knows of a transfer that ended without an answer.
struct BrokenTransfer {
    int code = 0;  ///< CURLcode
    int system_error = 0;
    long verify_result = 0;  ///< X509_V_ERR_...
    long proxy_status = 0;   ///< the proxy's answer to CONNECT
    bool sent = false;       ///< whether a connection stood, so that the request may have left
    std::string detail;      ///< libcurl's own words
};

/// The failure as one sentence that names the cause and what to do about it.
HttpFailure to_failure(const BrokenTransfer& broken, const Url& server, const HttpOptions& options);

}  // namespace holdfast::net
