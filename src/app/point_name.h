#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/capture.h"
#include "repo/ids.h"
#include "repo/point.h"
#include "repo/repository.h"

namespace holdfast::app {

/// A point as listings know it.
struct ListedPoint {
    repo::PointSummary point;
    engine::ClusterSummary summary;
};

/// Characters of a point id that tables show.
inline constexpr std::size_t kShownIdDigits = 12;
std::string short_id(const repo::PointId& id);

/// The live points, oldest first.
Result<std::vector<ListedPoint>> list_points(repo::Repository& repository);

/// Whether a point is of the cluster that a person calls `name`: its context, its UID or the
/// beginning of that.
bool is_of_cluster(const ListedPoint& point, const std::string& name);

/// The point that `name` means: an id, a unique prefix of one, or "latest". Of which cluster the
/// latest is wanted, `cluster` says; when that is empty and the vault holds points of several
/// clusters, `addressed` is asked for the UID of the one that the kubeconfig addresses.
/// NotFound and InvalidArgument list the points that there are.
Result<ListedPoint> find_point(const std::vector<ListedPoint>& points, const std::string& name,
                               const std::string& cluster,
                               const std::function<Result<std::string>()>& addressed);

}  // namespace holdfast::app
