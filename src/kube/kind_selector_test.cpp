#include "kube/kind_selector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace holdfast::kube {
namespace {

Discovery discovery() {
    return {.types = {{.group = "",
                       .version = "v1",
                       .kind = "Pod",
                       .plural = "pods",
                       .singular = "pod",
                       .short_names = {"po"}},
                      {.group = "apps",
                       .version = "v1",
                       .kind = "Deployment",
                       .plural = "deployments",
                       .singular = "deployment",
                       .short_names = {"deploy"},
                       .other_versions = {"v1beta1"}},
                      {.group = "a.example.com",
                       .version = "v1",
                       .kind = "Backup",
                       .plural = "backups",
                       .singular = "backup"},
                      {.group = "b.example.com",
                       .version = "v2",
                       .kind = "Backup",
                       .plural = "backups",
                       .singular = "backup"}}};
}

std::vector<std::string> found(std::string_view text) {
    std::vector<std::string> kinds;
    auto types = resolve_kind(text, discovery());
    if (types)
        for (const ResourceType& type : *types) kinds.push_back(type.group + "/" + type.kind);
    return kinds;
}

TEST(KindSelector, UnderstandsEveryUsualSpelling) {
    for (std::string_view text :
         {"deployments", "Deployment", "deploy", "DEPLOYMENTS", "deployments.apps",
          "Deployment.apps", "apps/Deployment", "apps/v1/Deployment", "apps/v1beta1/deployments"})
        EXPECT_THAT(found(text), testing::ElementsAre("apps/Deployment")) << text;
    EXPECT_THAT(found("v1/Pod"), testing::ElementsAre("/Pod"));
}

TEST(KindSelector, TakesEveryGroupThatServesAName) {
    EXPECT_THAT(found("backups"),
                testing::ElementsAre("a.example.com/Backup", "b.example.com/Backup"));
    EXPECT_THAT(found("backups.b.example.com"), testing::ElementsAre("b.example.com/Backup"));
}

TEST(KindSelector, SuggestsWhatWasMeant) {
    auto unknown = resolve_kind("deploymnets", discovery());
    EXPECT_EQ(unknown.error().code, ErrorCode::InvalidArgument);
    EXPECT_THAT(unknown.error().message, testing::HasSubstr("'deployments'"));
    EXPECT_FALSE(resolve_kind("apps/v9/Deployment", discovery()));
    EXPECT_FALSE(resolve_kind("", discovery()));
}

}  // namespace
}  // namespace holdfast::kube
