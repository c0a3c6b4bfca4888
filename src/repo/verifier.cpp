#include "repo/verifier.h"

#include <algorithm>
#include <string_view>

#include "repo/care.h"
#include "repo/ids.h"
#include "repo/listing.h"
#include "repo/repository.h"
#include "store/store.h"

namespace holdfast::repo {

Result<VerifyReport> verify_vault(Repository& repository, const VerifyOptions& options,
                                  const ProgressCallback& progress, std::stop_token stop) {
    return Verifier(repository.core(), options, progress, std::move(stop)).run();
}

Verifier::Verifier(Repository::Core& core, const VerifyOptions& options,
                   const ProgressCallback& progress, std::stop_token stop)
    : core_(core),
      options_(options),
      progress_(progress),
      stop_(std::move(stop)),
      pool_(core.environment().threads, core.environment().threads + 1) {}

Result<VerifyReport> Verifier::run() {
    TRY(check_headers());
    TRY(check_wraps());
    TRY(check_index());
    TRY(check_packs());
    TRY(check_records());
    TRY(check_points());
    std::erase_if(report_.relied_damaged,
                  [&](const auto& pack) { return condemned_.contains(pack.first); });
    damage_.update([&](auto& damage) {
        for (auto& [name, entry] : damage) {
            if (report_.damage.size() == kMaxReportedDamage) break;
            report_.damage.push_back(std::move(entry));
        }
    });
    return std::move(report_);
}

Result<std::vector<store::ObjectInfo>> Verifier::list(std::string_view folder,
                                                      std::size_t max_objects) {
    FolderListing listing = TRY(list_folder(core_.store(), folder, max_objects));
    for (store::ObjectInfo& stray : listing.strays)
        if (report_.strays.size() < kMaxReportedDamage)
            report_.strays.push_back(std::move(stray.name));
    return std::move(listing.objects);
}

void Verifier::damaged(const std::string& object, std::string what, bool repairable) {
    damage_.update([&](auto& damage) {
        const auto [it, fresh] = damage.try_emplace(object);
        if (!fresh) return;
        it->second.object = object;
        it->second.what = std::move(what);
        it->second.repairable = repairable;
    });
}

void Verifier::needed_by(const std::string& object, const PointId& point) {
    damage_.update([&](auto& damage) {
        const auto it = damage.find(object);
        if (it == damage.end() || it->second.points.size() == kMaxNamedPoints) return;
        auto& points = it->second.points;
        if (std::ranges::find(points, point) == points.end()) points.push_back(point);
    });
}

Result<void> Verifier::check_stop() const {
    if (stop_.stop_requested()) return fail(ErrorCode::Cancelled, "the verification was stopped");
    return {};
}

void Verifier::advance(std::uint64_t bytes) {
    done_.update([&](Progress& done) {
        done.done += bytes;
        if (progress_) progress_(done);
    });
}

}  // namespace holdfast::repo
