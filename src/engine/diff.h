#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace holdfast::engine {

struct DiffOptions {
    bool with_status = false;   ///< Compares the status too.
    bool owner_uids = false;    ///< Compares the UIDs of owners too: both are of one cluster.
    bool show_secrets = false;  ///< Shows the values in Secrets instead of `***`.
    std::size_t max_lines = 1000;
};

/// One place at which two objects differ. A side that lacks it is empty text.
struct Difference {
    std::string path;    ///< Such as "spec.containers[web].image".
    std::string before;  ///< Compact JSON.
    std::string after;

    bool operator==(const Difference&) const = default;
};

/// Where two objects of one kind differ, but for what servers, controllers and clocks put there.
/// At most max_lines; the values of Secrets are masked unless asked for.
std::vector<Difference> differences(const Json& before, const Json& after,
                                    const DiffOptions& options = {});

/// What decides, in previews and restores alike, whether an object of the target is already what a
/// restore would make of it: both have the same text. Owners must be the same objects, not only be
/// called the same: a reference to one that is gone lets the dependent be deleted.
std::string form_in_target(const Json& object);

/// "path: before -> after", "path: + after" or "path: - before".
std::string display(const Difference& difference);

/// The object with the values of a Secret replaced by `***`; other kinds as they are.
Json masked(Json object);

}  // namespace holdfast::engine
