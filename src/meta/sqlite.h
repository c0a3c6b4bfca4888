#pragma once

#include <memory>
#include <string>

#include "meta/database.h"

namespace holdfast::meta {

/// Opens or creates a database in a file: write-ahead log, synchronous=FULL, foreign keys kept.
/// The file is readable by its owner only.
Result<std::unique_ptr<Database>> open_sqlite(const std::string& path);

}  // namespace holdfast::meta
