#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "engine/manifest.h"
#include "engine/progress.h"
#include "engine/selection.h"
#include "kube/client.h"
#include "repo/ids.h"
#include "repo/repository.h"
#include "repo/writer.h"

namespace holdfast::engine {

/// How a capture is made; the defaults are what a backup uses.
struct CaptureOptions {
    SelectionSpec selection;
    std::string context;  ///< of the kubeconfig, for people
    /// Keeps metadata.managedFields in the rows; off, since they are as large as a small object.
    bool managed_fields = false;
    std::size_t kinds_at_once = 2;
    std::size_t page_bytes = 4u << 20;  ///< aimed at; the page's object count follows from it
    /// How often all kinds are read again at a newer version because history was compacted.
    std::size_t max_restarts = 3;
};

struct CaptureReport {
    repo::PointId point;
    ClusterManifest manifest;
    repo::WriterStats stored;
    /// The point whose unchanged rows are shared; empty when there was none.
    repo::PointId base;
    /// Sentences for the person who asked, such as that the capture was restarted and why.
    std::vector<std::string> notes;
};

/// Reads all selected objects of a cluster at one resource version and commits them as a point.
/// A kind that cannot be read is named in the manifest, with the server's words, and the point is
/// PARTIAL; so is one of several chosen namespaces that does not exist. An error means that no
/// point was written: the cluster does not answer, nothing at all could be read, none of the chosen
/// namespaces exists (NotFound), the vault failed, or `stop` was requested (Cancelled).
Result<CaptureReport> capture(kube::Client& client, repo::Repository& repository,
                              base::Clock& clock, const CaptureOptions& options, Progress& progress,
                              std::stop_token stop);

/// The UID of Namespace kube-system, which is the cluster's identity. A caller who may not read it
/// gets "server:" and the address instead.
Result<std::string> cluster_identity(kube::Client& client, std::stop_token stop);

/// What point listings show, kept in PointContent::summary_json.
struct ClusterSummary {
    ClusterIdentity cluster;
    PointStatus status = PointStatus::Completed;
    std::uint64_t objects = 0;
    std::uint64_t bytes = 0;
    std::uint64_t kinds = 0;
    std::uint64_t failed_kinds = 0;
    std::uint64_t volumes_without_data = 0;
    std::string resource_version;
    std::string started_at;
    SelectionSpec selection;
};
ClusterSummary summarize(const ClusterManifest& manifest);
std::string encode_summary(const ClusterSummary& summary);
Result<ClusterSummary> decode_summary(std::string_view json);

}  // namespace holdfast::engine
