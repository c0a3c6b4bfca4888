#include "repo/collect.h"

#include "repo/collection.h"
#include "repo/repository.h"

namespace holdfast::repo {
namespace {

/// How often a collection starts anew because others changed the vault in the middle of it.
constexpr int kMaxAttempts = 3;

}  // namespace

Result<CollectReport> collect(Repository& repository, const CollectOptions& options,
                              const ProgressCallback& progress, std::stop_token stop) {
    TRY(repository.core().check_writable());
    for (int attempt = 1;; ++attempt) {
        auto report = Collection(repository.core(), options, progress, stop).run();
        const bool again = !report && report.error().code == ErrorCode::Conflict;
        if (!again || attempt == kMaxAttempts) return report;
    }
}

}  // namespace holdfast::repo
