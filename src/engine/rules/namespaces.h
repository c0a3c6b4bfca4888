#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace holdfast::engine::rules {

/// Gives a Namespace its new name; the label that the server derives from the name goes.
void rename_namespace(Json& ns, std::string_view new_name);

/// What keeps a terminating namespace from going, in the server's words; empty when the live
/// namespace is not terminating.
std::string why_terminating(const Json& live);

/// Whether somebody has deleted the live object, so that it is about to go.
bool is_being_deleted(const Json& live);
/// What an object that is being deleted waits for, in words.
std::string why_deleting(const Json& live);

}  // namespace holdfast::engine::rules
