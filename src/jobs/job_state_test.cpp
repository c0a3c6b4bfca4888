#include "jobs/job_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <tuple>
#include <utility>
#include <vector>

namespace holdfast::jobs {
namespace {

using testing::ElementsAre;
using testing::Pair;

using enum BackupJobState;

/// Every state that can be reached from `start`.
template <class State, class Event, std::size_t N>
std::set<State> reachable(const std::array<Edge<State, Event>, N>& edges, State start) {
    std::set<State> found = {start};
    for (std::size_t before = 0; before != found.size();) {
        before = found.size();
        for (const auto& edge : edges)
            if (found.contains(edge.from)) found.insert(edge.to);
    }
    return found;
}

template <class State, class Event, std::size_t N>
void expect_one_way_each(const std::array<Edge<State, Event>, N>& edges) {
    std::set<std::pair<State, Event>> seen;
    for (const auto& edge : edges)
        EXPECT_TRUE(seen.emplace(edge.from, edge.on).second) << name_of(edge.from);
}

TEST(JobState, GraphsLeadEverywhereAndEachEventToOneState) {
    EXPECT_EQ(reachable(kBackupJobEdges, Created).size(), 9u);
    EXPECT_EQ(reachable(kCopyJobEdges, CopyJobState::Created).size(), 5u);
    EXPECT_EQ(reachable(kRestoreJobEdges, RestoreJobState::Pending).size(), 5u);
    // Clusters have no continuous backups: no Available, no Stopped.
    EXPECT_EQ(reachable(kPointEdges, PointState::Creating).size(), 5u);
    expect_one_way_each(kBackupJobEdges);
    expect_one_way_each(kCopyJobEdges);
    expect_one_way_each(kRestoreJobEdges);
    expect_one_way_each(kPointEdges);
}

TEST(JobState, EveryJobCanEnd) {
    for (const BackupJobState state : {Created, Pending, Running, Aborting}) {
        bool ends = false;
        for (const BackupJobState reached : reachable(kBackupJobEdges, state))
            ends = ends || is_final(reached);
        EXPECT_TRUE(ends) << name_of(state);
    }
}

TEST(JobState, AnAbortedJobThatMadeItsPointSaysSo) {
    EXPECT_EQ(next(Running, BackupJobEvent::RequestAbort), Aborting);
    EXPECT_EQ(next(Aborting, BackupJobEvent::Complete), Completed);
    EXPECT_EQ(next(Created, BackupJobEvent::RequestAbort), Aborted);
    EXPECT_EQ(next(Completed, BackupJobEvent::RequestAbort), std::nullopt);
    EXPECT_EQ(next(Running, BackupJobEvent::Take), std::nullopt);
    EXPECT_EQ(next(Created, BackupJobEvent::WindowOver), Expired);
}

TEST(JobState, APointThatCannotBeDeletedWaitsExpired) {
    EXPECT_EQ(next(PointState::Deleting, PointEvent::CannotDelete), PointState::Expired);
    EXPECT_EQ(next(PointState::Expired, PointEvent::Delete), PointState::Deleting);
    EXPECT_EQ(next(PointState::Completed, PointEvent::LoseNested), PointState::Partial);
    EXPECT_EQ(next(PointState::Deleting, PointEvent::Complete), std::nullopt);
}

TEST(JobState, NamesAreThoseOfTheApi) {
    const std::pair<BackupJobState, const char*> backup_names[] = {
        {Created, "CREATED"},   {Pending, "PENDING"}, {Running, "RUNNING"},
        {Aborting, "ABORTING"}, {Aborted, "ABORTED"}, {Completed, "COMPLETED"},
        {Failed, "FAILED"},     {Expired, "EXPIRED"}, {Partial, "PARTIAL"}};
    for (const auto& [state, name] : backup_names) {
        EXPECT_STREQ(name_of(state), name);
        EXPECT_EQ(backup_job_state(name), state);
    }
    const std::pair<CopyJobState, const char*> copy_names[] = {
        {CopyJobState::Created, "CREATED"},
        {CopyJobState::Running, "RUNNING"},
        {CopyJobState::Completed, "COMPLETED"},
        {CopyJobState::Failed, "FAILED"},
        {CopyJobState::Partial, "PARTIAL"}};
    for (const auto& [state, name] : copy_names) {
        EXPECT_STREQ(name_of(state), name);
        EXPECT_EQ(copy_job_state(name), state);
    }
    const std::pair<RestoreJobState, const char*> restore_names[] = {
        {RestoreJobState::Pending, "PENDING"},
        {RestoreJobState::Running, "RUNNING"},
        {RestoreJobState::Completed, "COMPLETED"},
        {RestoreJobState::Aborted, "ABORTED"},
        {RestoreJobState::Failed, "FAILED"}};
    for (const auto& [state, name] : restore_names) {
        EXPECT_STREQ(name_of(state), name);
        EXPECT_EQ(restore_job_state(name), state);
    }
    const std::pair<PointState, const char*> point_names[] = {
        {PointState::Creating, "CREATING"},   {PointState::Available, "AVAILABLE"},
        {PointState::Completed, "COMPLETED"}, {PointState::Partial, "PARTIAL"},
        {PointState::Deleting, "DELETING"},   {PointState::Expired, "EXPIRED"},
        {PointState::Stopped, "STOPPED"}};
    for (const auto& [state, name] : point_names) {
        EXPECT_STREQ(name_of(state), name);
        EXPECT_EQ(point_state(name), state);
    }
    for (const char* name : {"", "completed", "COMPLETED ", "DONE"})
        EXPECT_EQ(backup_job_state(name), std::nullopt) << name;
    EXPECT_EQ(copy_job_state("EXPIRED"), std::nullopt);
}

TEST(JobState, AParentFollowsFromItsChildren) {
    // parent, children, expected
    using Case =
        std::tuple<BackupJobState, std::vector<BackupJobState>, std::optional<BackupJobState>>;
    const Case cases[] = {
        {Running, {}, std::nullopt},
        {Running, {Completed, Running}, std::nullopt},
        {Running, {Failed, Created}, std::nullopt},
        {Running, {Completed}, Completed},
        {Running, {Completed, Completed}, Completed},
        {Running, {Completed, Failed}, Partial},
        {Running, {Completed, Expired}, Partial},
        {Running, {Completed, Aborted}, Partial},
        {Running, {Partial}, Partial},
        {Running, {Partial, Failed}, Partial},
        {Running, {Failed, Failed}, Failed},
        {Running, {Failed, Aborted}, Failed},
        {Running, {Expired, Expired}, Expired},
        {Running, {Expired, Failed}, Failed},
        {Running, {Aborted, Aborted}, Aborted},
        {Aborting, {Completed, Aborted}, Aborted},
        {Aborting, {Completed, Completed}, Completed},
        {Aborting, {Completed, Failed}, Partial},
        {Aborting, {Aborted, Failed}, Aborted},
        {Aborting, {Expired, Expired}, Failed},
    };
    for (const auto& [parent, children, expected] : cases) {
        const auto state = parent_state(parent, children);
        EXPECT_EQ(state, expected) << name_of(parent) << testing::PrintToString(children.size());
        if (!state) continue;
        bool is_an_edge = false;
        for (const auto& edge : kBackupJobEdges)
            is_an_edge = is_an_edge || (edge.from == parent && edge.to == *state);
        EXPECT_TRUE(is_an_edge) << name_of(parent) << " to " << name_of(*state);
    }
}

TEST(JobState, ParentsOfCopiesAndRestoresFollowToo) {
    using Copies = std::vector<CopyJobState>;
    EXPECT_EQ(parent_state(Copies{}), std::nullopt);
    EXPECT_EQ(parent_state(Copies{CopyJobState::Completed, CopyJobState::Running}), std::nullopt);
    EXPECT_EQ(parent_state(Copies{CopyJobState::Completed}), CopyJobState::Completed);
    EXPECT_EQ(parent_state(Copies{CopyJobState::Completed, CopyJobState::Failed}),
              CopyJobState::Partial);
    EXPECT_EQ(parent_state(Copies{CopyJobState::Failed}), CopyJobState::Failed);
    using Restores = std::vector<RestoreJobState>;
    EXPECT_EQ(parent_state(Restores{RestoreJobState::Completed, RestoreJobState::Pending}),
              std::nullopt);
    EXPECT_EQ(parent_state(Restores{RestoreJobState::Completed, RestoreJobState::Completed}),
              RestoreJobState::Completed);
    EXPECT_EQ(parent_state(Restores{RestoreJobState::Completed, RestoreJobState::Failed,
                                    RestoreJobState::Aborted}),
              RestoreJobState::Failed);
    EXPECT_EQ(parent_state(Restores{RestoreJobState::Completed, RestoreJobState::Aborted}),
              RestoreJobState::Aborted);
}

TEST(JobState, CountsChildrenByState) {
    const std::vector<BackupJobState> children = {Completed, Failed, Completed};
    EXPECT_THAT(child_jobs_in_state(std::span<const BackupJobState>(children)),
                ElementsAre(Pair("COMPLETED", 2), Pair("FAILED", 1)));
}

}  // namespace
}  // namespace holdfast::jobs
