#pragma once

#include <string_view>

#include "base/json.h"

namespace holdfast::engine::rules {

/// What an API server's refusal of a write means for a restore.
enum class Refusal {
    Exists,             ///< 409: an object of that name is there.
    Conflict,           ///< 409: it changed since it was read.
    Immutable,          ///< 422: a field cannot change in place.
    NodePortTaken,      ///< 422: a node port belongs to another Service.
    OwnerNotAllowed,    ///< 403: blockOwnerDeletion needs rights that we lack.
    NotYet,             ///< A dependency is not ready: a webhook's backend, a quota's controller.
    Terminating,        ///< 403: the namespace is being deleted.
    Forbidden,          ///< 403 for want of rights or quota, which are looked at before names.
    NamespaceMissing,   ///< 404: the namespace is not there.
    DryRunUnsupported,  ///< A webhook does not want to be asked in a dry run.
    Final,              ///< Anything else: the server's words are the answer.
};

/// Reads an answer of at least 400; `reason`, `message` and `cause` as in its v1.Status.
Refusal classify_refusal(int status, std::string_view reason, std::string_view message,
                         bool namespace_terminating);

/// What a strict reader of an object stumbled over, such as `unknown field "spec.x"`; empty for any
/// other refusal. A write that is not strict goes through without it.
std::string_view strict_decoding_error(int status, std::string_view message);

/// Whether the object was written by the field manager `manager`.
bool was_written_by(const Json& live, std::string_view manager);

}  // namespace holdfast::engine::rules
