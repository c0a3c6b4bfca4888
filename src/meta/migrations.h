#pragma once

#include <cstdint>

#include "meta/database.h"

namespace holdfast::meta {

/// The version that this program reads and writes.
std::int64_t schema_version();

/// Brings the database to schema_version(), step by step, all in one transaction. Unsupported, and
/// nothing is touched, when a newer Holdfast has used it.
Result<void> migrate(Database& database);

}  // namespace holdfast::meta
