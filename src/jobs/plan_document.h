#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jobs/lifecycle.h"
#include "jobs/names.h"
#include "jobs/schedule.h"
#include "jobs/selection.h"

namespace holdfast::jobs {

/// A copy that follows each backup of a rule.
struct CopyAction {
    std::string destination_vault_arn;
    Lifecycle lifecycle;
};

/// A rule as the API states it; what is empty or absent takes its default.
struct RuleDocument {
    std::string name;
    std::string target_vault_name;
    std::string schedule_expression;
    std::string schedule_timezone;
    std::optional<std::int64_t> start_window_minutes;
    std::optional<std::int64_t> completion_window_minutes;
    Lifecycle lifecycle;
    Tags recovery_point_tags;
    std::vector<CopyAction> copy_actions;
};

struct PlanDocument {
    std::string name;
    std::vector<RuleDocument> rules;
};

/// AWS's quotas for one plan, which an operator may change.
struct PlanLimits {
    std::size_t rules = 10;
    std::size_t copy_actions_per_rule = 5;
    std::size_t recovery_point_tags = 10;
};

constexpr std::string_view kDefaultSchedule = "cron(0 5 ? * * *)";
constexpr std::chrono::minutes kMinStartWindow{60};
constexpr std::chrono::minutes kMaxWindow{52'560'000};

/// InvalidArgument in AWS's sentences, after the name of the rule; LimitExceeded beyond `limits`.
Result<void> check_plan(const PlanDocument& plan, const PlanLimits& limits = {});

/// What the schedule needs of a rule. InvalidArgument when its time is not as check_plan demands.
Result<ScheduledRule> schedule_of(const RuleDocument& rule, RuleId id);

}  // namespace holdfast::jobs
