#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/restore_options.h"

namespace holdfast::jobs {

/// What the metadata of a restore job ask for.
struct RestoreRequest {
    std::string cluster_name;  ///< the target
    engine::RestoreOptions options;
    std::vector<std::string> nested_points;  ///< ARNs that nestedRestoreJobs names
};

/// Reads the metadata of StartRestoreJob for a cluster. Keys are taken in any case; a value that is
/// a document may be one, or a text that holds one. InvalidArgument for a key that is unknown, a
/// value that cannot be read, and a new cluster, which cannot be made yet.
Result<RestoreRequest> read_restore_metadata(const std::map<std::string, std::string>& metadata);

}  // namespace holdfast::jobs
