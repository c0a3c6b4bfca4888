#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "repo/ids.h"
#include "repo/run.h"

namespace holdfast::repo {

inline constexpr std::size_t kMaxSummaryBytes = 64u << 10;
inline constexpr std::size_t kMaxManifestBytes = 64u << 20;

/// What a recovery point holds; the texts are the engine's and opaque here.
struct PointContent {
    std::string summary_json;   ///< small: read with every listing of points
    std::string manifest_json;  ///< read with the point only
    std::vector<RunRef> runs;   ///< newest first, at most kMaxRunsPerPoint
};

/// What a listing tells about a point.
struct PointSummary {
    PointId id;
    base::Time created_at;  ///< by the writer's clock
    base::Time stored_at;   ///< by the store's clock
    std::string summary_json;
};

struct Point {
    PointId id;
    base::Time created_at;
    base::Time stored_at;
    PointContent content;
};

}  // namespace holdfast::repo
