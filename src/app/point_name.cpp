#include "app/point_name.h"

#include <set>

#include "base/clock.h"
#include "base/text.h"
#include "engine/manifest.h"
#include "repo/ids.h"
#include "repo/point.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kListedPoints = 10;

/// The newest points, one a line, for errors.
std::string choices(const std::vector<const ListedPoint*>& points) {
    std::string text;
    std::size_t shown = 0;
    for (auto at = points.rbegin(); at != points.rend() && shown < kListedPoints; ++at, ++shown)
        text +=
            fmt::format("\n  {}  {}  {}", short_id((*at)->point.id),
                        base::to_rfc3339((*at)->point.created_at), (*at)->summary.cluster.context);
    if (points.size() > shown) text += fmt::format("\n  and {} more", points.size() - shown);
    return text;
}

std::vector<const ListedPoint*> pointers(const std::vector<ListedPoint>& points) {
    std::vector<const ListedPoint*> all;
    for (const ListedPoint& point : points) all.push_back(&point);
    return all;
}

Result<ListedPoint> find_latest(const std::vector<ListedPoint>& points, const std::string& cluster,
                                const std::function<Result<std::string>()>& addressed) {
    std::set<std::string> clusters;
    for (const ListedPoint& point : points) clusters.insert(point.summary.cluster.uid);
    std::string wanted = cluster;
    if (wanted.empty() && clusters.size() > 1)
        wanted = TRY(addressed(),
                     "the vault holds points of {} clusters, and the one that "
                     "'latest' is of cannot be asked (name it with --cluster)",
                     clusters.size());
    for (auto point = points.rbegin(); point != points.rend(); ++point)
        if (wanted.empty() || is_of_cluster(*point, wanted)) return *point;
    return fail(ErrorCode::NotFound, "no point is of cluster '{}'; there are:{}", wanted,
                choices(pointers(points)));
}

}  // namespace

std::string short_id(const repo::PointId& id) {
    return id.text().substr(0, kShownIdDigits);
}

Result<std::vector<ListedPoint>> list_points(repo::Repository& repository) {
    std::vector<ListedPoint> points;
    for (repo::PointSummary& point : TRY(repository.points(), "listing points")) {
        auto summary = engine::decode_summary(point.summary_json);
        if (!summary) continue;  // a point of a kind that this version does not know
        points.push_back({.point = std::move(point), .summary = std::move(*summary)});
    }
    return points;
}

bool is_of_cluster(const ListedPoint& point, const std::string& name) {
    const engine::ClusterIdentity& cluster = point.summary.cluster;
    return !name.empty() && (cluster.context == name || cluster.uid.starts_with(name));
}

Result<ListedPoint> find_point(const std::vector<ListedPoint>& points, const std::string& name,
                               const std::string& cluster,
                               const std::function<Result<std::string>()>& addressed) {
    if (points.empty())
        return fail(ErrorCode::NotFound,
                    "the vault holds no recovery point yet; 'holdfast backup' "
                    "makes one");
    if (name == "latest") return find_latest(points, cluster, addressed);
    std::vector<const ListedPoint*> matching;
    for (const ListedPoint& point : points)
        if (!name.empty() && point.point.id.text().starts_with(base::to_lower(name)))
            matching.push_back(&point);
    if (matching.size() == 1) return *matching.front();
    if (matching.empty())
        return fail(ErrorCode::NotFound, "no point is called '{}'; there are:{}", name,
                    choices(pointers(points)));
    return fail(ErrorCode::InvalidArgument, "'{}' fits {} points:{}", name, matching.size(),
                choices(matching));
}

}  // namespace holdfast::app
