#include "app/point_name.h"

#include <set>

#include "app/terminal.h"
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

const ListedPoint* latest_of(const std::vector<ListedPoint>& points, const std::string& cluster) {
    for (auto point = points.rbegin(); point != points.rend(); ++point)
        if (is_of_cluster(*point, cluster)) return &*point;
    return nullptr;
}

/// Why the latest point of the only cluster is taken; nothing when it must not be.
std::string reason_for_only_cluster(const Result<std::string>& uid,
                                    const AddressedCluster& addressed) {
    if (!uid) return fmt::format("the addressed cluster cannot be asked ({})", uid.error().message);
    if (uid->starts_with("server:")) return "the addressed cluster does not tell who it is";
    if (addressed.may_be_another)
        return fmt::format("no point is of the addressed cluster {}", *uid);
    return "";
}

Result<ListedPoint> find_latest(const std::vector<ListedPoint>& points, const std::string& cluster,
                                const AddressedCluster& addressed) {
    std::set<std::string> clusters;
    for (const ListedPoint& point : points) clusters.insert(point.summary.cluster.uid);
    const bool only = clusters.size() == 1;
    if (cluster.empty() && only && !addressed.chosen) return points.back();
    auto uid = cluster.empty() ? addressed.uid() : Result<std::string>(cluster);
    if (!uid && (!only || uid.error().code == ErrorCode::Cancelled))
        return std::unexpected(std::move(uid).error().context(fmt::format(
            "the vault holds points of {}, and the one that 'latest' is of cannot be asked (name "
            "it with --cluster)",
            base::counted(clusters.size(), "cluster"))));
    if (uid)
        if (const ListedPoint* found = latest_of(points, *uid)) return *found;
    std::string reason;
    if (cluster.empty() && only) reason = reason_for_only_cluster(uid, addressed);
    if (!reason.empty()) {
        addressed.tell(fmt::format(
            "note: {}; 'latest' is taken to be of {}, the only cluster that has points here",
            reason, clusters_of(points)));
        return points.back();
    }
    return fail(ErrorCode::NotFound,
                "no point is of cluster '{}' (--cluster names another one); there are:{}", *uid,
                choices(pointers(points)));
}

}  // namespace

std::string clusters_of(const std::vector<ListedPoint>& points) {
    std::set<std::string> names;
    for (const ListedPoint& point : points)
        names.insert(fmt::format("{} ({})", printable(point.summary.cluster.context),
                                 point.summary.cluster.uid));
    return base::join(std::vector<std::string>(names.begin(), names.end()), ", ");
}

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
                               const std::string& cluster, const AddressedCluster& addressed) {
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
