#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace holdfast::iam {

/// The JSON of a policy document: bounded in size and depth, without duplicate keys. Fails with
/// the sentences of AWS.
Result<Json> parse_policy_json(std::string_view text);

/// Fails unless every member of `object` is one of `known`.
Result<void> expect_only(const Json& object, std::initializer_list<std::string_view> known);

/// A text without control characters.
Result<std::string> text_of(const Json& value, std::string_view element);

/// A text, or a list of at least one.
Result<std::vector<std::string>> texts_of(const Json& value, std::string_view element);

/// The same, but numbers and booleans may stand without quotes.
Result<std::vector<std::string>> condition_texts_of(const Json& value, std::string_view key);

}  // namespace holdfast::iam
