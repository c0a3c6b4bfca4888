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
    DryRunUnsupported,  ///< 400: a webhook with side effects would have been called.
    Final,              ///< Anything else: the server's words are the answer.
};

/// Reads an answer of at least 400; `reason`, `message` and `cause` as in its v1.Status.
Refusal classify_refusal(int status, std::string_view reason, std::string_view message,
                         bool namespace_terminating);

/// Whether the object was written by the field manager `manager`.
bool was_written_by(const Json& live, std::string_view manager);

}  // namespace holdfast::engine::rules
