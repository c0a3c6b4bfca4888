#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "repo/core.h"
#include "repo/ids.h"
#include "repo/repository.h"
#include "store/store.h"

namespace holdfast::repo {

/// No vault has more objects of one kind.
inline constexpr std::size_t kMaxListedObjects = 16u << 20;

/// What a vault holds, by name. Listed after one another, so that it is no snapshot.
struct Survey {
    std::vector<store::ObjectInfo> packs;
    std::map<PointId, store::ObjectInfo> manifests;
    std::set<PointId> tombstones;
    std::vector<store::ObjectInfo> writer_records;
    std::vector<std::string> condemned;
    std::set<std::string> strays;  ///< what is no object of a vault; nothing looks at it
    /// Sessions that have ended, in whatever way. Listed last.
    std::set<PointId> ended;

    /// Everything that a session stored, in packs, manifest and records; all sessions seen.
    struct Session {
        std::uint64_t bytes = 0;
        base::Time newest{};
    };
    std::map<PointId, Session> sessions;
};

/// Lists everything and proves the list of points complete: every session that any other object
/// bears witness of is looked for by its own name too. Corrupted when the store's list lacks a
/// point that is there, as happens with stores that cut lists short.
Result<Survey> take_survey(Repository::Core& core);

/// The sessions that have ended by now; Corrupted when one of `witnessed` has and is not listed, or
/// one of `before` is missing, for endings never go away.
Result<std::set<PointId>> list_ended(Repository::Core& core, const std::set<PointId>& witnessed,
                                     const std::set<PointId>& before,
                                     std::set<std::string>* strays = nullptr);

/// The packs that unfinished sessions rely on: every record below writers/ but those of `ended`
/// sessions. Records that a list might lack are looked for by their numbers.
Result<std::set<std::string>> relied_packs(Repository::Core& core, const std::set<PointId>& ended);

}  // namespace holdfast::repo
