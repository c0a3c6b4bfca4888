#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/bytes.h"
#include "base/guarded.h"
#include "base/result.h"
#include "base/worker_pool.h"
#include "repo/core.h"
#include "repo/ids.h"
#include "repo/index.h"
#include "repo/pack.h"
#include "repo/records.h"
#include "repo/report.h"
#include "repo/repository.h"
#include "repo/run.h"
#include "store/store.h"

namespace holdfast::repo {

/// One verification of a vault. The methods of run() stand in the order of their definition.
class Verifier {
public:
    Verifier(Repository::Core& core, const VerifyOptions& options, const ProgressCallback& progress,
             std::stop_token stop);

    Result<VerifyReport> run();

private:
    /// A pack as it lies in the store.
    struct PackState {
        bool present = false;
        bool footer_read = false;
        std::vector<FramePlace> frames;
        std::set<std::uint32_t> bad_frames;  ///< that cannot be decoded
    };
    /// What is wrong with a run, for all points that share it.
    struct RunHarm {
        std::set<std::string> objects;  ///< damaged ones that it touches, needed or not
        bool lost = false;              ///< whether it lacks something
        std::uint64_t chunks = 0;
    };

    // verify_objects.cpp
    Result<void> check_headers();
    std::optional<std::string> harm_of_wrap(const std::string& name, ByteView bytes);
    Result<void> check_wraps();
    Result<void> check_index();
    Result<void> check_index_run(const std::string& name, std::uint64_t bytes);
    Result<void> check_records();
    Result<void> check_tombstone(const std::string& name);
    Result<void> check_each(std::string_view prefix,
                            const std::function<Result<void>(const std::string&)>& check);
    /// What lies in a folder; what does not belong there is reported as stray.
    Result<std::vector<store::ObjectInfo>> list(std::string_view folder, std::size_t max_objects);

    // verify_packs.cpp
    Result<void> check_packs();
    Result<void> check_pack(const std::string& name, std::uint64_t bytes);
    /// The pack's frames, from its footer or else from the index; nothing when it is gone.
    Result<std::optional<std::vector<FrameInfo>>> load_pack(const std::string& name,
                                                            std::uint64_t bytes);
    std::vector<FrameInfo> frames_from_index(const std::string& pack);
    Result<void> read_frames(const std::string& pack, const std::vector<FrameInfo>& frames);
    Result<void> read_stretch(const std::string& pack, const std::vector<FrameInfo>& frames);
    bool is_sampled();

    // verify_points.cpp
    Result<void> check_points();
    Result<void> check_point(const PointId& id, const PointRecord& record);
    Result<const RunHarm*> check_run(const RunRef& run);
    Result<void> check_chunk(const ChunkId& id, RunHarm& harm);
    Result<bool> is_sound(const Location& location, RunHarm& harm);
    Result<bool> any_sound(const ChunkId& id, RunHarm& harm, bool& known);
    Result<PackState*> pack_at(PackNumber pack, const std::string& name);

    void damaged(const std::string& object, std::string what, bool repairable = false);
    void needed_by(const std::string& object, const PointId& point);
    Result<void> check_stop() const;
    void advance(std::uint64_t bytes);

    Repository::Core& core_;
    VerifyOptions options_;
    const ProgressCallback& progress_;
    std::stop_token stop_;
    VerifyReport report_;
    base::Guarded<std::map<std::string, Damage>> damage_;
    std::unordered_map<PackNumber, PackState> packs_;
    base::Guarded<std::vector<std::pair<PackNumber, FramePlace>>> bad_frames_;
    base::Guarded<Progress> done_;
    std::unordered_map<ChunkId, RunHarm> runs_;
    std::unordered_set<std::string> condemned_;  ///< packs that no writer relies on
    bool refreshed_ = false;
    base::WorkerPool pool_;  // last member: its tasks use the others
};

}  // namespace holdfast::repo
