#include "jobs/job_state.h"

#include <algorithm>
#include <utility>

namespace holdfast::jobs {
namespace {

// In the order of their enumerators.
constexpr std::array kBackupJobNames = {"CREATED",   "PENDING", "RUNNING", "ABORTING", "ABORTED",
                                        "COMPLETED", "FAILED",  "EXPIRED", "PARTIAL"};
constexpr std::array kCopyJobNames = {"CREATED", "RUNNING", "COMPLETED", "FAILED", "PARTIAL"};
constexpr std::array kRestoreJobNames = {"PENDING", "RUNNING", "COMPLETED", "ABORTED", "FAILED"};
constexpr std::array kPointNames = {"CREATING", "AVAILABLE", "COMPLETED", "PARTIAL",
                                    "DELETING", "EXPIRED",   "STOPPED"};

static_assert(kBackupJobNames.size() == std::to_underlying(BackupJobState::Partial) + 1);
static_assert(kCopyJobNames.size() == std::to_underlying(CopyJobState::Partial) + 1);
static_assert(kRestoreJobNames.size() == std::to_underlying(RestoreJobState::Failed) + 1);
static_assert(kPointNames.size() == std::to_underlying(PointState::Stopped) + 1);

template <class State, std::size_t N>
const char* name_in(const std::array<const char*, N>& names, State state) {
    return names[static_cast<std::size_t>(state)];
}

template <class State, std::size_t N>
std::optional<State> state_in(const std::array<const char*, N>& names, std::string_view name) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<State>(found - names.begin());
}

template <class State>
bool all_final(std::span<const State> states) {
    return !states.empty() && std::ranges::all_of(states, [](State s) { return is_final(s); });
}

template <class State>
bool all_are(std::span<const State> states, State wanted) {
    return std::ranges::all_of(states, [&](State s) { return s == wanted; });
}

template <class State>
bool any_is(std::span<const State> states, State wanted) {
    return std::ranges::find(states, wanted) != states.end();
}

}  // namespace

const char* name_of(BackupJobState state) {
    return name_in(kBackupJobNames, state);
}
const char* name_of(CopyJobState state) {
    return name_in(kCopyJobNames, state);
}
const char* name_of(RestoreJobState state) {
    return name_in(kRestoreJobNames, state);
}
const char* name_of(PointState state) {
    return name_in(kPointNames, state);
}

std::optional<BackupJobState> backup_job_state(std::string_view name) {
    return state_in<BackupJobState>(kBackupJobNames, name);
}
std::optional<CopyJobState> copy_job_state(std::string_view name) {
    return state_in<CopyJobState>(kCopyJobNames, name);
}
std::optional<RestoreJobState> restore_job_state(std::string_view name) {
    return state_in<RestoreJobState>(kRestoreJobNames, name);
}
std::optional<PointState> point_state(std::string_view name) {
    return state_in<PointState>(kPointNames, name);
}

std::optional<BackupJobState> parent_state(BackupJobState parent,
                                           std::span<const BackupJobState> children) {
    using enum BackupJobState;
    if (!all_final(children)) return std::nullopt;
    if (all_are(children, Completed)) return Completed;
    if (parent == Aborting && any_is(children, Aborted)) return Aborted;
    if (any_is(children, Completed) || any_is(children, Partial)) return Partial;
    if (all_are(children, Aborted)) return Aborted;
    if (all_are(children, Expired) && parent != Aborting) return Expired;
    return Failed;
}

std::optional<CopyJobState> parent_state(std::span<const CopyJobState> children) {
    using enum CopyJobState;
    if (!all_final(children)) return std::nullopt;
    if (all_are(children, Completed)) return Completed;
    if (any_is(children, Completed) || any_is(children, Partial)) return Partial;
    return Failed;
}

std::optional<RestoreJobState> parent_state(std::span<const RestoreJobState> children) {
    using enum RestoreJobState;
    if (!all_final(children)) return std::nullopt;
    if (any_is(children, Failed)) return Failed;
    if (any_is(children, Aborted)) return Aborted;
    return Completed;
}

}  // namespace holdfast::jobs
