#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "engine/capture.h"

namespace holdfast::engine {
namespace {

TEST(Summary, ComesBackAsItWasEncoded) {
    ClusterSummary summary;
    summary.cluster.uid = "uid";
    summary.objects = 3;
    summary.volumes_without_data = 2;
    const auto decoded = decode_summary(encode_summary(summary));
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(decoded->cluster.uid, "uid");
    EXPECT_EQ(decoded->objects, 3u);
    EXPECT_EQ(decoded->volumes_without_data, 2u);
}

TEST(Summary, RefusesNegativeCounts) {
    for (const char* member : {"objects", "bytes", "kinds", "failedKinds", "volumesWithoutData"}) {
        Json json = *base::parse_json(encode_summary({}));
        json[member] = -1;
        const auto decoded = decode_summary(base::dump_json(json));
        ASSERT_FALSE(decoded) << member;
        EXPECT_EQ(decoded.error().code, ErrorCode::Corrupted);
    }
}

}  // namespace
}  // namespace holdfast::engine
