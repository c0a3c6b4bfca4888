#include "engine/capture_pass.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/bytes.h"
#include "base/fake_clock.h"
#include "engine/progress.h"
#include "kube/fake_kube.h"
#include "kube/resource_type.h"
#include "repo/ids.h"
#include "repo/point.h"
#include "repo/run.h"

namespace holdfast::engine {
namespace {

/// Stores nothing, and remembers how much it was given at once.
class MeasuringWriter final : public repo::Writer {
public:
    const repo::PointId& point_id() const override { return id_; }
    repo::ChunkId id_of(ByteView) const override { return chunk_; }
    Result<repo::ChunkId> add_chunk(ByteView, repo::ChunkKind) override { return chunk_; }
    Result<std::vector<repo::ChunkId>> add_chunks(std::span<const ByteView> chunks) override {
        std::size_t bytes = 0;
        for (ByteView chunk : chunks) bytes += chunk.size();
        largest_.update([&](std::size_t& largest) { largest = std::max(largest, bytes); });
        return std::vector(chunks.size(), chunk_);
    }
    Result<void> reuse_chunk(const repo::ChunkId&) override { return {}; }
    Result<repo::RunRef> add_run(const repo::RowSource&) override { return repo::RunRef{}; }
    Result<repo::PointId> commit(const repo::PointContent&) override { return id_; }
    repo::WriterStats stats() const override { return {}; }

    std::size_t largest() {
        return largest_.update([](std::size_t& largest) { return largest; });
    }

private:
    repo::PointId id_;
    repo::ChunkId chunk_ = *repo::ChunkId::from_bytes(Bytes(repo::ChunkId::kMinBytes));
    base::Guarded<std::size_t> largest_;
};

/// Reads ConfigMaps of a pretended cluster.
class CapturePassTest : public testing::Test {
protected:
    KindJob read_config_maps() {
        kube::Discovery discovery = *kube_.discover({});
        Selection selection = *Selection::create({}, discovery);
        ProgressMeter meter(progress_, clock_, "capturing");
        CapturePass pass({.client = kube_,
                          .writer = writer_,
                          .options = options_,
                          .selection = selection,
                          .namespaces = namespaces_,
                          .facts = facts_,
                          .needs = nullptr,
                          .meter = meter},
                         "");
        std::vector<KindJob> jobs(1);
        jobs[0].type = *discovery.find("", "ConfigMap");
        jobs[0].selected = true;
        EXPECT_TRUE(pass.run(jobs, {}));
        EXPECT_FALSE(jobs[0].failure);
        return std::move(jobs[0]);
    }
    void cluster_has_config_map(std::string_view name, std::string_view value) {
        kube_.add(
            "ConfigMap",
            fmt::format(R"({{"metadata":{{"namespace":"shop","name":"{}"}},"data":{{"k":"{}"}}}})",
                        name, value));
    }

    kube::FakeKube kube_;
    base::FakeClock clock_;
    SilentProgress progress_;
    MeasuringWriter writer_;
    CaptureOptions options_;
    ClusterFacts facts_;
    std::unordered_set<std::string> namespaces_ = {"shop"};
};

TEST_F(CapturePassTest, StoresALargePageInSlices) {
    constexpr std::size_t kObjects = 8;
    const std::string value(400'000, 'v');
    for (std::size_t i = 0; i < kObjects; ++i) cluster_has_config_map(fmt::format("m{}", i), value);
    EXPECT_EQ(read_config_maps().objects, kObjects);
    // A slice ends with the object that fills its mebibyte.
    EXPECT_GT(writer_.largest(), std::size_t{1} << 20);
    EXPECT_LT(writer_.largest(), (std::size_t{1} << 20) + value.size() + 1000);
}

TEST_F(CapturePassTest, CountsWhatCannotBeKeptAndNamesTheFirst) {
    const std::string endless(5000, 'n');
    for (int i = 0; i < 150; ++i) cluster_has_config_map(fmt::format("{}{}", endless, i), "1");
    cluster_has_config_map("kept", "1");
    KindJob job = read_config_maps();
    EXPECT_EQ(job.objects, 1u);
    EXPECT_EQ(job.left_out_count, 150u);
    EXPECT_EQ(job.left_out.size(), kMaxLeftOut);
}

}  // namespace
}  // namespace holdfast::engine
