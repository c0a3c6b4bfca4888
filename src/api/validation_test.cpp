#include "api/validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/aws_backup.h"
#include "api/aws_iam.h"

namespace holdfast::api {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// "Kind member: constraint" of each.
template <class Op>
std::vector<std::string> violations(const Json& input) {
    const Operation& operation = Op::operation();
    std::vector<std::string> told;
    for (const Violation& each : find_violations(*operation.service, operation.input, input)) {
        const char* kind = each.kind == Violation::Kind::Missing     ? "Missing"
                           : each.kind == Violation::Kind::WrongType ? "WrongType"
                                                                     : "OutOfBounds";
        told.push_back(fmt::format("{} {}: {}", kind, each.member, each.constraint));
    }
    return told;
}

TEST(Validation, AcceptsWhatTheModelAllows) {
    EXPECT_THAT(violations<aws_backup::CreateBackupVault>(
                    {{"BackupVaultName", "main"}, {"BackupVaultTags", {{"team", "shop"}}}}),
                IsEmpty());
    EXPECT_THAT(violations<aws_backup::CreateBackupPlan>(
                    {{"BackupPlan",
                      {{"BackupPlanName", "daily"},
                       {"Rules",
                        {{{"RuleName", "r"},
                          {"TargetBackupVaultName", "main"},
                          {"Lifecycle", {{"DeleteAfterDays", 35}}}}}}}}}),
                IsEmpty());
}

TEST(Validation, NamesEveryMemberThatBreaksTheModel) {
    EXPECT_THAT(violations<aws_backup::CreateBackupVault>({{"BackupVaultName", "a b"}}),
                ElementsAre("OutOfBounds backupVaultName: Member must satisfy regular expression "
                            "pattern: ^[a-zA-Z0-9\\-\\_]{2,50}$"));
    EXPECT_THAT(violations<aws_backup::CreateBackupPlan>(
                    {{"BackupPlan", {{"BackupPlanName", 7}, {"Rules", {Json::object()}}}}}),
                ElementsAre("WrongType backupPlan.backupPlanName: Member must be a string",
                            "Missing backupPlan.rules.1.member.ruleName: Member must not be null",
                            "Missing backupPlan.rules.1.member.targetBackupVaultName: Member must "
                            "not be null"));
    EXPECT_THAT(violations<aws_backup::ListBackupVaults>({{"MaxResults", 1001}}),
                ElementsAre("OutOfBounds maxResults: Member must have value less than or equal to "
                            "1000"));
    EXPECT_THAT(violations<aws_backup::ListBackupVaults>({{"MaxResults", 9223372036854775808u}}),
                ElementsAre("WrongType maxResults: Member must be an integer"));
    EXPECT_THAT(violations<aws_iam::CreateRole>({{"RoleName", ""}}),
                testing::Contains("OutOfBounds roleName: Member must have length greater than or "
                                  "equal to 1"));
}

TEST(Validation, RefusesTextThatIsNone) {
    EXPECT_THAT(
        violations<aws_backup::CreateBackupVault>({{"BackupVaultName", std::string("a\0b", 3)}}),
        ElementsAre("WrongType backupVaultName: Member must be UTF-8 text without NUL"));
}

TEST(Validation, NeverShowsWhatIsSensitive) {
    const Operation& operation = aws_backup::StartRestoreJob::operation();
    for (const Violation& each :
         find_violations(*operation.service, operation.input,
                         {{"RecoveryPointArn", "arn"}, {"Metadata", {{"k", 1}}}}))
        EXPECT_EQ(each.value, "") << each.member;
}

TEST(Validation, StopsAtItsBound) {
    Json rules = Json::array();
    for (int i = 0; i < 100; ++i) rules.push_back(Json::object());
    EXPECT_EQ(violations<aws_backup::CreateBackupPlan>(
                  {{"BackupPlan", {{"BackupPlanName", "p"}, {"Rules", rules}}}})
                  .size(),
              kMaxViolations);
}

}  // namespace
}  // namespace holdfast::api
