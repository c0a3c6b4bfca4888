#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/diff.h"
#include "engine/object_row.h"
#include "engine/point_source.h"
#include "engine/selection.h"
#include "kube/client.h"

namespace holdfast::engine {

enum class Change {
    Added,    ///< only the later side has it
    Removed,  ///< only the earlier side has it
    Changed,
};
std::string_view name_of(Change change);

struct ObjectChange {
    ObjectKey key;
    Change change = Change::Changed;
    std::vector<Difference> differences;  ///< of a changed object
};
using ChangeVisitor = std::function<Result<void>(const ObjectChange&)>;

/// Sentences for people: which selected kinds and objects were passed over, and why.
using NotCompared = std::vector<std::string>;

/// Calls `visit`, in key order, for each selected object that differs between two points of one
/// vault, but for what servers put into objects. Reads the bodies of changed objects only. What
/// one of the points could not capture is passed over: nobody knows whether it was there.
Result<NotCompared> diff_points(PointSource& before, PointSource& after, const Selection& selection,
                                const DiffOptions& options, const ChangeVisitor& visit,
                                std::stop_token stop);

/// The same between a point and the cluster as it is now, kind after kind. Memory: the keys of one
/// kind.
Result<NotCompared> diff_live(PointSource& before, kube::Client& client, const Selection& selection,
                              const DiffOptions& options, const ChangeVisitor& visit,
                              std::stop_token stop);

}  // namespace holdfast::engine
