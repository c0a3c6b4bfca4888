#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "engine/object_row.h"
#include "engine/object_source.h"
#include "engine/outcome.h"
#include "engine/progress.h"
#include "engine/restore_options.h"
#include "kube/resource_type.h"

namespace holdfast::kube {
class Client;
}

namespace holdfast::engine {

/// What a restore works with; everything outlives it.
struct RestoreEnvironment {
    kube::Client& client;
    ObjectSource& source;
    base::Clock& clock;
    base::Random& random;
    Progress& progress;
    /// The kinds that the point holds, as its manifest names them.
    kube::Discovery captured{};
    /// Selected objects that the source passes over because they cannot be read.
    std::vector<DamagedObject> damaged{};
    std::size_t requests_in_flight = 32;
};

/// Which restore this is, kept beside its journal so that `--resume` needs only the id.
struct RestoreIdentity {
    std::string vault;
    std::string point;
    std::string context;      ///< Of the kubeconfig; for people.
    std::string server;       ///< The target's address.
    std::string cluster_uid;  ///< The target's kube-system namespace UID.
};

/// How many objects of one kind a restore is going to send.
struct KindCount {
    std::string group;
    std::string kind;
    std::uint64_t objects = 0;
};

/// A restore that has been thought through but not begun. Holds a few dozen bytes per object.
class RestorePlan {
public:
    class Impl;
    explicit RestorePlan(std::unique_ptr<Impl> impl);
    RestorePlan(RestorePlan&&) noexcept;
    RestorePlan& operator=(RestorePlan&&) noexcept;
    ~RestorePlan();

    std::uint64_t objects() const;  ///< To be sent to the target.
    std::uint64_t skipped() const;  ///< Selected, but not to be restored, each with a reason.
    std::vector<KindCount> kinds() const;         ///< In the order in which they are sent.
    std::vector<std::string> namespaces() const;  ///< In the target, sorted.
    const Impl& impl() const { return *impl_; }

private:
    std::unique_ptr<Impl> impl_;
};

/// Reads the point and the target's discovery, and decides what is restored in which order.
/// InvalidArgument for options that make no sense (unknown kind, bad selector or transform).
Result<RestorePlan> plan_restore(const RestoreEnvironment& environment,
                                 const RestoreOptions& options, std::stop_token stop);

/// What a restore would do to one object.
enum class PreviewVerdict { Create, CreateUnchecked, Unchanged, Differs, Skip, Cannot };
std::string_view name_of(PreviewVerdict verdict);

struct PreviewObject {
    ObjectKey object;
    PreviewVerdict verdict = PreviewVerdict::Create;
    std::string reason;             ///< Why skipped, unchecked or impossible.
    std::vector<std::string> diff;  ///< When it differs: lines "path: old -> new", Secrets masked.
    bool would_change = false;      ///< It differs and the existing policy would write it.
    std::vector<std::string> notes;
};

struct PreviewOptions {
    bool show_secrets = false;
};

/// Calls `visit`, one at a time and in the order of the restore's waves (within one: as answers
/// arrive), for every object that `plan` covers. Changes nothing in the target.
Result<void> preview_restore(const RestoreEnvironment& environment, const RestorePlan& plan,
                             const PreviewOptions& options,
                             const std::function<void(const PreviewObject&)>& visit,
                             std::stop_token stop);

enum class RestoreState {
    Running,      ///< Or killed: no end was recorded.
    Completed,    ///< Every object has an outcome, and none failed.
    Partial,      ///< Done, but some objects failed, were harmed or got no outcome, or a volume
                  ///< came back empty.
    Interrupted,  ///< Stopped, or the target went away; can be resumed.
};
std::string_view name_of(RestoreState state);

struct RestoreRecord {
    std::string id;
    RestoreState state = RestoreState::Running;
    RestoreIdentity identity;
    RestoreOptions options;
    base::Time created_at{};
    base::Time finished_at{};   ///< The epoch while it runs.
    std::uint64_t planned = 0;  ///< Objects that the plan covered, skipped ones included.
    OutcomeCounts counts;
    std::string problem;  ///< Why it was interrupted; empty otherwise.
};

/// The restores of one home directory: one folder each, with a record and an append-only journal.
/// May be read while a restore runs in another process.
class RestoreRecords {
public:
    /// `home` is Holdfast's own directory; nothing is made before the first restore.
    explicit RestoreRecords(std::string home) : home_(std::move(home)) {}

    /// Newest first.
    Result<std::vector<RestoreRecord>> list() const;
    /// By id, unique prefix of one, or "latest". NotFound says which there are.
    Result<RestoreRecord> find(std::string_view id) const;
    /// Every object with an outcome, in the order in which outcomes were recorded.
    Result<void> each_object(std::string_view id,
                             const std::function<void(const ObjectOutcome&)>& visit) const;
    /// Makes the folder of a new restore and returns its id.
    Result<std::string> create(const RestoreIdentity& identity, const RestoreOptions& options,
                               const RestoreEnvironment& environment) const;
    std::string folder(std::string_view id) const;

private:
    std::string home_;
};

/// Does what `plan` says, or the rest of it when the restore `id` of `records` was begun before.
/// Objects that fail are outcomes, not errors. Stopping is not an error either: the record that is
/// returned then says Interrupted. An error means that the journal or the point cannot be used.
Result<RestoreRecord> run_restore(const RestoreEnvironment& environment, const RestorePlan& plan,
                                  const RestoreRecords& records, std::string_view id,
                                  std::stop_token stop);

}  // namespace holdfast::engine
