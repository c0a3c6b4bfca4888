#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "api/api_error.h"
#include "api/aws_backup.h"
#include "api/aws_iam.h"
#include "api/aws_sts.h"
#include "api/parameters.h"
#include "api/query_protocol.h"
#include "api/rest_json.h"
#include "api/router.h"
#include "base/clock.h"
#include "base/json.h"

namespace holdfast::api {
namespace {

using testing::HasSubstr;

Answer<Json> read(std::string_view method, std::string_view path, std::string_view query,
                  std::string_view body) {
    const Router router(aws_backup::kService);
    const Parameters parameters = *parse_parameters(query);
    return read_rest_json(*router.find(method, path, parameters), parameters, body);
}

TEST(RestJson, PutsLabelsQueryAndBodyTogether) {
    auto input = read("PUT", "/backup-vaults/main", "",
                      R"({"BackupVaultTags":{"a":"b"},"CreatorRequestId":null,"Unknown":[1]})");
    ASSERT_TRUE(input);
    EXPECT_EQ(*input, Json({{"BackupVaultName", "main"}, {"BackupVaultTags", {{"a", "b"}}}}));
    input =
        read("GET", "/backup-jobs", "maxResults=5&createdAfter=2026-01-02T03:04:05Z&state=", "");
    ASSERT_TRUE(input);
    EXPECT_EQ(*input, Json({{"MaxResults", 5}, {"ByCreatedAfter", 1767323045000}}));
}

TEST(RestJson, ReadsTimesAsSecondsWithAFraction) {
    auto input = read("POST", "/legal-holds/", "",
                      R"({"Title":"t","Description":"d","RecoveryPointSelection":
                          {"DateRange":{"FromDate":1576492491.322,
                                        "ToDate":"2026-01-02T03:04:05Z"}}})");
    ASSERT_TRUE(input);
    const Json& range = (*input)["RecoveryPointSelection"]["DateRange"];
    EXPECT_EQ(range["FromDate"], 1576492491322);
    EXPECT_EQ(range["ToDate"], 1767323045000);
}

TEST(RestJson, RefusesWhatIsNoDocument) {
    for (std::string_view body : {"{", "[]", "7", "{\"a\":1}{", "\xff"}) {
        auto input = read("PUT", "/backup-vaults/main", "", body);
        ASSERT_FALSE(input) << body;
        EXPECT_EQ(input.error().name, "SerializationException");
    }
    const std::string deep = std::string(1000, '[') + std::string(1000, ']');
    EXPECT_FALSE(read("PUT", "/backup-vaults/main", "", deep));
}

TEST(RestJson, WritesWhatClientsRead) {
    aws_backup::CreateBackupVaultOutput output;
    output.backup_vault_name = "main";
    output.creation_date = base::Time(base::Millis(1576492491322));
    EXPECT_EQ(write_rest_json(aws_backup::CreateBackupVault::operation(), write(output)),
              R"({"BackupVaultName":"main","CreationDate":1576492491.322})");
    EXPECT_EQ(write_rest_json(aws_backup::DeleteBackupVault::operation(), Json::object()), "");
}

TEST(RestJson, WritesErrorsAsEachServiceSpellsThem) {
    ApiError error("InvalidRequestException", "it is not empty");
    error.code = "ERROR_9101";
    EXPECT_EQ(Json::parse(write_rest_json_error(aws_backup::kService, error)),
              Json({{"Code", "ERROR_9101"},
                    {"Context", "1"},
                    {"Message", "it is not empty"},
                    {"Type", "Client"}}));
}

TEST(Query, ReadsAFormAsATree) {
    auto form = parse_parameters(
        "Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=%7B%7D&"
        "Tags.member.2.Key=b&Tags.member.2.Value=2&Tags.member.1.Key=a&Tags.member.1.Value=1&"
        "MaxSessionDuration=3600");
    ASSERT_TRUE(form);
    auto operation = find_query_operation(aws_iam::kService, *form);
    ASSERT_TRUE(operation);
    EXPECT_EQ((*operation)->name, "CreateRole");
    EXPECT_EQ(*read_query(**operation, *form),
              Json({{"RoleName", "r"},
                    {"AssumeRolePolicyDocument", "{}"},
                    {"MaxSessionDuration", 3600},
                    {"Tags", {{{"Key", "a"}, {"Value", "1"}}, {{"Key", "b"}, {"Value", "2"}}}}}));
    EXPECT_EQ(
        find_query_operation(aws_iam::kService, *parse_parameters("Action=Nothing")).error().name,
        "UnknownOperationException");
}

TEST(Query, WritesXml) {
    aws_sts::GetCallerIdentityResponse output;
    output.account = "111122223333";
    output.arn = "a<b>&\"c\"\x01";
    EXPECT_EQ(write_query(aws_sts::GetCallerIdentity::operation(), write(output), "id-1"),
              "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
              "<GetCallerIdentityResult><Account>111122223333</Account>"
              "<Arn>a&lt;b&gt;&amp;&quot;c&quot;\uFFFD</Arn></GetCallerIdentityResult>"
              "<ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata>"
              "</GetCallerIdentityResponse>");
}

TEST(Query, WritesListsAndTimes) {
    aws_iam::ListRolesResponse output;
    output.roles.push_back({.path = "/",
                            .role_name = "r",
                            .role_id = "AROA",
                            .arn = "arn",
                            .create_date = base::Time(base::Millis(1767323045678))});
    const std::string xml = write_query(aws_iam::ListRoles::operation(), write(output), "id");
    EXPECT_THAT(xml, HasSubstr("<Roles><member><Path>/</Path><RoleName>r</RoleName>"));
    EXPECT_THAT(xml, HasSubstr("<CreateDate>2026-01-02T03:04:05Z</CreateDate>"));
}

TEST(Query, TakesCodeAndStatusOfErrorsFromTheModel) {
    const ApiError error("NoSuchEntityException", "The role with name r cannot be found.");
    EXPECT_EQ(facts_of(aws_iam::kService, error.name).status, 404);
    EXPECT_THAT(write_query_error(aws_iam::kService, error, "id"),
                HasSubstr("<Type>Sender</Type><Code>NoSuchEntity</Code>"));
    EXPECT_EQ(facts_of(aws_backup::kService, "ResourceNotFoundException").status, 400);
    EXPECT_EQ(facts_of(aws_backup::kService, "AccessDeniedException").status, 403);
}

}  // namespace
}  // namespace holdfast::api
