#include "engine/restore_options.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace holdfast::engine {
namespace {

TEST(RestoreOptions, ReadBackAsTheyWereWritten) {
    RestoreOptions options;
    options.selection.namespaces = {"shop", "team-*"};
    options.selection.excluded_kinds = {"events"};
    options.selection.selector = "app in (a,b)";
    options.selection.cluster_scoped = ClusterScoped::None;
    options.mappings.namespaces = {{"shop", "shop2"}};
    options.mappings.images = {{"docker.io/", "mirror/"}};
    options.transforms = "version: v1";
    options.order = {"v1/pods"};
    options.existing = ExistingPolicy::Update;
    options.existing_by_kind = {{"configmaps", ExistingPolicy::Recreate}};
    options.restore_status = {"widgets"};
    options.drop_node_ports = true;
    auto read = restore_options_from_json(to_json(options));
    ASSERT_TRUE(read);
    EXPECT_EQ(to_json(*read), to_json(options));
    EXPECT_EQ(read->existing_by_kind.at("configmaps"), ExistingPolicy::Recreate);
}

TEST(RestoreOptions, RefuseTheWrongType) {
    Json json = to_json(RestoreOptions{});
    json["order"] = "pods";
    EXPECT_FALSE(restore_options_from_json(json));
    json = to_json(RestoreOptions{});
    json["existing"] = "destroy";
    EXPECT_FALSE(restore_options_from_json(json));
    EXPECT_FALSE(restore_options_from_json(Json::array()));
}

}  // namespace
}  // namespace holdfast::engine
