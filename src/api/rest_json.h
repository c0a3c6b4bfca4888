#pragma once

#include <string>
#include <string_view>

#include "api/api_error.h"
#include "api/parameters.h"
#include "api/router.h"
#include "base/json.h"

namespace holdfast::api {

/// A request's input in the form of codec.h, not yet validated: labels, query parameters and body
/// put together, nulls absent, times in milliseconds. Members that the model does not have are
/// passed over, as newer clients send them.
Answer<Json> read_rest_json(const Route& route, const Parameters& query, std::string_view body);

/// The body of a successful answer; empty for an operation without output. Times are seconds since
/// 1970 with a fraction.
std::string write_rest_json(const Operation& operation, const Json& output);

/// The body of an error; `error.name` itself travels in the header X-Amzn-Errortype.
std::string write_rest_json_error(const Service& service, const ApiError& error);

}  // namespace holdfast::api
