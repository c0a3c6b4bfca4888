#include <fmt/core.h>

#include <algorithm>
#include <compare>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/json.h"
#include "base/worker_pool.h"
#include "engine/definition_wait.h"
#include "engine/journal.h"
#include "engine/object_row.h"
#include "engine/object_source.h"
#include "engine/object_writer.h"
#include "engine/order.h"
#include "engine/outcome.h"
#include "engine/plan.h"
#include "engine/preparation.h"
#include "engine/progress_meter.h"
#include "engine/record_file.h"
#include "engine/restore.h"

namespace holdfast::engine {

namespace {

constexpr base::Millis kDeferredPause(2000);
/// Rounds in which none of the deferred objects got further, after which they have failed.
constexpr unsigned kMaxStaleRounds = 3;
constexpr unsigned kMaxDeferredRounds = 60;

/// One object of the plan while it is being done.
struct Item {
    std::size_t kind = 0;
    std::size_t entry = 0;

    auto operator<=>(const Item&) const = default;
};

struct Deferred {
    Item item;
    ObjectOutcome outcome;  ///< What is recorded when there is no further chance.
};

class Executor {
public:
    Executor(const RestoreEnvironment& environment, const RestorePlan::Impl& plan,
             std::string folder, RestoreRecord record)
        : environment_(environment),
          plan_(plan),
          folder_(std::move(folder)),
          record_(std::move(record)),
          preparation_(environment.client, plan, Purpose::Restore),
          writer_(environment.client, environment.clock, "holdfast-" + record_.id),
          meter_(environment.progress, environment.clock, "restoring") {
        // Of a Namespace its name is left, so the plan may have it all the same.
        for (const DamagedObject& object : environment.damaged)
            if (plan_.find(object.key) == nullptr) lost_.push_back(&object);
    }

    Result<RestoreRecord> run(std::stop_token stop) {
        journal_ = TRY(Journal::open(journal_path(folder_), environment_.clock));
        TRY(load_earlier_run());
        record_.state = RestoreState::Running;
        record_.problem.clear();
        TRY(write_record(folder_, record_), "recording the restore");
        auto done = run_steps(stop);
        meter_.flush();
        TRY(journal_->sync());
        return finish(std::move(done));
    }

private:
    // ---- the steps

    Result<void> run_steps(std::stop_token stop) {
        TRY(record_skipped());
        TRY(record_lost());
        bool guards_reached = false;
        for (std::size_t first = 0; first < plan_.kinds.size();) {
            std::size_t last = first;
            while (last < plan_.kinds.size() && plan_.kinds[last].wave == plan_.kinds[first].wave)
                ++last;
            Wave wave = plan_.kinds[first].wave;
            if (wave >= plan_.guards && !std::exchange(guards_reached, true))
                TRY(retry_deferred(stop));
            TRY(run_wave(first, last, stop));
            // Nothing else can be created without these two, so they get their chance at once.
            if (wave <= kNamespaceWave) TRY(retry_deferred(stop));
            if (wave == kDefinitionWave) TRY(wait_for_definitions(stop));
            first = last;
        }
        TRY(retry_deferred(stop));
        return set_late_owners(stop);
    }

    /// What an interrupted run has done stays done; what failed is tried again.
    Result<void> load_earlier_run() {
        for (const PlanKind& kind : plan_.kinds)
            states_.emplace_back(kind.entries.size(), Outcome::Pending);
        auto item_of = [&](std::string_view key) { return find_item(key); };
        TRY(Journal::read(journal_path(folder_),
                          {.intent =
                               [&](std::string_view key, Intent intent) {
                                   if (intent != Intent::Create)
                                       intents_[std::string(key)] = intent;
                               },
                           .outcome =
                               [&](std::string_view key, ObjectOutcome outcome) {
                                   intents_.erase(std::string(key));
                                   auto item = item_of(key);
                                   if (!item) return;
                                   Outcome& state = states_[item->kind][item->entry];
                                   state = outcome.outcome;
                                   if (outcome.volume_empty) empty_before_.insert(std::string(key));
                               }}));
        record_.counts = {};
        record_.planned = lost_.size();
        std::uint64_t pending = lost_.size();
        for (std::vector<Outcome>& states : states_) {
            for (Outcome& state : states) {
                ++record_.planned;
                if (state == Outcome::Failed) state = Outcome::Pending;
                if (state == Outcome::Pending)
                    ++pending;
                else
                    ++record_.counts[state];
            }
        }
        record_.counts.volumes_empty = empty_before_.size();
        meter_.expect(pending);
        return {};
    }

    Result<void> record_skipped() {
        for (std::size_t k = 0; k < plan_.kinds.size(); ++k) {
            for (std::size_t e = 0; e < plan_.kinds[k].entries.size(); ++e) {
                const PlanEntry& entry = plan_.kinds[k].entries[e];
                if (entry.skip == 0 || states_[k][e] != Outcome::Pending) continue;
                ObjectOutcome outcome{.object = plan_.target_key(plan_.kinds[k], entry),
                                      .outcome = Outcome::Skipped,
                                      .reason = std::string(plan_.reason(entry))};
                TRY(record({.kind = k, .entry = e}, std::move(outcome)));
            }
        }
        return {};
    }

    Result<void> record_lost() {
        for (const DamagedObject* object : lost_) {
            ObjectOutcome outcome{.object = plan_.target_key(object->key),
                                  .outcome = Outcome::Failed,
                                  .reason = "lost from the point: " + object->reason};
            TRY(journal_->outcome(encode_key(object->key), outcome));
            count(outcome);
        }
        return {};
    }

    /// Dependents follow owners of the same wave: depth after depth.
    Result<void> run_wave(std::size_t first, std::size_t last, std::stop_token stop) {
        unsigned deepest = 0;
        for (std::size_t k = first; k < last; ++k)
            deepest = std::max<unsigned>(deepest, plan_.kinds[k].depth);
        for (unsigned depth = 0; depth <= deepest; ++depth) {
            std::vector<std::size_t> kinds;
            for (std::size_t k = first; k < last; ++k)
                if (has_pending(k, depth)) kinds.push_back(k);
            if (kinds.empty()) continue;
            base::WorkerPool pool(environment_.requests_in_flight,
                                  2 * environment_.requests_in_flight + 1);
            for (std::size_t k : kinds) TRY(feed(k, depth, pool, stop));
            TRY(pool.finish());
        }
        return {};
    }

    bool has_pending(std::size_t k, unsigned depth) const {
        const auto& entries = plan_.kinds[k].entries;
        for (std::size_t e = 0; e < entries.size(); ++e)
            if (states_[k][e] == Outcome::Pending && entries[e].depth == depth) return true;
        return false;
    }

    /// Both the point and the plan are in the order of keys.
    Result<void> feed(std::size_t k, unsigned depth, base::WorkerPool& pool, std::stop_token stop) {
        const PlanKind& kind = plan_.kinds[k];
        const std::string prefix = kind.prefix();
        std::size_t e = 0;
        auto visit = [&](const SourceObject& object) -> Result<void> {
            if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "stopped");
            std::string_view place = object.key.substr(prefix.size());
            while (e < kind.entries.size() && kind.entries[e].place < place) ++e;
            bool mine = e < kind.entries.size() && kind.entries[e].place == place &&
                        kind.entries[e].depth == depth && states_[k][e] == Outcome::Pending;
            if (!mine) return {};
            return pool.submit([this, item = Item{.kind = k, .entry = e},
                                body = std::string(object.body),
                                stop] { return restore_one(item, body, stop); });
        };
        auto planned = [&](std::string_view key) {
            return kind.find(key.substr(prefix.size())) != nullptr;
        };
        for (const std::string& part : kind.scan_prefixes())
            TRY(environment_.source.each(part, planned, visit));
        return {};
    }

    // ---- one object

    Result<void> restore_one(Item item, const std::string& body, std::stop_token stop) {
        if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "stopped");
        const PlanKind& kind = plan_.kinds[item.kind];
        const PlanEntry& entry = kind.entries[item.entry];
        ObjectOutcome outcome{.object = plan_.target_key(kind, entry)};
        if (std::string closed = why_closed(outcome.object.ns); !closed.empty())
            return record_failure(item, std::move(outcome), std::move(closed));
        auto prepared = preparation_.prepare(kind, entry, body, stop);
        if (!prepared) {
            if (is_fatal(prepared.error())) return std::unexpected(std::move(prepared).error());
            return record_failure(item, std::move(outcome), prepared.error().message);
        }
        std::string key = key_of(item);
        TRY(journal_->intent(Intent::Create, key));
        WriteOptions options{
            .existing = kind.existing,
            .needed_only = entry.needed_only,
            .want_uid = entry.is_owner,
            .earlier = earlier_intent(key),
            .present_owners = [&] { return preparation_.present_owners(kind, entry, body, stop); },
            .announce = [&](Intent intent) { return journal_->intent(intent, key); },
            .untie_dependents =
                [&](const std::string& uid) { return untie_dependents(item, uid, stop); }};
        Written written = TRY(writer_.write(*prepared, options, stop));
        if (entry.is_owner && !written.uid.empty())
            preparation_.remember_owner(prepared->key, written.uid);
        outcome.object = std::move(prepared->key);
        outcome.outcome = written.outcome;
        outcome.reason = std::move(written.reason);
        outcome.notes = std::move(prepared->notes);
        outcome.volume_empty = written.volume_empty;
        for (std::string& note : written.notes) outcome.notes.push_back(std::move(note));
        if (written.volume_empty) outcome.notes.emplace_back("volume new and EMPTY");
        if (written.not_yet) {
            deferred_.update([&](auto& list) { list.push_back({item, std::move(outcome)}); });
            return {};
        }
        if (written.namespace_closed) close_namespace(outcome);
        return record(item, std::move(outcome));
    }

    Result<void> record_failure(Item item, ObjectOutcome outcome, std::string reason) {
        outcome.outcome = Outcome::Failed;
        outcome.reason = std::move(reason);
        return record(item, std::move(outcome));
    }

    Result<void> record(Item item, ObjectOutcome outcome) {
        TRY(journal_->outcome(key_of(item), outcome));
        states_[item.kind][item.entry] = outcome.outcome;
        bool is_namespace = outcome.object.kind == "Namespace" && outcome.object.group.empty();
        if (outcome.outcome == Outcome::Failed && is_namespace) close_namespace(outcome);
        count(outcome);
        return {};
    }

    void count(const ObjectOutcome& outcome) {
        counts_.update([&](OutcomeCounts& counts) {
            ++counts[outcome.outcome];
            if (outcome.volume_empty) ++counts.volumes_empty;
        });
        if (outcome.outcome == Outcome::Failed) meter_.add_failed(1);
        meter_.add(1, outcome.object.kind);
    }

    /// Objects of a namespace that takes none fail at once, with the words that explain it.
    void close_namespace(const ObjectOutcome& outcome) {
        bool itself = outcome.object.ns.empty();
        const std::string& name = itself ? outcome.object.name : outcome.object.ns;
        std::string why =
            itself ? fmt::format("namespace {} could not be restored: {}", name, outcome.reason)
                   : outcome.reason;
        closed_.update([&](auto& closed) { closed.emplace(name, std::move(why)); });
    }

    std::string why_closed(const std::string& ns) {
        if (ns.empty()) return "";
        return closed_.update([&](auto& closed) {
            auto found = closed.find(ns);
            return found == closed.end() ? std::string() : found->second;
        });
    }

    // ---- what comes later

    Result<void> wait_for_definitions(std::stop_token stop) {
        preparation_.rediscovered(TRY(wait_until_served(environment_, plan_, preparation_, stop)));
        return {};
    }

    Result<void> retry_deferred(std::stop_token stop) {
        unsigned stale = 0;
        for (unsigned round = 0; round < kMaxDeferredRounds && stale < kMaxStaleRounds; ++round) {
            auto waiting = deferred_.update([](auto& list) { return std::exchange(list, {}); });
            if (waiting.empty()) return {};
            if (!environment_.clock.sleep(kDeferredPause, stop)) {
                deferred_.update([&](auto& list) { list = std::move(waiting); });
                return fail(ErrorCode::Cancelled, "stopped");
            }
            base::WorkerPool pool(environment_.requests_in_flight,
                                  2 * environment_.requests_in_flight + 1);
            for (const Deferred& one : waiting) {
                std::string body = TRY(environment_.source.get(key_of(one.item)));
                TRY(pool.submit([this, item = one.item, body = std::move(body), stop] {
                    return restore_one(item, body, stop);
                }));
            }
            TRY(pool.finish());
            std::size_t left = deferred_.update([](auto& list) { return list.size(); });
            stale = left < waiting.size() ? 0 : stale + 1;
        }
        auto given_up = deferred_.update([](auto& list) { return std::exchange(list, {}); });
        for (Deferred& one : given_up) TRY(record(one.item, std::move(one.outcome)));
        return {};
    }

    /// The cluster deletes what an owner leaves behind, or takes the reference away: without its
    /// owner a dependent stays as it is, until it is tied to the new one.
    Result<void> untie_dependents(Item owner, const std::string& uid, std::stop_token stop) {
        for (const OwnerTie& tie : plan_.dependents(owner.kind, owner.entry)) {
            const PlanKind& kind = plan_.kinds[tie.kind];
            auto type = preparation_.served(kind);
            if (!type) continue;
            Prepared dependent;
            dependent.type = *type;
            dependent.key = plan_.target_key(kind, kind.entries[tie.entry]);
            if (TRY(writer_.remove_owner(dependent, uid, stop), "untying {} from it",
                    dependent.key.text()))
                untied_.update(
                    [&](auto& untied) { untied.insert({.kind = tie.kind, .entry = tie.entry}); });
        }
        return {};
    }

    static bool is_ours(Outcome state) {
        return state == Outcome::Created || state == Outcome::Updated ||
               state == Outcome::Recreated;
    }

    /// What lost the reference to an owner that was recreated, in this run or an earlier one.
    std::set<Item> to_be_tied() {
        std::set<Item> items = untied_.update([](auto& untied) { return untied; });
        for (const OwnerTie& tie : plan_.ties) {
            Outcome state = states_[tie.kind][tie.entry];
            if (states_[tie.owner_kind][tie.owner] == Outcome::Recreated &&
                (is_ours(state) || state == Outcome::Unchanged))
                items.insert({.kind = tie.kind, .entry = tie.entry});
        }
        return items;
    }

    /// References to owners that were created after their dependents.
    Result<void> set_late_owners(std::stop_token stop) {
        const std::set<Item> tied_anew = to_be_tied();
        base::WorkerPool pool(environment_.requests_in_flight,
                              2 * environment_.requests_in_flight + 1);
        for (std::size_t k = 0; k < plan_.kinds.size(); ++k) {
            for (std::size_t e = 0; e < plan_.kinds[k].entries.size(); ++e) {
                const Item item{.kind = k, .entry = e};
                bool late = plan_.kinds[k].entries[e].owner_later && is_ours(states_[k][e]);
                if (!late && !tied_anew.contains(item)) continue;
                if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "stopped");
                std::string body = TRY(environment_.source.get(key_of(item)));
                TRY(pool.submit([this, item, body = std::move(body), stop] {
                    return set_owners(item, body, stop);
                }));
            }
        }
        return pool.finish();
    }

    Result<void> set_owners(Item item, const std::string& body, std::stop_token stop) {
        const PlanKind& kind = plan_.kinds[item.kind];
        const PlanEntry& entry = kind.entries[item.entry];
        Json owners = *TRY(preparation_.present_owners(kind, entry, body, stop)).references;
        auto type = preparation_.served(kind);
        if (owners.empty() || !type) return {};
        Prepared prepared;
        prepared.type = *type;
        prepared.key = plan_.target_key(kind, entry);
        auto added = writer_.add_owners(prepared, owners, stop);
        if (added && added->empty()) return {};
        if (!added && is_fatal(added.error())) return std::unexpected(std::move(added).error());
        ObjectOutcome outcome{.object = prepared.key, .outcome = states_[item.kind][item.entry]};
        if (added)
            outcome.notes = *std::move(added);
        else
            outcome.notes.push_back("its owner could not be set: " + added.error().message);
        return journal_->outcome(key_of(item), outcome);
    }

    // ---- the end

    Result<RestoreRecord> finish(Result<void> done) {
        counts_.update([&](OutcomeCounts& counts) {
            for (std::size_t i = 0; i < kOutcomeCount; ++i)
                record_.counts.by_outcome[i] += counts.by_outcome[i];
            record_.counts.volumes_empty += counts.volumes_empty;
        });
        std::uint64_t recorded = record_.counts.total();
        record_.counts[Outcome::Pending] =
            record_.planned > recorded ? record_.planned - recorded : 0;
        record_.finished_at = environment_.clock.now();
        bool partial = record_.counts[Outcome::Failed] > 0 ||
                       record_.counts[Outcome::Pending] > 0 || record_.counts.volumes_empty > 0 ||
                       !environment_.damaged.empty();
        record_.state = partial ? RestoreState::Partial : RestoreState::Completed;
        if (!done) {
            record_.state = RestoreState::Interrupted;
            record_.problem = done.error().code == ErrorCode::Cancelled ? "stopped on request"
                                                                        : done.error().message;
        }
        TRY(write_record(folder_, record_), "recording the restore");
        if (!done && !is_fatal(done.error())) return std::unexpected(std::move(done).error());
        return record_;
    }

    // ---- names

    std::string key_of(Item item) const {
        const PlanKind& kind = plan_.kinds[item.kind];
        return kind.prefix() + kind.entries[item.entry].place;
    }

    std::optional<Item> find_item(std::string_view key) const {
        auto decoded = decode_key(key);
        if (!decoded) return std::nullopt;
        const PlanKind* kind = plan_.find_kind(decoded->group, decoded->kind);
        const PlanEntry* entry = plan_.find(*decoded);
        if (entry == nullptr) return std::nullopt;
        return Item{.kind = static_cast<std::size_t>(kind - plan_.kinds.data()),
                    .entry = static_cast<std::size_t>(entry - kind->entries.data())};
    }

    std::optional<Intent> earlier_intent(const std::string& key) const {
        auto found = intents_.find(key);
        return found == intents_.end() ? std::nullopt : std::optional(found->second);
    }

    const RestoreEnvironment& environment_;
    const RestorePlan::Impl& plan_;
    std::string folder_;
    RestoreRecord record_;
    Preparation preparation_;
    ObjectWriter writer_;
    ProgressMeter meter_;
    std::vector<const DamagedObject*> lost_;  ///< harmed objects that the plan does not have
    std::unique_ptr<Journal> journal_;
    /// By kind and entry. Threads touch different elements; all are read between waves only.
    std::vector<std::vector<Outcome>> states_;
    std::map<std::string, Intent> intents_;  ///< of an earlier run, without an outcome
    std::set<std::string> empty_before_;
    base::Guarded<OutcomeCounts> counts_;
    base::Guarded<std::map<std::string, std::string>> closed_;
    base::Guarded<std::vector<Deferred>> deferred_;
    base::Guarded<std::set<Item>> untied_;  ///< from an owner that was about to be recreated
};

}  // namespace

Result<RestoreRecord> run_restore(const RestoreEnvironment& environment, const RestorePlan& plan,
                                  const RestoreRecords& records, std::string_view id,
                                  std::stop_token stop) {
    std::string folder = records.folder(id);
    RestoreRecord record = TRY(read_record(folder), "reading the record of restore {}", id);
    return Executor(environment, plan.impl(), std::move(folder), std::move(record)).run(stop);
}

}  // namespace holdfast::engine
