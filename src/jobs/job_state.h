#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace holdfast::jobs {

// The states of jobs and recovery points, what may happen to them, and what follows. The graphs
// are tables: a change of state that no table has does not exist.

/// One way out of a state.
template <class State, class Event>
struct Edge {
    constexpr Edge(State state, Event event, State next) : from(state), on(event), to(next) {}

    State from;
    Event on;
    State to;
};

/// The state that `event` leads to; nothing when it cannot happen in `state`.
template <class State, class Event, std::size_t N>
constexpr std::optional<State> follow(const std::array<Edge<State, Event>, N>& edges, State state,
                                      Event event) {
    for (const Edge<State, Event>& edge : edges)
        if (edge.from == state && edge.on == event) return edge.to;
    return std::nullopt;
}

template <class State, class Event, std::size_t N>
constexpr bool is_dead_end(const std::array<Edge<State, Event>, N>& edges, State state) {
    for (const Edge<State, Event>& edge : edges)
        if (edge.from == state) return false;
    return true;
}

/// Created waits for its resource until the start window ends; Pending has a worker.
enum class BackupJobState {
    Created,
    Pending,
    Running,
    Aborting,
    Aborted,
    Completed,
    Failed,
    Expired,
    Partial,
};

enum class BackupJobEvent {
    Take,            ///< a worker has it
    Start,           ///< the work begins
    Complete,        ///< the point exists, and is whole
    CompletePartly,  ///< the point exists, and something is missing in it
    Fail,
    WindowOver,  ///< it has not started, or not finished, in its window
    RequestAbort,
    AbortDone,  ///< the work has stopped and left nothing, or all children were stopped
};

// Once a point exists, the job says so, whatever was requested meanwhile.
constexpr auto kBackupJobEdges = [] {
    using enum BackupJobState;
    using enum BackupJobEvent;
    return std::to_array<Edge<BackupJobState, BackupJobEvent>>({
        {Created, Take, Pending},
        {Created, Start, Running},
        {Created, Fail, Failed},
        {Created, WindowOver, Expired},
        {Created, RequestAbort, Aborted},
        {Pending, Start, Running},
        {Pending, Fail, Failed},
        {Pending, WindowOver, Expired},
        {Pending, RequestAbort, Aborted},
        {Running, Complete, Completed},
        {Running, CompletePartly, Partial},
        {Running, Fail, Failed},
        {Running, WindowOver, Expired},
        {Running, RequestAbort, Aborting},
        {Running, AbortDone, Aborted},
        {Aborting, Complete, Completed},
        {Aborting, CompletePartly, Partial},
        {Aborting, Fail, Failed},
        {Aborting, AbortDone, Aborted},
    });
}();

/// A copy that somebody stops ends Failed: AWS has no other word for it.
enum class CopyJobState { Created, Running, Completed, Failed, Partial };
enum class CopyJobEvent { Start, Complete, CompletePartly, Fail };

constexpr auto kCopyJobEdges = [] {
    using enum CopyJobState;
    using enum CopyJobEvent;
    return std::to_array<Edge<CopyJobState, CopyJobEvent>>({
        {Created, Start, Running},
        {Created, Fail, Failed},
        {Running, Complete, Completed},
        {Running, CompletePartly, Partial},
        {Running, Fail, Failed},
    });
}();

/// A restore with failed objects is Completed, and its message and results tell of them.
enum class RestoreJobState { Pending, Running, Completed, Aborted, Failed };
enum class RestoreJobEvent { Start, Complete, Fail, Abort };

constexpr auto kRestoreJobEdges = [] {
    using enum RestoreJobState;
    using enum RestoreJobEvent;
    return std::to_array<Edge<RestoreJobState, RestoreJobEvent>>({
        {Pending, Start, Running},
        {Pending, Fail, Failed},
        {Pending, Abort, Aborted},
        {Running, Complete, Completed},
        {Running, Fail, Failed},
        {Running, Abort, Aborted},
    });
}();

/// Available and Stopped belong to continuous backups, which clusters do not have.
enum class PointState { Creating, Available, Completed, Partial, Deleting, Expired, Stopped };

enum class PointEvent {
    Complete,
    CompletePartly,
    LoseNested,    ///< a nested point was deleted or disassociated
    Delete,        ///< by hand or at the end of its lifecycle; the record goes when all is deleted
    CannotDelete,  ///< a hold, a lock or a missing right is in the way: it waits for a person
};

constexpr auto kPointEdges = [] {
    using enum PointState;
    using enum PointEvent;
    return std::to_array<Edge<PointState, PointEvent>>({
        {Creating, Complete, Completed},
        {Creating, CompletePartly, Partial},
        {Creating, Delete, Deleting},
        {Completed, LoseNested, Partial},
        {Completed, Delete, Deleting},
        {Completed, CannotDelete, Expired},
        {Partial, LoseNested, Partial},
        {Partial, Delete, Deleting},
        {Partial, CannotDelete, Expired},
        {Available, Delete, Deleting},
        {Stopped, Delete, Deleting},
        {Deleting, CannotDelete, Expired},
        {Expired, LoseNested, Expired},
        {Expired, Delete, Deleting},
    });
}();

constexpr std::optional<BackupJobState> next(BackupJobState state, BackupJobEvent event) {
    return follow(kBackupJobEdges, state, event);
}
constexpr std::optional<CopyJobState> next(CopyJobState state, CopyJobEvent event) {
    return follow(kCopyJobEdges, state, event);
}
constexpr std::optional<RestoreJobState> next(RestoreJobState state, RestoreJobEvent event) {
    return follow(kRestoreJobEdges, state, event);
}
constexpr std::optional<PointState> next(PointState state, PointEvent event) {
    return follow(kPointEdges, state, event);
}

/// Whether nothing can happen to a job any more.
constexpr bool is_final(BackupJobState state) {
    return is_dead_end(kBackupJobEdges, state);
}
constexpr bool is_final(CopyJobState state) {
    return is_dead_end(kCopyJobEdges, state);
}
constexpr bool is_final(RestoreJobState state) {
    return is_dead_end(kRestoreJobEdges, state);
}

static_assert(is_final(BackupJobState::Aborted) && is_final(BackupJobState::Completed) &&
              is_final(BackupJobState::Failed) && is_final(BackupJobState::Expired) &&
              is_final(BackupJobState::Partial));
static_assert(!is_final(BackupJobState::Created) && !is_final(BackupJobState::Pending) &&
              !is_final(BackupJobState::Running) && !is_final(BackupJobState::Aborting));
static_assert(is_final(CopyJobState::Completed) && is_final(CopyJobState::Failed) &&
              is_final(CopyJobState::Partial));
static_assert(!is_final(CopyJobState::Created) && !is_final(CopyJobState::Running));
static_assert(is_final(RestoreJobState::Completed) && is_final(RestoreJobState::Aborted) &&
              is_final(RestoreJobState::Failed));
static_assert(!is_final(RestoreJobState::Pending) && !is_final(RestoreJobState::Running));

/// The name of a state in the API, such as "RUNNING".
const char* name_of(BackupJobState state);
const char* name_of(CopyJobState state);
const char* name_of(RestoreJobState state);
const char* name_of(PointState state);

/// The state of that name; nothing for any other text.
std::optional<BackupJobState> backup_job_state(std::string_view name);
std::optional<CopyJobState> copy_job_state(std::string_view name);
std::optional<RestoreJobState> restore_job_state(std::string_view name);
std::optional<PointState> point_state(std::string_view name);

/// What a job with children becomes once all of them are final; nothing before that, or without
/// children. A backup or copy of which anything was kept is Partial, unless all was; a backup that
/// was asked to abort is Aborted when a child was.
std::optional<BackupJobState> parent_state(BackupJobState parent,
                                           std::span<const BackupJobState> children);
std::optional<CopyJobState> parent_state(std::span<const CopyJobState> children);
/// One child that failed or was aborted decides.
std::optional<RestoreJobState> parent_state(std::span<const RestoreJobState> children);

/// ChildJobsInState of the API: how many children are in each state that any is in.
using StateCounts = std::map<std::string, std::int64_t, std::less<>>;
template <class State>
StateCounts child_jobs_in_state(std::span<const State> children) {
    StateCounts counts;
    for (const State child : children) ++counts[name_of(child)];
    return counts;
}

}  // namespace holdfast::jobs
