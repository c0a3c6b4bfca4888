#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "engine/capture.h"
#include "engine/manifest.h"
#include "engine/selection.h"

namespace holdfast::engine {
namespace {

constexpr std::string_view kCounts[] = {"/objects", "/bytes", "/kinds", "/failedKinds",
                                        "/volumesWithoutData"};

}  // namespace

ClusterSummary summarize(const ClusterManifest& manifest) {
    ClusterSummary summary{.cluster = manifest.cluster,
                           .status = manifest.status(),
                           .objects = manifest.objects(),
                           .bytes = manifest.bytes(),
                           .kinds = 0,
                           .failed_kinds = manifest.failures.size(),
                           .volumes_without_data = manifest.volumes.size(),
                           .resource_version = manifest.resource_version,
                           .started_at = base::to_rfc3339_millis(manifest.started_at),
                           .selection = manifest.selection};
    for (const TypeRecord& record : manifest.types) {
        if (!record.whole()) ++summary.failed_kinds;
        if (record.captured() && record.objects > 0) ++summary.kinds;
    }
    return summary;
}

std::string encode_summary(const ClusterSummary& summary) {
    return base::dump_json({{"format", "cluster-state/1"},
                            {"clusterUid", summary.cluster.uid},
                            {"context", summary.cluster.context},
                            {"server", summary.cluster.server},
                            {"kubernetesVersion", summary.cluster.kubernetes_version},
                            {"status", name_of(summary.status)},
                            {"objects", summary.objects},
                            {"bytes", summary.bytes},
                            {"kinds", summary.kinds},
                            {"failedKinds", summary.failed_kinds},
                            {"volumesWithoutData", summary.volumes_without_data},
                            {"resourceVersion", summary.resource_version},
                            {"startedAt", summary.started_at},
                            {"selection", to_json(summary.selection)}});
}

Result<ClusterSummary> decode_summary(std::string_view text) {
    Json json = TRY(base::parse_json(text), "the point's summary");
    if (base::text_at(json, "/format") != "cluster-state/1")
        return fail(ErrorCode::Unsupported, "the point holds '{}', not a cluster's state",
                    base::text_at(json, "/format"));
    for (const std::string_view pointer : kCounts)
        if (base::integer_at(json, pointer).value_or(0) < 0)
            return fail(ErrorCode::Corrupted, "the point's summary has a negative {}",
                        pointer.substr(1));
    const auto count = [&](std::string_view pointer) {
        return static_cast<std::uint64_t>(base::integer_at(json, pointer).value_or(0));
    };
    ClusterSummary summary{
        .cluster = {.uid = base::text_at(json, "/clusterUid"),
                    .context = base::text_at(json, "/context"),
                    .server = base::text_at(json, "/server"),
                    .kubernetes_version = base::text_at(json, "/kubernetesVersion")},
        .status = base::text_at(json, "/status") == name_of(PointStatus::Completed)
                      ? PointStatus::Completed
                      : PointStatus::Partial,
        .objects = count("/objects"),
        .bytes = count("/bytes"),
        .kinds = count("/kinds"),
        .failed_kinds = count("/failedKinds"),
        .volumes_without_data = count("/volumesWithoutData"),
        .resource_version = base::text_at(json, "/resourceVersion"),
        .started_at = base::text_at(json, "/startedAt"),
        .selection = {}};
    if (const Json* selection = base::find_json(json, "/selection"))
        summary.selection = TRY(selection_spec_from_json(*selection));
    return summary;
}

}  // namespace holdfast::engine
