#include "tests/sim/vault_sim.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/fake_clock.h"
#include "base/random.h"
#include "crypto/key_protector.h"
#include "crypto/secret.h"
#include "repo/collect.h"
#include "repo/environment.h"
#include "repo/ids.h"
#include "repo/point.h"
#include "repo/repository.h"
#include "repo/run.h"
#include "repo/writer.h"
#include "store/memory_store.h"
#include "store/store.h"
#include "tests/sim/baton.h"

namespace holdfast::sim {

namespace {

using repo::PointId;
using repo::Repository;

/// Few enough texts that writers meet the same ones again and again.
constexpr std::uint64_t kTexts = 10;
constexpr std::uint64_t kCallsUntilDeath = 160;

using Rows = std::map<std::string, std::string>;

std::string text_of(std::uint64_t number) {
    return fmt::format("the text of object {}", number);
}

class Simulation {
public:
    Simulation(std::uint64_t seed, repo::ProtocolSteps skipped)
        : random_(seed * 2 + 1), skipped_(skipped) {
        make_vault();
    }

    VaultSimResult run() {
        tell_prehistory();
        const auto schedule = static_cast<Schedule>(random_.below(3));
        Baton baton(random_.u64(), schedule);
        std::vector<std::function<void()>> actors;
        const std::uint64_t writers = 1 + random_.below(3);
        const std::uint64_t collectors = 1 + random_.below(2);
        for (std::uint64_t i = 0; i < writers; ++i)
            actors.push_back(actor(baton, &Simulation::write_some));
        for (std::uint64_t i = 0; i < collectors; ++i)
            actors.push_back(actor(baton, &Simulation::collect_some));
        if (one_in(2)) actors.push_back(actor(baton, &Simulation::delete_some));
        baton.run(std::move(actors));
        check_the_end();
        return std::move(result_);
    }

private:
    /// One process: its own view of the store, its own clock and its own randomness.
    struct Process {
        std::unique_ptr<ActorStore> store;
        std::unique_ptr<base::FakeClock> clock;
        std::unique_ptr<base::SeededRandom> random;
        std::unique_ptr<Repository> repository;

        std::uint64_t below(std::uint64_t bound) { return random->below(bound); }
        bool one_in(std::uint64_t n) { return below(n) == 0; }
    };
    struct Written {
        Rows rows;
        bool acknowledged = false;
        bool deletion_tried = false;
    };

    bool one_in(std::uint64_t n) { return random_.below(n) == 0; }

    void complain(std::string text) {
        if (result_.complaint.empty()) result_.complaint = std::move(text);
    }

    repo::Environment environment(base::Clock& clock, base::Random& random) {
        return {.clock = clock,
                .random = random,
                .cache_dir = "",
                .threads = 0,
                .memory = {.frame_cache_bytes = 1 << 16, .index_cache_bytes = 1 << 16}};
    }

    void make_vault() {
        repo::CreateOptions options;
        options.vault_id = repo::new_vault_id(random_);
        auto made = Repository::create(memory_, protector_, options, environment(clock_, random_));
        if (!made) complain("creating the vault: " + made.error().message);
    }

    /// Points, deletions and left-overs from before the processes meet.
    void tell_prehistory() {
        Process process;
        process.random = std::make_unique<base::SeededRandom>(random_.u64());
        process.repository = open(memory_, clock_, *process.random);
        if (!process.repository) return;
        const std::uint64_t points = random_.below(3);
        for (std::uint64_t i = 0; i < points; ++i) write_point(process);
        if (one_in(2)) delete_point(process);
        if (one_in(4)) (void)process.repository->begin();
    }

    std::unique_ptr<Repository> open(store::Store& store, base::Clock& clock,
                                     base::Random& random) {
        auto opened = Repository::open(store, protector_, environment(clock, random));
        return opened ? std::move(*opened) : nullptr;
    }

    std::function<void()> actor(Baton& baton, void (Simulation::*act)(Process&)) {
        const bool dies = one_in(3);
        const std::uint64_t dies_at =
            dies ? 1 + random_.below(kCallsUntilDeath) : ActorStore::kNever;
        auto process = std::make_shared<Process>();
        process->store = std::make_unique<ActorStore>(memory_, baton, dies_at, one_in(2));
        // Nobody's clock can be trusted: up to 400 days wrong, either way.
        const auto skew = std::chrono::days(static_cast<int>(random_.below(801)) - 400);
        process->clock = std::make_unique<base::FakeClock>(clock_.now() + skew);
        process->random = std::make_unique<base::SeededRandom>(random_.u64());
        return [this, process, act] {
            process->repository = open(*process->store, *process->clock, *process->random);
            if (process->repository) (this->*act)(*process);
            if (process->store->dead()) ++result_.deaths;
            process->repository.reset();
        };
    }

    // --- what the actors do

    void write_some(Process& process) {
        const std::uint64_t count = 1 + process.below(3);
        for (std::uint64_t i = 0; i < count; ++i) write_point(process);
    }

    void write_point(Process& process) {
        repo::WriterOptions options;
        options.frame_bytes = 1;
        options.metadata_frame_bytes = 1;
        options.pack_bytes = process.one_in(2) ? 1 : 400;
        options.skipped_steps = skipped_;
        std::optional<PointId> base;
        if (process.one_in(2)) base = some_point(process);
        options.base = base;
        auto writer = process.repository->begin(options);
        if (!writer && base) {
            base.reset();
            options.base.reset();
            writer = process.repository->begin(options);
        }
        if (!writer) return;
        repo::PointContent content{.summary_json = "{}", .manifest_json = "{}", .runs = {}};
        Rows rows;
        if (base) {
            auto point = process.repository->point(*base);
            if (!point || point->content.runs.size() >= repo::kMaxRunsPerPoint) return;
            content.runs = point->content.runs;
            rows = written_.at(*base).rows;
        }
        Rows added;
        for (std::uint64_t i = 1 + process.below(4); i > 0; --i) {
            const std::uint64_t number = process.below(kTexts);
            added[fmt::format("key {}", number)] = text_of(number);
        }
        auto run = write_run(process, **writer, added);
        if (!run) return;
        content.runs.insert(content.runs.begin(), *run);
        for (const auto& [key, text] : added) rows[key] = text;
        written_[(*writer)->point_id()].rows = rows;
        auto committed = (*writer)->commit(content);
        if (!committed && committed.error().code == ErrorCode::Conflict) ++result_.aborted;
        if (!committed) return;
        written_[*committed].acknowledged = true;
        ++result_.points;
    }

    Result<repo::RunRef> write_run(Process& process, repo::Writer& writer, const Rows& rows) {
        auto at = rows.begin();
        return writer.add_run([&]() -> Result<std::optional<repo::Row>> {
            if (at == rows.end()) return std::nullopt;
            repo::Row row{.key = at->first, .chunk = {}, .attributes = {}};
            const ByteView text = base::as_bytes(at->second);
            const repo::ChunkId id = writer.id_of(text);
            if (process.one_in(3) && writer.reuse_chunk(id))
                row.chunk = id;
            else
                row.chunk = TRY(writer.add_chunk(text));
            ++at;
            return row;
        });
    }

    std::optional<PointId> some_point(Process& process) {
        auto points = process.repository->points();
        if (!points || points->empty()) return std::nullopt;
        return (*points)[process.below(points->size())].id;
    }

    void delete_some(Process& process) {
        const std::uint64_t count = 1 + process.below(2);
        for (std::uint64_t i = 0; i < count; ++i) delete_point(process);
    }

    void delete_point(Process& process) {
        const auto point = some_point(process);
        if (!point) return;
        written_[*point].deletion_tried = true;
        (void)process.repository->delete_point(*point, "simulation");
    }

    void collect_some(Process& process) {
        const std::uint64_t count = 1 + process.below(2);
        for (std::uint64_t i = 0; i < count; ++i) {
            repo::CollectOptions options;
            options.max_dead_percent = process.one_in(2) ? 0 : 25;
            if (process.one_in(3)) options.abort_idle_for = std::chrono::seconds(0);
            options.pack_bytes = 1;
            options.frame_bytes = 1;
            options.skipped_steps = skipped_;
            take_in(repo::collect(*process.repository, options));
        }
    }

    void take_in(const Result<repo::CollectReport>& report) {
        if (!report) return;
        result_.packs_deleted += report->packs_deleted;
        result_.packs_moved += report->packs_moved;
        result_.packs_spared += report->packs_spared;
    }

    // --- what must be true afterwards

    void check_the_end() {
        base::SeededRandom random(random_.u64());
        auto repository = open(memory_, clock_, random);
        if (!repository) return complain("the vault cannot be opened");
        check_points(*repository, "after the history");
        // Two: what the first one moves, the second one judges.
        for (int i = 0; i < 2; ++i) {
            auto report = repo::collect(*repository, last_collection());
            if (!report) complain("the last collection: " + report.error().message);
            take_in(report);
        }
        repository = open(memory_, clock_, random);
        check_points(*repository, "after the last collection");
        check_verify(*repository);
        check_no_garbage(*repository);
    }

    static repo::CollectOptions last_collection() {
        repo::CollectOptions options;
        options.abort_idle_for = std::chrono::seconds(0);
        options.pack_bytes = 1;
        options.frame_bytes = 1;
        return options;
    }

    void check_points(Repository& repository, std::string_view when) {
        auto points = repository.points();
        if (!points)
            return complain(fmt::format("{}: no points: {}", when, points.error().message));
        std::set<PointId> listed;
        for (const auto& point : *points) {
            listed.insert(point.id);
            const auto known = written_.find(point.id);
            if (known == written_.end()) return complain("a point that nobody wrote");
            check_rows(repository, point.id, known->second.rows, when);
        }
        for (const auto& [id, written] : written_)
            if (written.acknowledged && !written.deletion_tried && !listed.contains(id))
                complain(fmt::format("{}: point {} is gone", when, id.text()));
    }

    void check_rows(Repository& repository, const PointId& id, const Rows& expected,
                    std::string_view when) {
        auto read = [&]() -> Result<Rows> {
            const repo::Point point = TRY(repository.point(id));
            Rows rows;
            const auto visit = [&](const repo::Row& row) -> Result<void> {
                rows[row.key] = base::to_text(TRY(repository.read_chunk(*row.chunk)));
                return {};
            };
            TRY(repo::RunReader(repository, point.content.runs).scan("", visit));
            return rows;
        }();
        if (!read)
            complain(fmt::format("{}: point {}: {}", when, id.text(), read.error().message));
        else if (*read != expected)
            complain(fmt::format("{}: point {} has other rows", when, id.text()));
    }

    void check_verify(Repository& repository) {
        auto report = repository.verify({.read_data_percent = 100});
        if (!report && report.error().code == ErrorCode::Unsupported) return;
        if (!report) return complain("verify: " + report.error().message);
        for (const auto& damage : report->damage)
            complain(fmt::format("verify: {}: {}", damage.object, damage.what));
    }

    void check_no_garbage(Repository& repository) {
        repo::CollectOptions options = last_collection();
        options.dry_run = true;
        auto report = repo::collect(repository, options);
        if (!report) return complain("a dry collection: " + report.error().message);
        if (report->packs_deleted != 0)
            complain(fmt::format("{} packs of garbage are left", report->packs_deleted));
        for (std::string_view folder : {"condemned/", "writers/"})
            if (!store::list_all(memory_, folder, 1000)->empty())
                complain(fmt::format("{} is not empty", folder));
        auto manifests = store::list_all(memory_, "manifests/", 1000);
        auto points = repository.points();
        if (!manifests || !points || manifests->size() != points->size())
            complain("there are manifests of no point");
    }

    base::SeededRandom random_;
    repo::ProtocolSteps skipped_;
    base::FakeClock clock_;
    store::MemoryStore memory_{clock_};
    crypto::KeyFileProtector protector_{crypto::Key::random(random_)};
    std::map<PointId, Written> written_;
    VaultSimResult result_;
};

}  // namespace

VaultSimResult simulate_vault(std::uint64_t seed, repo::ProtocolSteps skipped) {
    return Simulation(seed, skipped).run();
}

}  // namespace holdfast::sim
