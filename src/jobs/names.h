#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"

namespace holdfast::jobs {

using base::Random;
using base::Time;

/// A text that names one kind of thing, so that no job's id is taken for a plan's.
template <class Kind>
struct Id {
    std::string text;

    friend auto operator<=>(const Id&, const Id&) = default;
};

using JobId = Id<struct JobKind>;
using PlanId = Id<struct PlanKind>;
using PlanVersionId = Id<struct PlanVersionKind>;
using RuleId = Id<struct RuleKind>;
using SelectionId = Id<struct SelectionKind>;
using HoldId = Id<struct HoldKind>;

/// An upper-case UUID of version 7, so that jobs sort by their creation.
JobId new_job_id(Time now, Random& random);

/// A lower-case UUID of version 4.
template <class AnyId>
AnyId new_id(Random& random) {
    return {base::uuid_v4(random)};
}

/// The base64 text of a UUID, as AWS names the versions of a plan.
PlanVersionId new_plan_version_id(Random& random);

/// Whether `name` is 1 to 50 letters, digits, '-', '_' and '.', as plans, rules and selections are
/// named.
bool is_plan_name(std::string_view name);
/// Whether `name` is 2 to 50 letters, digits, '-' and '_'.
bool is_vault_name(std::string_view name);

/// Where a resource lives: the parts that every ARN of ours begins with.
struct Home {
    std::string partition;
    std::string region;
    std::string account;

    friend bool operator==(const Home&, const Home&) = default;
};

std::string cluster_arn(const Home& home, std::string_view cluster);
std::string vault_arn(const Home& home, std::string_view vault);
std::string plan_arn(const Home& home, const PlanId& plan);
std::string selection_arn(const Home& home, const SelectionId& selection);
std::string hold_arn(const Home& home, const HoldId& hold);

/// A cluster's backup has two points of one name: the composite, and nested in it the state.
enum class PointKind { Composite, State };

/// What the ARN of a cluster's recovery point says.
struct PointArn {
    Home home;
    PointKind kind = PointKind::State;
    /// `{cluster}-{yyyyMMddHHmmss}{6 digits}`; the last '-' ends the cluster's name.
    std::string point_name;

    std::string_view cluster() const;
    std::string text() const;

    friend bool operator==(const PointArn&, const PointArn&) = default;
};

/// A name for the points of a backup of `cluster` that began at `at`. Two that begin in one second
/// may draw the same digits: whoever records the name draws again when it is taken.
std::string new_point_name(std::string_view cluster, Time at, Random& random);

/// InvalidArgument for a text that is no ARN of a cluster's recovery point.
Result<PointArn> parse_point_arn(std::string_view text);

}  // namespace holdfast::jobs
