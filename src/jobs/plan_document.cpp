#include "jobs/plan_document.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <string_view>

#include "base/text.h"
#include "jobs/cron.h"
#include "jobs/names.h"
#include "jobs/time_zone.h"

namespace holdfast::jobs {
namespace {

using std::chrono::minutes;

constexpr std::size_t kMaxTagKeyBytes = 128;
constexpr std::size_t kMaxTagValueBytes = 256;
constexpr std::string_view kReservedTagPrefix = "aws:";

/// arn:{p}:backup:{r}:{a}:backup-vault:{name}
bool is_vault_arn(std::string_view text) {
    const std::vector<std::string_view> parts = base::split(text, ':');
    return parts.size() == 7 && parts[0] == "arn" && !parts[1].empty() && parts[2] == "backup" &&
           !parts[3].empty() && !parts[4].empty() && parts[5] == "backup-vault" &&
           is_vault_name(parts[6]);
}

Result<minutes> window_of(std::string_view field, std::optional<std::int64_t> asked,
                          minutes fallback, minutes min) {
    if (!asked) return fallback;
    if (*asked < min.count() || *asked > kMaxWindow.count()) {
        return fail(ErrorCode::InvalidArgument,
                    "Invalid {}: it cannot be less than {} or more than {} minutes", field,
                    min.count(), kMaxWindow.count());
    }
    return minutes(*asked);
}

Result<void> check_tags(const Tags& tags, std::size_t limit) {
    if (tags.size() > limit) {
        return fail(ErrorCode::LimitExceeded,
                    "RecoveryPointTags has {} tags; at most {} are allowed", tags.size(), limit);
    }
    for (const auto& [key, value] : tags) {
        if (key.empty() || key.size() > kMaxTagKeyBytes || value.size() > kMaxTagValueBytes ||
            key.starts_with(kReservedTagPrefix)) {
            return fail(ErrorCode::InvalidArgument,
                        "Invalid tag '{}' in RecoveryPointTags: a key has 1 to {} characters and "
                        "does not begin with '{}', a value has at most {}",
                        key.substr(0, kMaxTagKeyBytes), kMaxTagKeyBytes, kReservedTagPrefix,
                        kMaxTagValueBytes);
        }
    }
    return {};
}

Result<void> check_copy_actions(const std::vector<CopyAction>& actions, std::size_t limit) {
    if (actions.size() > limit) {
        return fail(ErrorCode::LimitExceeded, "CopyActions has {} actions; at most {} are allowed",
                    actions.size(), limit);
    }
    for (const CopyAction& action : actions) {
        if (!is_vault_arn(action.destination_vault_arn)) {
            return fail(ErrorCode::InvalidArgument,
                        "Invalid DestinationBackupVaultArn '{}': not the ARN of a backup vault",
                        action.destination_vault_arn);
        }
        TRY(check_lifecycle(action.lifecycle));
    }
    return {};
}

Result<void> check_rule(const RuleDocument& rule, const PlanLimits& limits) {
    if (!is_vault_name(rule.target_vault_name)) {
        return fail(ErrorCode::InvalidArgument,
                    "Invalid TargetBackupVaultName '{}': it must be 2 to 50 letters, digits, '-' "
                    "and '_'",
                    rule.target_vault_name);
    }
    const ScheduledRule scheduled = TRY(schedule_of(rule, {}));
    if (scheduled.cron.more_often_than_hourly()) {
        return fail(ErrorCode::InvalidArgument,
                    "Invalid schedule expression '{}': it runs more often than once an hour",
                    scheduled.cron.text());
    }
    TRY(check_lifecycle(rule.lifecycle));
    TRY(check_tags(rule.recovery_point_tags, limits.recovery_point_tags));
    return check_copy_actions(rule.copy_actions, limits.copy_actions_per_rule);
}

}  // namespace

Result<void> check_plan(const PlanDocument& plan, const PlanLimits& limits) {
    const auto check_name = [](std::string_view field, std::string_view name) -> Result<void> {
        if (is_plan_name(name)) return {};
        return fail(ErrorCode::InvalidArgument,
                    "Invalid {} '{}': it must be 1 to 50 letters, digits, '-', '_' and '.'", field,
                    name);
    };
    TRY(check_name("BackupPlanName", plan.name));
    if (plan.rules.empty())
        return fail(ErrorCode::InvalidArgument, "Invalid backup plan: it has no rules");
    if (plan.rules.size() > limits.rules) {
        return fail(ErrorCode::LimitExceeded, "A backup plan has at most {} rules; this one has {}",
                    limits.rules, plan.rules.size());
    }
    std::set<std::string_view> names;
    for (const RuleDocument& rule : plan.rules) {
        TRY(check_name("RuleName", rule.name));
        if (!names.insert(rule.name).second) {
            return fail(ErrorCode::InvalidArgument, "Invalid backup plan: two rules are named '{}'",
                        rule.name);
        }
        TRY(check_rule(rule, limits), "Error in rule {}", rule.name);
    }
    return {};
}

Result<ScheduledRule> schedule_of(const RuleDocument& rule, RuleId id) {
    Cron cron = TRY(Cron::parse(rule.schedule_expression.empty() ? kDefaultSchedule
                                                                 : rule.schedule_expression));
    TimeZone zone = rule.schedule_timezone.empty() ? TimeZone::utc()
                                                   : TRY(TimeZone::find(rule.schedule_timezone));
    const minutes start = TRY(window_of("StartWindowMinutes", rule.start_window_minutes,
                                        kDefaultStartWindow, kMinStartWindow));
    const minutes completion =
        TRY(window_of("CompletionWindowMinutes", rule.completion_window_minutes,
                      kDefaultCompletionWindow, minutes(1)));
    return ScheduledRule{.id = std::move(id),
                         .cron = std::move(cron),
                         .zone = std::move(zone),
                         .start_window = start,
                         .completion_window = completion,
                         .retention = Retention::of(rule.lifecycle)};
}

}  // namespace holdfast::jobs
