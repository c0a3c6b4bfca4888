#pragma once

#include <string>

#include "base/result.h"
#include "engine/restore.h"

namespace holdfast::engine {

/// The journal of the restore whose folder this is.
std::string journal_path(const std::string& folder);

/// Replaces the record atomically.
Result<void> write_record(const std::string& folder, const RestoreRecord& record);

/// The record as it is now: what a running restore has done so far is counted from its journal,
/// and one whose process is gone is Interrupted.
Result<RestoreRecord> read_record(const std::string& folder);

}  // namespace holdfast::engine
