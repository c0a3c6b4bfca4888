#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/random.h"
#include "engine/journal.h"
#include "engine/outcome.h"
#include "engine/record_file.h"
#include "engine/restore.h"
#include "engine/restore_options.h"

namespace holdfast::engine {

namespace {

constexpr std::size_t kMaxRecordBytes = 16u << 20;
constexpr std::size_t kMaxRecords = 100'000;

std::string record_path(const std::string& folder) {
    return folder + "/record.json";
}

std::optional<RestoreState> parse_state(std::string_view name) {
    for (auto state : {RestoreState::Running, RestoreState::Completed, RestoreState::Partial,
                       RestoreState::Interrupted})
        if (name_of(state) == name) return state;
    return std::nullopt;
}

Json counts_to_json(const OutcomeCounts& counts) {
    Json json = {{"volumesEmpty", counts.volumes_empty}};
    for (std::size_t i = 0; i < kOutcomeCount; ++i)
        json[std::string(name_of(static_cast<Outcome>(i)))] = counts.by_outcome[i];
    return json;
}

OutcomeCounts counts_from_json(const Json& json) {
    OutcomeCounts counts;
    auto number = [&](std::string_view name) {
        return static_cast<std::uint64_t>(std::max<std::int64_t>(
            0, base::integer_at(json, fmt::format("/{}", name)).value_or(0)));
    };
    counts.volumes_empty = number("volumesEmpty");
    for (std::size_t i = 0; i < kOutcomeCount; ++i)
        counts.by_outcome[i] = number(name_of(static_cast<Outcome>(i)));
    return counts;
}

Result<RestoreRecord> record_from_json(const Json& json) {
    RestoreRecord record;
    record.id = base::text_at(json, "/id");
    auto state = parse_state(base::text_at(json, "/state"));
    const Json* options = base::find_json(json, "/options");
    const Json* counts = base::find_json(json, "/counts");
    if (record.id.empty() || !state || options == nullptr || counts == nullptr)
        return fail(ErrorCode::Corrupted, "the record of a restore lacks members");
    record.state = *state;
    record.options = TRY(restore_options_from_json(*options));
    record.counts = counts_from_json(*counts);
    record.identity = {.vault = base::text_at(json, "/vault"),
                       .point = base::text_at(json, "/point"),
                       .context = base::text_at(json, "/context"),
                       .server = base::text_at(json, "/server"),
                       .cluster_uid = base::text_at(json, "/clusterUid")};
    record.created_at = TRY(base::from_rfc3339(base::text_at(json, "/createdAt")));
    std::string finished = base::text_at(json, "/finishedAt");
    if (!finished.empty()) record.finished_at = TRY(base::from_rfc3339(finished));
    record.planned = static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, base::integer_at(json, "/planned").value_or(0)));
    record.problem = base::text_at(json, "/problem");
    return record;
}

/// The last outcome of each object counts: a resumed restore may try one again.
Result<OutcomeCounts> count_outcomes(const std::string& journal) {
    std::map<std::string, std::pair<Outcome, bool>, std::less<>> last;
    TRY(Journal::read(
        journal, {.intent = nullptr, .outcome = [&](std::string_view key, ObjectOutcome outcome) {
                      last[std::string(key)] = {outcome.outcome, outcome.volume_empty};
                  }}));
    OutcomeCounts counts;
    for (const auto& [key, outcome] : last) {
        ++counts[outcome.first];
        if (outcome.second) ++counts.volumes_empty;
    }
    return counts;
}

}  // namespace

std::string_view name_of(RestoreState state) {
    switch (state) {
        case RestoreState::Running:
            return "running";
        case RestoreState::Completed:
            return "completed";
        case RestoreState::Partial:
            return "partial";
        case RestoreState::Interrupted:
            return "interrupted";
    }
    return "";
}

std::string journal_path(const std::string& folder) {
    return folder + "/journal";
}

Result<void> write_record(const std::string& folder, const RestoreRecord& record) {
    Json json = {{"id", record.id},
                 {"state", name_of(record.state)},
                 {"vault", record.identity.vault},
                 {"point", record.identity.point},
                 {"context", record.identity.context},
                 {"server", record.identity.server},
                 {"clusterUid", record.identity.cluster_uid},
                 {"options", to_json(record.options)},
                 {"createdAt", base::to_rfc3339_millis(record.created_at)},
                 {"planned", record.planned},
                 {"counts", counts_to_json(record.counts)},
                 {"problem", record.problem}};
    if (record.finished_at != base::Time{})
        json["finishedAt"] = base::to_rfc3339_millis(record.finished_at);
    return base::write_file(record_path(folder), base::pretty_json(json) + "\n",
                            base::FileMode::Private);
}

Result<RestoreRecord> read_record(const std::string& folder) {
    std::string text = TRY(base::read_file(record_path(folder), kMaxRecordBytes));
    Json json = TRY(base::parse_json(text), "the record of a restore");
    RestoreRecord record = TRY(record_from_json(json));
    if (record.state != RestoreState::Running) return record;
    std::string journal = journal_path(folder);
    if (!Journal::is_being_written(journal)) {
        record.state = RestoreState::Interrupted;
        record.problem = "its process ended before it was done";
    }
    record.counts = TRY(count_outcomes(journal));
    std::uint64_t done = record.counts.total();
    record.counts[Outcome::Pending] = record.planned > done ? record.planned - done : 0;
    return record;
}

std::string RestoreRecords::folder(std::string_view id) const {
    return fmt::format("{}/restores/{}", home_, id);
}

Result<std::vector<RestoreRecord>> RestoreRecords::list() const {
    std::vector<RestoreRecord> records;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(home_ + "/restores", error)) {
        if (records.size() >= kMaxRecords) break;
        auto record = read_record(entry.path().string());
        if (record) records.push_back(std::move(*record));
    }
    std::ranges::sort(records, std::greater{}, [](const RestoreRecord& record) {
        return std::pair(record.created_at, record.id);
    });
    return records;
}

Result<RestoreRecord> RestoreRecords::find(std::string_view id) const {
    std::vector<RestoreRecord> records = TRY(list());
    if (records.empty()) return fail(ErrorCode::NotFound, "there are no restores in {}", home_);
    if (id == "latest") return std::move(records.front());
    std::vector<std::string> fitting;
    RestoreRecord* found = nullptr;
    for (RestoreRecord& record : records) {
        if (record.id == id) return std::move(record);
        if (!id.empty() && record.id.starts_with(id)) {
            fitting.push_back(record.id);
            found = &record;
        }
    }
    if (fitting.size() == 1) return std::move(*found);
    std::string known;
    for (const RestoreRecord& record : records) known += "\n  " + record.id;
    if (fitting.empty())
        return fail(ErrorCode::NotFound, "no restore is called '{}'; there are:{}", id, known);
    return fail(ErrorCode::InvalidArgument, "'{}' fits {} restores; there are:{}", id,
                fitting.size(), known);
}

Result<void> RestoreRecords::each_object(
    std::string_view id, const std::function<void(const ObjectOutcome&)>& visit) const {
    // An object that a resumed restore tried again has several lines; only the last is true.
    std::string journal = journal_path(folder(id));
    std::map<std::string, std::size_t, std::less<>> last;
    std::size_t line = 0;
    TRY(Journal::read(journal,
                      {.intent = nullptr, .outcome = [&](std::string_view key, ObjectOutcome) {
                           last[std::string(key)] = line++;
                       }}));
    std::size_t total = line;
    line = 0;
    return Journal::read(
        journal, {.intent = nullptr, .outcome = [&](std::string_view key, ObjectOutcome outcome) {
                      auto found = last.find(key);
                      bool current = found != last.end() && found->second == line;
                      if (line++ < total && current) visit(outcome);
                  }});
}

Result<std::string> RestoreRecords::create(const RestoreIdentity& identity,
                                           const RestoreOptions& options,
                                           const RestoreEnvironment& environment) const {
    RestoreRecord record;
    record.id = base::uuid_v7(environment.clock.now(), environment.random);
    record.identity = identity;
    record.options = options;
    record.created_at = environment.clock.now();
    TRY(base::make_directories(folder(record.id), base::FileMode::Private));
    TRY(write_record(folder(record.id), record), "recording the restore");
    return record.id;
}

}  // namespace holdfast::engine
