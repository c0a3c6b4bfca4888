#include "jobs/plan_document.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

namespace holdfast::jobs {
namespace {

constexpr const char* kVaultArn = "arn:aws:backup:us-east-1:123456789012:backup-vault:Default";

PlanDocument good_plan() {
    return {.name = "plan.1",
            .rules = {{.name = "daily",
                       .target_vault_name = "Default",
                       .schedule_expression = "cron(15 * ? * * *)",
                       .schedule_timezone = "Europe/Berlin",
                       .start_window_minutes = 60,
                       .completion_window_minutes = 52'560'000,
                       .lifecycle = {.delete_after_days = 35},
                       .recovery_point_tags = {{"team", "a"}},
                       .copy_actions = {{.destination_vault_arn = kVaultArn,
                                         .lifecycle = {.delete_after_days = -1}}}},
                      {.name = "bare", .target_vault_name = "my_vault-2"}}};
}

TEST(PlanDocument, TakesAPlanThatIsWithinItsBounds) {
    const Result<void> checked = check_plan(good_plan());
    EXPECT_TRUE(checked) << checked.error().message;
}

TEST(PlanDocument, FillsInTheDefaultsOfAws) {
    const ScheduledRule rule = *schedule_of({.name = "bare", .target_vault_name = "v"}, {"id"});
    EXPECT_EQ(rule.id.text, "id");
    EXPECT_EQ(rule.cron.text(), "cron(0 5 ? * * *)");
    EXPECT_EQ(rule.zone.name(), "Etc/UTC");
    EXPECT_EQ(rule.start_window.count(), 480);
    EXPECT_EQ(rule.completion_window.count(), 10'080);
    EXPECT_TRUE(rule.retention.is_for_ever());
}

TEST(PlanDocument, KeepsWhatARuleStates) {
    const ScheduledRule rule = *schedule_of(good_plan().rules[0], {"id"});
    EXPECT_EQ(rule.cron.text(), "cron(15 * ? * * *)");
    EXPECT_EQ(rule.zone.name(), "Europe/Berlin");
    EXPECT_EQ(rule.start_window.count(), 60);
    EXPECT_EQ(rule.completion_window.count(), 52'560'000);
    EXPECT_EQ(rule.retention, Retention::of(35));
}

TEST(PlanDocument, SaysWhatIsWrongAndInWhichRule) {
    // spoil, code, message
    using Case = std::tuple<void (*)(PlanDocument&), ErrorCode, std::string>;
    const std::string long_name(51, 'a');
    const std::string window = "it cannot be less than 60 or more than 52560000 minutes";
    const Case cases[] = {
        {[](PlanDocument& p) { p.name = ""; }, ErrorCode::InvalidArgument,
         "Invalid BackupPlanName '': it must be 1 to 50 letters, digits, '-', '_' and '.'"},
        {[](PlanDocument& p) { p.name = std::string(51, 'a'); }, ErrorCode::InvalidArgument,
         "Invalid BackupPlanName '" + long_name +
             "': it must be 1 to 50 letters, digits, '-', '_' and '.'"},
        {[](PlanDocument& p) { p.rules.clear(); }, ErrorCode::InvalidArgument,
         "Invalid backup plan: it has no rules"},
        {[](PlanDocument& p) { p.rules.resize(11, p.rules[0]); }, ErrorCode::LimitExceeded,
         "A backup plan has at most 10 rules; this one has 11"},
        {[](PlanDocument& p) { p.rules[1].name = "daily"; }, ErrorCode::InvalidArgument,
         "Invalid backup plan: two rules are named 'daily'"},
        {[](PlanDocument& p) { p.rules[1].name = "a/b"; }, ErrorCode::InvalidArgument,
         "Invalid RuleName 'a/b': it must be 1 to 50 letters, digits, '-', '_' and '.'"},
        {[](PlanDocument& p) { p.rules[1].target_vault_name = "a.b"; }, ErrorCode::InvalidArgument,
         "Error in rule bare: Invalid TargetBackupVaultName 'a.b': it must be 2 to 50 letters, "
         "digits, '-' and '_'"},
        {[](PlanDocument& p) { p.rules[1].target_vault_name = "v"; }, ErrorCode::InvalidArgument,
         "Error in rule bare: Invalid TargetBackupVaultName 'v': it must be 2 to 50 letters, "
         "digits, '-' and '_'"},
        {[](PlanDocument& p) { p.rules[1].schedule_expression = "rate(1 day)"; },
         ErrorCode::InvalidArgument,
         "Error in rule bare: Invalid schedule expression 'rate(1 day)': it must be of the form "
         "cron(fields)"},
        {[](PlanDocument& p) { p.rules[1].schedule_expression = "cron(0,30 * ? * * *)"; },
         ErrorCode::InvalidArgument,
         "Error in rule bare: Invalid schedule expression 'cron(0,30 * ? * * *)': it runs more "
         "often than once an hour"},
        {[](PlanDocument& p) { p.rules[1].schedule_timezone = "Mars"; }, ErrorCode::InvalidArgument,
         "Error in rule bare: Invalid time zone 'Mars': not in the IANA database"},
        {[](PlanDocument& p) { p.rules[1].start_window_minutes = 59; }, ErrorCode::InvalidArgument,
         "Error in rule bare: Invalid StartWindowMinutes: " + window},
        {[](PlanDocument& p) { p.rules[1].start_window_minutes = INT64_MAX; },
         ErrorCode::InvalidArgument, "Error in rule bare: Invalid StartWindowMinutes: " + window},
        {[](PlanDocument& p) { p.rules[1].completion_window_minutes = 0; },
         ErrorCode::InvalidArgument,
         "Error in rule bare: Invalid CompletionWindowMinutes: it cannot be less than 1 or more "
         "than 52560000 minutes"},
        {[](PlanDocument& p) { p.rules[1].lifecycle.delete_after_days = 0; },
         ErrorCode::InvalidArgument,
         "Error in rule bare: Invalid lifecycle. DeleteAfterDays cannot be less than 1 or more "
         "than 36500 days"},
        {[](PlanDocument& p) {
             for (int i = 0; i < 11; ++i)
                 p.rules[1].recovery_point_tags[fmt::format("tag-{}", i)] = "";
         },
         ErrorCode::LimitExceeded,
         "Error in rule bare: RecoveryPointTags has 11 tags; at most 10 are allowed"},
        {[](PlanDocument& p) { p.rules[1].recovery_point_tags["aws:x"] = ""; },
         ErrorCode::InvalidArgument,
         "Error in rule bare: Invalid tag 'aws:x' in RecoveryPointTags: a key has 1 to 128 "
         "characters and does not begin with 'aws:', a value has at most 256"},
        {[](PlanDocument& p) {
             p.rules[1].copy_actions.resize(6, {.destination_vault_arn = kVaultArn});
         },
         ErrorCode::LimitExceeded,
         "Error in rule bare: CopyActions has 6 actions; at most 5 are allowed"},
        {[](PlanDocument& p) {
             p.rules[1].copy_actions = {{.destination_vault_arn = "arn:aws:s3:::bucket"}};
         },
         ErrorCode::InvalidArgument,
         "Error in rule bare: Invalid DestinationBackupVaultArn 'arn:aws:s3:::bucket': not the ARN "
         "of a backup vault"},
        {[](PlanDocument& p) {
             p.rules[1].copy_actions = {
                 {.destination_vault_arn = kVaultArn,
                  .lifecycle = {.move_to_cold_after_days = 1, .delete_after_days = 2}}};
         },
         ErrorCode::InvalidArgument,
         "Error in rule bare: Invalid lifecycle. DeleteAfterDays cannot be less than 90 days apart "
         "from MoveToColdStorageAfterDays"},
    };
    for (const auto& [spoil, code, message] : cases) {
        PlanDocument plan = good_plan();
        spoil(plan);
        const Result<void> checked = check_plan(plan);
        ASSERT_FALSE(checked) << message;
        EXPECT_EQ(checked.error().code, code) << message;
        EXPECT_EQ(checked.error().message, message);
    }
}

TEST(PlanDocument, HasLimitsThatAnOperatorCanRaise) {
    PlanDocument plan = good_plan();
    for (int i = 0; i < 20; ++i) {
        plan.rules.push_back(plan.rules[1]);
        plan.rules.back().name = fmt::format("rule-{}", i);
    }
    EXPECT_FALSE(check_plan(plan));
    EXPECT_TRUE(check_plan(plan, {.rules = 22}));
}

}  // namespace
}  // namespace holdfast::jobs
