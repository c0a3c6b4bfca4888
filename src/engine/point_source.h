#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "engine/manifest.h"
#include "engine/object_row.h"
#include "engine/object_source.h"
#include "engine/progress.h"
#include "repo/ids.h"
#include "repo/point.h"
#include "repo/repository.h"
#include "repo/run.h"

namespace holdfast::engine {

/// One object of a point without its body.
struct PointObject {
    ObjectKey key;
    ObjectFacts facts;
    repo::ChunkId chunk;
};

/// What to do with objects that cannot be read. Of a Namespace that is passed over its name is
/// left, so that what lies in it can be restored.
enum class Damaged { Fail, PassOver };

/// The objects of a recovery point in a vault. Reads bodies in batches, so memory does not depend
/// on the point's size. Any method from any thread; the repository outlives it.
class PointSource final : public ObjectSource {
    struct Passkey {};  ///< Only open() makes one, so only open() makes a PointSource.

public:
    PointSource(Passkey, repo::Repository& repository, repo::Point point, ClusterManifest manifest);
    static Result<std::unique_ptr<PointSource>> open(repo::Repository& repository,
                                                     const repo::PointId& id);

    const repo::Point& point() const { return point_; }
    /// The point's rows themselves.
    const repo::RunReader& rows() const { return rows_; }
    const ClusterManifest& manifest() const { return manifest_; }

    /// What each() and get() do from now on; get() has nothing to give but for Namespaces. Call
    /// before the first each().
    void on_damage(Damaged choice) { on_damage_ = choice; }

    Result<void> each(std::string_view prefix, const Wanted& wanted, const Visitor& visit) override;
    /// NotFound when the point has no such object, Corrupted when it cannot be read any more.
    Result<std::string> get(std::string_view key) override;

    /// Every object below a key prefix, without reading bodies.
    Result<void> each_row(std::string_view prefix,
                          const std::function<Result<void>(const PointObject&)>& visit) const;
    /// Corrupted when the point's rows cannot be read any more.
    Result<std::optional<PointObject>> find(const ObjectKey& key) const;

    /// Reads the body of every object that `wanted` wants; those that cannot be read.
    Result<std::vector<DamagedObject>> find_damage(
        const std::function<bool(const ObjectKey&)>& wanted, Progress& progress, base::Clock& clock,
        std::stop_token stop);

private:
    struct Batch;

    Result<void> read_bodies(Batch& batch, std::vector<DamagedObject>& damaged) const;
    Result<void> flush(Batch& batch, const Visitor& visit) const;
    /// Never NotFound, which means that the point has no such object.
    std::unexpected<Error> unreadable(const ObjectKey& key, std::string_view reason) const;

    repo::Repository& repository_;
    repo::Point point_;
    ClusterManifest manifest_;
    repo::RunReader rows_;
    Damaged on_damage_ = Damaged::Fail;
};

}  // namespace holdfast::engine
