#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kube/client.h"

namespace holdfast::kube {

/// What a v1.Status body says about a refused request.
struct StatusError {
    struct Cause {
        std::string reason;
        std::string field;
        std::string message;
    };

    int code = 0;
    std::string reason;   ///< such as "AlreadyExists"; by `code` where the server is silent
    std::string message;  ///< the server's words, bounded
    std::vector<Cause> causes;
    int retry_after_seconds = 0;

    bool has_cause(std::string_view reason) const;
};

/// Reads the body of an answer that is not a success. Never fails: a body that is no v1.Status
/// gives its first words as the message.
StatusError status_error(const Response& response);
StatusError status_error(int status, std::string_view body);

/// The same as an Error: its code by the status, its message the server's words.
Error to_error(const StatusError& status);

}  // namespace holdfast::kube
