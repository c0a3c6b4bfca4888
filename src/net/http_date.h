#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace holdfast::net {

/// A time as HTTP headers have it (RFC 9110, 5.6.7), such as "Sat, 21 Nov 2026 14:05:00 GMT".
std::string to_http_date(base::Time time);
/// InvalidArgument for anything but that one form.
Result<base::Time> from_http_date(std::string_view text);

}  // namespace holdfast::net
