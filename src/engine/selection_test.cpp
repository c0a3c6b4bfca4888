#include "engine/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/capture.h"
#include "engine/manifest.h"
#include "repo/point.h"

namespace holdfast::engine {
namespace {

SelectionSpec with_namespaces(std::size_t count) {
    SelectionSpec spec;
    for (std::size_t i = 0; i < count; ++i)
        spec.namespaces.push_back(fmt::format("a-namespace-with-a-rather-long-name-{:05}", i));
    return spec;
}

TEST(Selection, IsRefusedWithACureWhenAPointCouldNotKeepIt) {
    EXPECT_TRUE(check_length(SelectionSpec{}));
    EXPECT_TRUE(check_length(with_namespaces(1000)));
    auto refused = check_length(with_namespaces(3000));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
    EXPECT_THAT(refused.error().message, testing::HasSubstr("3000 namespaces"));
    EXPECT_THAT(refused.error().message, testing::HasSubstr("globs"));
}

TEST(Selection, FitsIntoASummaryWhenItIsNotRefused) {
    std::size_t count = 1000;
    while (check_length(with_namespaces(count + 1))) ++count;
    ClusterManifest manifest;
    manifest.selection = with_namespaces(count);
    manifest.cluster.context = std::string(1000, 'c');
    manifest.cluster.server = std::string(1000, 's');
    EXPECT_LE(encode_summary(summarize(manifest)).size(), repo::kMaxSummaryBytes);
}

}  // namespace
}  // namespace holdfast::engine
