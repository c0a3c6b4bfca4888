#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "api/shape.h"
#include "base/clock.h"
#include "iam/arn.h"
#include "iam/directory.h"
#include "meta/vault_table.h"

namespace holdfast::api {

/// Who asks what, where and when: what a handler is told besides its input.
struct Call {
    const Operation* operation = nullptr;
    std::shared_ptr<const iam::Identity> identity;
    meta::Place place;  ///< the caller's account, and the region that was addressed
    std::string partition;
    std::string request_id;
    base::Time now;
    std::stop_token stop;

    const std::string& account() const { return place.account; }
    const std::string& region() const { return place.region; }
    /// "arn:{partition}:{service}:{region}:{account}:{resource}" of the caller's own.
    std::string arn(std::string_view service, std::string_view resource) const;
    /// Whether an ARN names something of the caller's own, in the region that was addressed.
    bool owns(const iam::Arn& arn) const;
};

}  // namespace holdfast::api
