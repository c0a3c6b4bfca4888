#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "engine/capture.h"
#include "engine/cluster_facts.h"
#include "engine/manifest.h"
#include "engine/needs.h"
#include "engine/progress_meter.h"
#include "engine/row_table.h"
#include "engine/selection.h"
#include "kube/client.h"
#include "kube/object_view.h"
#include "kube/resource_type.h"
#include "repo/writer.h"

namespace holdfast::engine {

/// A kind of which more objects than this cannot be kept counts as not captured.
inline constexpr std::size_t kMaxLeftOut = 100;

/// One kind to read in a pass, and what came of it.
struct KindJob {
    kube::ResourceType type;
    bool selected = false;  ///< takes the objects that the selection's labels match
    bool needed = false;    ///< takes the objects that Needs contains
    /// Neither of the two: objects only pass by for the fingerprint.
    std::vector<std::string> namespaces = {""};  ///< lists one after the other; "" is all
    std::uint64_t expected_objects = 0;

    std::uint64_t objects = 0;
    std::uint64_t bytes = 0;
    std::string resource_version;
    std::optional<Error> failure;
    std::uint64_t left_out_count = 0;  ///< objects that a row or a chunk cannot hold
    std::vector<LeftOut> left_out;     ///< the first kMaxLeftOut of them
    RowTable rows;
};

/// Reads kinds at one resource version into a writer: several kinds at once, each in pages, pages
/// processed while the next ones are fetched. Memory: the rows and a few pages.
class CapturePass {
public:
    struct Surroundings {
        kube::Client& client;
        repo::Writer& writer;
        const CaptureOptions& options;
        const Selection& selection;
        /// Objects of other namespaces are passed over.
        const std::unordered_set<std::string>& namespaces;
        ClusterFacts& facts;
        Needs* needs;  ///< null when everything is selected, so that nothing else can be needed
        ProgressMeter& meter;
    };
    enum class End { Done, Expired };

    /// `resource_version` empty: every kind at its own, most recent version.
    CapturePass(const Surroundings& surroundings, std::string resource_version);

    /// Runs all jobs. Expired when the server no longer has the version: nothing in the jobs is
    /// usable then. A kind that cannot be read has a failure; an error means that nothing works.
    Result<End> run(std::span<KindJob> jobs, std::stop_token stop);

private:
    struct Run;
    struct Taken;

    void list_kinds(Run& run);
    Result<void> list_kind(Run& run, KindJob& job);
    Result<void> list_namespace(Run& run, KindJob& job, const std::string& ns);
    Result<kube::ListPage> fetch(Run& run, KindJob& job, kube::ListOptions& options);
    Result<void> process(KindJob& job, const kube::ListPage& page);
    using Objects = std::vector<const kube::ObjectView*>;
    Result<void> store(KindJob& job, const Objects& objects, std::size_t raw_bytes);
    Taken take(const KindJob& job, const Objects& objects, std::size_t raw_bytes) const;
    bool wants(const KindJob& job, const kube::ObjectView& object);
    bool is_selected(const KindJob& job, const kube::ObjectView& object);

    Surroundings with_;
    std::string resource_version_;
    base::Guarded<bool> merging_;  ///< held while rows join their job
};

}  // namespace holdfast::engine
