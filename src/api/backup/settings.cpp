#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/api_error.h"
#include "api/aws_backup.h"
#include "api/backup/handlers.h"
#include "api/call.h"
#include "api/registry.h"
#include "api/services.h"
#include "api/shape.h"
#include "api/transaction.h"
#include "meta/database.h"
#include "meta/principal_table.h"
#include "meta/tag_table.h"

/// What an account has chosen: which types of resource are backed up, and what holds for the whole
/// organization.
namespace holdfast::api::backup {

namespace {

constexpr std::string_view kSupportedType = "EKS";
/// Every type that AWS names, so that a configuration written for AWS is taken as it is.
constexpr std::array<std::string_view, 17> kKnownTypes = {"Aurora",
                                                          "CloudFormation",
                                                          "DocumentDB",
                                                          "DynamoDB",
                                                          "EBS",
                                                          "EC2",
                                                          "EFS",
                                                          "EKS",
                                                          "FSx",
                                                          "Neptune",
                                                          "RDS",
                                                          "Redshift",
                                                          "S3",
                                                          "SAP HANA on Amazon EC2",
                                                          "Storage Gateway",
                                                          "Timestream",
                                                          "VirtualMachine"};
constexpr std::array<std::string_view, 3> kGlobalSettings = {
    "isCrossAccountBackupEnabled", "isMpaEnabled", "isDelegatedAdministratorEnabled"};
constexpr std::string_view kOptIn = "opt-in";
constexpr std::string_view kManagement = "management";
constexpr std::string_view kGlobal = "global";
constexpr std::string_view kGlobalTime = "global time";

using Preferences = std::map<std::string, bool>;

Answer<void> check_types(const std::optional<Preferences>& preferences) {
    for (const auto& [type, on] : preferences.value_or(Preferences{}))
        if (std::ranges::find(kKnownTypes, type) == kKnownTypes.end())
            return refuse(errors::kInvalidParameter,
                          fmt::format("Invalid Resource Type : {}", type));
    return {};
}

meta::Tags as_values(const std::optional<Preferences>& preferences) {
    meta::Tags values;
    for (const auto& [type, on] : preferences.value_or(Preferences{}))
        values[type] = on ? "true" : "false";
    return values;
}

Preferences as_preferences(const meta::Tags& values) {
    Preferences preferences;
    for (const auto& [type, on] : values) preferences[type] = on == "true";
    return preferences;
}

Answer<aws_backup::DescribeRegionSettingsOutput> describe_region(Services& services,
                                                                 const Call& call) {
    return in_read(services.database,
                   [&](meta::Session& session) -> Answer<aws_backup::DescribeRegionSettingsOutput> {
                       meta::SettingTable table(session, call.account(), call.region());
                       aws_backup::DescribeRegionSettingsOutput output;
                       output.resource_type_opt_in_preference =
                           as_preferences(TRY(table.all(kOptIn)));
                       if (output.resource_type_opt_in_preference->empty())
                           output.resource_type_opt_in_preference->emplace(kSupportedType, true);
                       output.resource_type_management_preference =
                           as_preferences(TRY(table.all(kManagement)));
                       return output;
                   });
}

Answer<Nothing> update_region(Services& services, const Call& call,
                              const aws_backup::UpdateRegionSettingsInput& input) {
    TRY(check_types(input.resource_type_opt_in_preference));
    TRY(check_types(input.resource_type_management_preference));
    return in_write(services.database, [&](meta::Session& session) -> Answer<Nothing> {
        meta::SettingTable table(session, call.account(), call.region());
        TRY(table.put(kOptIn, as_values(input.resource_type_opt_in_preference)));
        TRY(table.put(kManagement, as_values(input.resource_type_management_preference)));
        return Nothing{};
    });
}

/// The first account manages the organization, and only it sets what holds for all.
Answer<void> check_manages(meta::Session& session, const Call& call) {
    const auto accounts = TRY(meta::AccountTable(session).all());
    if (!accounts.empty() && accounts.front().account == call.account()) return {};
    return refuse(errors::kInvalidRequest,
                  "Global settings can be changed from the organization's management account "
                  "only.");
}

Answer<aws_backup::DescribeGlobalSettingsOutput> describe_global(Services& services) {
    return in_read(services.database,
                   [&](meta::Session& session) -> Answer<aws_backup::DescribeGlobalSettingsOutput> {
                       meta::SettingTable table(session, "", "");
                       aws_backup::DescribeGlobalSettingsOutput output;
                       output.global_settings = TRY(table.all(kGlobal));
                       output.global_settings->emplace(kGlobalSettings[0], "false");
                       const meta::Tags time = TRY(table.all(kGlobalTime));
                       if (auto found = time.find("updated"); found != time.end()) {
                           std::int64_t millis = 0;
                           std::from_chars(found->second.data(),
                                           found->second.data() + found->second.size(), millis);
                           output.last_update_time = meta::time_of(millis);
                       }
                       return output;
                   });
}

Answer<Nothing> update_global(Services& services, const Call& call,
                              const aws_backup::UpdateGlobalSettingsInput& input) {
    const meta::Tags wanted = input.global_settings.value_or(meta::Tags{});
    for (const auto& [name, value] : wanted) {
        if (std::ranges::find(kGlobalSettings, name) == kGlobalSettings.end())
            return refuse(errors::kInvalidParameter,
                          fmt::format("There is no global setting {}.", name));
        if (value != "true" && value != "false")
            return refuse(errors::kInvalidParameter,
                          fmt::format("{} must be \"true\" or \"false\".", name));
    }
    return in_write(services.database, [&](meta::Session& session) -> Answer<Nothing> {
        TRY(check_manages(session, call));
        meta::SettingTable table(session, "", "");
        TRY(table.put(kGlobal, wanted));
        TRY(table.put(kGlobalTime, {{"updated", std::to_string(meta::millis_of(call.now))}}));
        return Nothing{};
    });
}

}  // namespace

void add_settings(Registry& registry, Services& services) {
    auto anywhere = [](const Call&, const auto&) { return on_everything(); };
    registry.on<aws_backup::DescribeRegionSettings>(
        anywhere,
        [&services](const Call& call, const auto&) { return describe_region(services, call); });
    registry.on<aws_backup::UpdateRegionSettings>(anywhere,
                                                  [&services](const Call& call, const auto& input) {
                                                      return update_region(services, call, input);
                                                  });
    registry.on<aws_backup::DescribeGlobalSettings>(
        anywhere, [&services](const Call&, const auto&) { return describe_global(services); });
    registry.on<aws_backup::UpdateGlobalSettings>(anywhere,
                                                  [&services](const Call& call, const auto& input) {
                                                      return update_global(services, call, input);
                                                  });
    registry.on<aws_backup::GetSupportedResourceTypes>(
        anywhere,
        [](const Call&, const auto&) -> Answer<aws_backup::GetSupportedResourceTypesOutput> {
            return aws_backup::GetSupportedResourceTypesOutput{
                .resource_types = std::vector{std::string(kSupportedType)}};
        });
}

}  // namespace holdfast::api::backup
