#pragma once

#include <stop_token>

#include "base/result.h"
#include "repo/report.h"
#include "repo/repository.h"

namespace holdfast::repo {

/// The bodies of Repository::verify and Repository::repair.
Result<VerifyReport> verify_vault(Repository& repository, const VerifyOptions& options,
                                  const ProgressCallback& progress, std::stop_token stop);
Result<RepairReport> repair_vault(Repository& repository, const ProgressCallback& progress,
                                  std::stop_token stop);

}  // namespace holdfast::repo
