#include "repo/survey.h"

#include <algorithm>
#include <charconv>

#include "repo/names.h"

namespace holdfast::repo {
namespace {

/// How often a list may change under our eyes before we give up.
constexpr int kMaxListings = 4;
constexpr std::uint64_t kMaxRecordsPerSession = 1u << 20;

using Objects = std::vector<store::ObjectInfo>;

Result<Objects> list(Repository::Core& core, std::string_view prefix) {
    return store::list_all(core.store(), prefix, kMaxListedObjects);
}

Result<std::set<PointId>> list_ids(Repository::Core& core, std::string_view prefix) {
    std::set<PointId> ids;
    for (const auto& object : TRY(list(core, prefix)))
        ids.insert(TRY(names::point_of(object.name, prefix)));
    return ids;
}

Result<bool> exists(Repository::Core& core, const std::string& name) {
    auto found = core.store().stat(name);
    if (found) return true;
    if (found.error().code == ErrorCode::NotFound) return false;
    return std::unexpected(std::move(found).error());
}

void witness(Survey& survey, const PointId& id, const store::ObjectInfo& object) {
    Survey::Session& session = survey.sessions[id];
    session.bytes += object.size_bytes;
    session.newest = std::max(session.newest, object.stored_at);
}

/// The number at the end of a writer record's name.
Result<std::uint64_t> number_of_record(std::string_view name) {
    const std::string_view digits = name.substr(name.rfind('.') + 1);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || end != digits.data() + digits.size())
        return fail(ErrorCode::Corrupted, "{} is no writer record's name", name);
    return number;
}

/// Names of all records of sessions that have not ended: listed twice, and every number up to the
/// first one that is free.
Result<std::set<std::string>> open_records(Repository::Core& core, const std::set<PointId>& ended) {
    std::set<std::string> records;
    std::map<PointId, std::uint64_t> highest;
    for (int listing = 0; listing < 2; ++listing) {
        for (const auto& object : TRY(list(core, names::kWriters))) {
            const PointId writer = TRY(names::writer_of_record(object.name));
            if (ended.contains(writer)) continue;
            std::uint64_t& top = highest[writer];
            top = std::max(top, TRY(number_of_record(object.name)));
            records.insert(object.name);
        }
    }
    for (const auto& [writer, top] : highest) {
        if (top > kMaxRecordsPerSession)
            return fail(ErrorCode::LimitExceeded, "session {} has too many records", writer.text());
        for (std::uint64_t number = 0; number < top; ++number)
            records.insert(names::writer_record(writer, number));
        for (std::uint64_t number = top + 1;; ++number) {
            std::string next = names::writer_record(writer, number);
            if (!TRY(exists(core, next))) break;
            records.insert(std::move(next));
        }
    }
    return records;
}

}  // namespace

Result<Survey> take_survey(Repository::Core& core) {
    Survey survey;
    survey.packs = TRY(list(core, names::kPacks));
    for (const auto& pack : survey.packs)
        witness(survey, TRY(names::writer_of_pack(pack.name)), pack);
    for (const auto& object : TRY(list(core, names::kManifests))) {
        const PointId id = TRY(names::point_of(object.name, names::kManifests));
        survey.manifests.emplace(id, object);
        witness(survey, id, object);
    }
    survey.writer_records = TRY(list(core, names::kWriters));
    for (const auto& object : survey.writer_records)
        witness(survey, TRY(names::writer_of_record(object.name)), object);
    survey.tombstones = TRY(list_ids(core, names::kTombstones));
    for (const auto& object : TRY(list(core, names::kCondemned)))
        survey.condemned.push_back(object.name);
    std::set<PointId> witnessed = survey.tombstones;
    for (const auto& [id, session] : survey.sessions) witnessed.insert(id);
    survey.ended = TRY(list_ended(core, witnessed, {}));
    return survey;
}

Result<std::set<PointId>> list_ended(Repository::Core& core, const std::set<PointId>& witnessed,
                                     const std::set<PointId>& before) {
    std::set<PointId> must_be_listed = before;
    for (int listing = 0; listing < kMaxListings; ++listing) {
        std::set<PointId> ended = TRY(list_ids(core, names::kPoints));
        for (const PointId& id : must_be_listed)
            if (!ended.contains(id))
                return fail(ErrorCode::Corrupted,
                            "the store's list of {} lacks {}, which exists: nothing is deleted on "
                            "the word of such a list",
                            names::kPoints, id.text());
        bool complete = true;
        for (const PointId& id : witnessed) {
            if (ended.contains(id) || !TRY(exists(core, names::point(id)))) continue;
            // It may have ended since the list was made; then the next list has it.
            must_be_listed.insert(id);
            complete = false;
        }
        if (complete) return ended;
    }
    return fail(ErrorCode::Conflict, "points kept being added while they were listed");
}

Result<std::set<std::string>> relied_packs(Repository::Core& core, const std::set<PointId>& ended) {
    std::set<std::string> packs;
    for (const std::string& name : TRY(open_records(core, ended))) {
        auto record = core.pack_list(ObjectType::WriterRecord, name);
        if (!record && record.error().code == ErrorCode::NotFound) {
            // Records go only after their session has ended.
            const PointId writer = TRY(names::writer_of_record(name));
            if (TRY(exists(core, names::point(writer)))) continue;
            return fail(ErrorCode::Corrupted, "{} is missing though its session has not ended",
                        name);
        }
        for (std::string& pack : TRY(std::move(record)).packs) packs.insert(std::move(pack));
    }
    return packs;
}

}  // namespace holdfast::repo
