#pragma once

#include <string>
#include <string_view>

#include "api/api_error.h"
#include "api/parameters.h"
#include "api/shape.h"
#include "base/json.h"

/// The AWS query protocol: a form in, XML out.
namespace holdfast::api {

/// The operation that a form asks for with Action and, where it is given, Version.
Answer<const Operation*> find_query_operation(const Service& service, const Parameters& form);

/// The form's input in the form of codec.h, not yet validated.
Answer<Json> read_query(const Operation& operation, const Parameters& form);

std::string write_query(const Operation& operation, const Json& output,
                        std::string_view request_id);
std::string write_query_error(const Service& service, const ApiError& error,
                              std::string_view request_id);

}  // namespace holdfast::api
