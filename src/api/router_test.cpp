#include "api/router.h"

#include <gtest/gtest.h>

#include <optional>

#include "api/aws_backup.h"
#include "api/aws_eks.h"

namespace holdfast::api {
namespace {

Route find(std::string_view method, std::string_view path, std::string_view query = "") {
    static const Router router(aws_backup::kService);
    auto route = router.find(method, path, *parse_parameters(query));
    EXPECT_TRUE(route) << method << " " << path;
    return route ? *route : Route{};
}

TEST(Router, FindsEveryOperationByItsOwnPath) {
    for (const Service* service : {&aws_backup::kService, &aws_eks::kService}) {
        const Router router(*service);
        for (const Operation& operation : service->operations) {
            const std::size_t mark = std::min(operation.path.find('?'), operation.path.size());
            const auto query =
                parse_parameters(operation.path.substr(std::min(mark + 1, operation.path.size())));
            auto route = router.find(operation.method, operation.path.substr(0, mark), *query);
            ASSERT_TRUE(route) << operation.name;
            EXPECT_EQ(route->operation->name, operation.name);
        }
    }
}

TEST(Router, DecodesLabelsAfterItSplitThePath) {
    Route route = find("GET",
                       "/backup-vaults/main/recovery-points/"
                       "arn%3Aaws%3Abackup%3Aeu-west-1%3A111122223333%3Arecovery-point%3Acomposite"
                       "%3Aeks%2Fshop-20260102030405000000/restore-metadata");
    EXPECT_EQ(route.operation->name, "GetRecoveryPointRestoreMetadata");
    EXPECT_EQ(route.labels.at("backupVaultName"), "main");
    EXPECT_EQ(route.labels.at("recoveryPointArn"),
              "arn:aws:backup:eu-west-1:111122223333:recovery-point:composite:"
              "eks/shop-20260102030405000000");
}

TEST(Router, DoesNotMindATrailingSlash) {
    EXPECT_EQ(find("GET", "/backup-vaults").operation->name, "ListBackupVaults");
    EXPECT_EQ(find("GET", "/backup-vaults/").operation->name, "ListBackupVaults");
    EXPECT_EQ(find("GET", "/backup-vaults/main/").operation->name, "DescribeBackupVault");
    EXPECT_EQ(find("PUT", "/backup-jobs/").operation->name, "StartBackupJob");
}

TEST(Router, LooksAtAFlagInTheQuery) {
    EXPECT_EQ(find("POST", "/backup-vaults/main/mpaApprovalTeam", "delete").operation->name,
              "DisassociateBackupVaultMpaApprovalTeam");
}

TEST(Router, KnowsWhatItDoesNotHave) {
    const Router router(aws_backup::kService);
    for (std::string_view path : {"/", "", "/nothing", "/backup-vaults//", "/backup-vaults/a/b/c",
                                  "/backup-vaults/main%2Faccess-policy/x"}) {
        auto route = router.find("GET", path, {});
        ASSERT_FALSE(route) << path;
        EXPECT_EQ(route.error().name, "UnknownOperationException");
    }
    EXPECT_EQ(router.find("GET", "/backup-vaults/%zz", {}).error().name, "SerializationException");
}

TEST(Parameters, AreDecoded) {
    auto parameters = parse_parameters("a=1&b=x+y&c=%26%3D&d&e=&a=2");
    ASSERT_TRUE(parameters);
    EXPECT_EQ(parameters->find("a"), "1");
    EXPECT_EQ(parameters->find("b"), "x y");
    EXPECT_EQ(parameters->find("c"), "&=");
    EXPECT_EQ(parameters->find("d"), "");
    EXPECT_EQ(parameters->find("none"), std::nullopt);
    EXPECT_EQ(parameters->all.size(), 6);
    EXPECT_FALSE(parse_parameters("a=%2"));
    std::string many;
    for (std::size_t i = 0; i <= kMaxParameters; ++i) many += "a=1&";
    EXPECT_FALSE(parse_parameters(many));
}

}  // namespace
}  // namespace holdfast::api
