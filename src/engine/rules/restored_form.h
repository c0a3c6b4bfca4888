#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "engine/rules/owners.h"

namespace holdfast::engine::rules {

/// What the rules ask about the target while they make an object ready to be created there.
struct Surroundings {
    /// Whether a controller that handles this finalizer can be expected in the target.
    std::function<bool(std::string_view finalizer)> has_controller;
    std::function<OwnerAnswer(const OwnerReference&)> owner;
    /// Whether a volume of that name is there, or will be, for the claim at hand.
    std::function<bool(std::string_view volume)> has_volume;
    bool keep_status = false;
    bool drop_last_applied = false;
    bool drop_node_ports = false;
};

/// What happened to an object on its way.
struct FormNotes {
    std::vector<std::string> notes;  ///< Sentences for a person.
    bool owners_later = false;
    bool volume_empty = false;  ///< A claim that had a volume and comes back without.
};

/// Turns a captured object into what is to be created: every rule for its kind, in order.
FormNotes make_restored_form(Json& object, const Surroundings& surroundings);

/// Owners compare by what they are; their UIDs matter only between objects of one cluster.
enum class OwnerUids { Drop, Keep };

/// Turns an object, captured or live, into what two of them are compared by: without anything that
/// a server, a controller or the clock puts into it. `with_status` keeps the status.
void make_comparable_form(Json& object, bool with_status, OwnerUids uids = OwnerUids::Drop);

}  // namespace holdfast::engine::rules
