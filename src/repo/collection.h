#pragma once

#include <functional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "repo/collect.h"
#include "repo/core.h"
#include "repo/ids.h"
#include "repo/index.h"
#include "repo/index_run.h"
#include "repo/needed_chunks.h"
#include "repo/protocol.h"
#include "repo/records.h"
#include "repo/report.h"
#include "repo/survey.h"
#include "store/store.h"

namespace holdfast::repo {

class Session;

/// One attempt at collecting; run() is its table of contents. Not thread-safe.
class Collection {
public:
    Collection(Repository::Core& core, const CollectOptions& options,
               const ProgressCallback& progress, std::stop_token stop);

    /// Conflict: others changed the vault in the middle; nothing wrong was done, try again.
    Result<CollectReport> run();

private:
    Result<void> change();
    Result<void> foresee();
    Result<void> condemn_and_check();
    void count_packs();

    enum class Fate : std::uint8_t { Keep, Drop, Move };
    struct Pack {
        std::uint64_t bytes = 0;
        std::uint64_t live_bytes = 0;   ///< plain bytes of chunks whose home it is
        std::uint64_t total_bytes = 0;  ///< plain bytes of all chunks that the index knows
        bool present = false;
        bool ended = false;      ///< its session has ended
        bool condemned = false;  ///< by another collection, dead or alive, or by a repair
        bool locked = false;     ///< the store must keep it for some time yet
        Fate fate = Fate::Keep;
    };
    using EachEntry = std::function<Result<void>(const ChunkEntry&, PackNumber)>;

    // The steps, in order.
    Result<void> end_dead_sessions();
    Result<void> mark_points();
    Result<void> take_in_packs();
    Result<void> take_in_locks();
    Result<void> find_homes();
    Result<void> decide_fates();
    Result<void> remove_remains();
    Result<void> move_live_chunks();
    Result<void> condemn();
    Result<void> spare_what_is_needed();
    Result<void> rewrite_index();
    Result<void> delete_packs();
    Result<void> lift_condemnations();

    bool skips(ProtocolStep step) const { return options_.skipped_steps.contains(step); }
    Result<void> check_stop() const;
    void note(std::string text);

    Result<void> abort_session(const PointId& id, base::Millis idle);
    Result<bool> mark_point(const PointId& id);
    Result<void> mark_runs(const PointId& id, const PointRecord& ending);
    enum class Deletion : std::uint8_t { No, Yes, Doubtful };
    Result<Deletion> deletion_of(const PointId& id);

    Result<void> refresh_index();
    Result<void> each_entry(const EachEntry& visit);
    Result<std::unordered_set<std::string>> condemned_by_others();
    Pack& pack(PackNumber number);
    const std::string& name_of(PackNumber number) { return pack_names_[number]; }

    bool has_doubtful_share(const Pack& pack) const;
    Result<void> judge_by_footer(PackNumber number);
    Result<std::uint64_t> move_pack(PackNumber number, Session& session);
    std::vector<std::string> doomed() const;

    Result<void> mark_new_points();
    Result<void> spare_for_chunks();
    void spare(PackNumber number, std::string_view reason);
    Result<bool> is_gone(PackNumber number);
    std::set<std::string> needless_runs();
    Result<Index::Runs> affected_runs(std::unordered_map<std::string, bool>& dropped);
    Result<std::vector<store::ObjectInfo>> remains() const;
    Result<bool> remove(const std::string& name, std::uint64_t bytes);

    Repository::Core& core_;
    const CollectOptions& options_;
    const ProgressCallback& progress_;
    std::stop_token stop_;
    CollectReport report_;

    Survey survey_;
    std::set<PointId> live_points_;
    std::set<PointId> looked_at_;  ///< endings that mark_point() has seen
    std::unordered_set<ChunkId> marked_runs_;
    NeededChunks needed_;
    std::vector<Pack> packs_;              ///< by PackNumber
    std::vector<std::string> pack_names_;  ///< by PackNumber
    std::vector<std::string> own_condemned_;
    bool all_removed_ = true;
};

}  // namespace holdfast::repo
