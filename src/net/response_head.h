#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "net/server_message.h"

namespace holdfast::net {

enum class AfterAnswer : std::uint8_t { KeepOpen, Close };

/// Whether answers of that status have a body and say its length.
bool may_have_body(int status);

/// Status line and headers up to the body. Of the response's own headers those are left out that
/// are the connection's: Content-Length, Transfer-Encoding, Connection, Date. InvalidArgument when
/// another one would end its line or has no name, or the status is none.
Result<std::string> response_head(const ServerResponse& response, base::Time now,
                                  AfterAnswer after);

}  // namespace holdfast::net
