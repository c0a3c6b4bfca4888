#include "repo/survey.h"

#include <algorithm>
#include <string_view>

#include "repo/ids.h"
#include "repo/listing.h"
#include "repo/names.h"
#include "repo/records.h"
#include "repo/repository.h"
#include "store/store.h"

namespace holdfast::repo {
namespace {

/// How often a list may change under our eyes before we give up.
constexpr int kMaxListings = 4;

using Objects = std::vector<store::ObjectInfo>;
using Strays = std::set<std::string>;

Result<Objects> list(Repository::Core& core, std::string_view folder, Strays* strays = nullptr) {
    FolderListing listing = TRY(list_folder(core.store(), folder, kMaxListedObjects));
    if (strays != nullptr)
        for (store::ObjectInfo& stray : listing.strays) strays->insert(std::move(stray.name));
    return std::move(listing.objects);
}

Result<std::set<PointId>> list_ids(Repository::Core& core, std::string_view folder,
                                   Strays* strays = nullptr) {
    std::set<PointId> ids;
    for (const auto& object : TRY(list(core, folder, strays)))
        ids.insert(TRY(names::point_of(object.name, folder)));
    return ids;
}

void witness(Survey& survey, const PointId& id, const store::ObjectInfo& object) {
    Survey::Session& session = survey.sessions[id];
    session.bytes += object.size_bytes;
    session.newest = std::max(session.newest, object.stored_at);
}

/// Names of all records of sessions that have not ended: listed twice, and every number up to the
/// first one that is free.
Result<std::set<std::string>> open_records(Repository::Core& core, const std::set<PointId>& ended) {
    std::set<std::string> records;
    std::map<PointId, std::uint64_t> highest;
    for (int listing = 0; listing < 2; ++listing) {
        for (const auto& object : TRY(list(core, names::kWriters))) {
            const names::RecordName name = TRY(names::record_name(object.name));
            if (ended.contains(name.writer)) continue;
            std::uint64_t& top = highest[name.writer];
            top = std::max(top, name.number);
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
            if (!TRY(store::exists(core.store(), next))) break;
            records.insert(std::move(next));
        }
    }
    return records;
}

}  // namespace

Result<Survey> take_survey(Repository::Core& core) {
    Survey survey;
    Strays* strays = &survey.strays;
    survey.packs = TRY(list(core, names::kPacks, strays));
    for (const auto& pack : survey.packs)
        witness(survey, TRY(names::writer_of_pack(pack.name)), pack);
    for (const auto& object : TRY(list(core, names::kManifests, strays))) {
        const PointId id = TRY(names::point_of(object.name, names::kManifests));
        survey.manifests.emplace(id, object);
        witness(survey, id, object);
    }
    survey.writer_records = TRY(list(core, names::kWriters, strays));
    for (const auto& object : survey.writer_records)
        witness(survey, TRY(names::writer_of_record(object.name)), object);
    survey.tombstones = TRY(list_ids(core, names::kTombstones, strays));
    for (const auto& object : TRY(list(core, names::kCondemned, strays)))
        survey.condemned.push_back(object.name);
    std::set<PointId> witnessed = survey.tombstones;
    for (const auto& [id, session] : survey.sessions) witnessed.insert(id);
    survey.ended = TRY(list_ended(core, witnessed, {}, strays));
    return survey;
}

Result<std::set<PointId>> list_ended(Repository::Core& core, const std::set<PointId>& witnessed,
                                     const std::set<PointId>& before, Strays* strays) {
    std::set<PointId> must_be_listed = before;
    for (int listing = 0; listing < kMaxListings; ++listing) {
        std::set<PointId> ended = TRY(list_ids(core, names::kPoints, strays));
        for (const PointId& id : must_be_listed)
            if (!ended.contains(id))
                return fail(ErrorCode::Corrupted,
                            "the store's list of {} lacks {}, which exists: nothing is deleted on "
                            "the word of such a list",
                            names::kPoints, id.text());
        bool complete = true;
        for (const PointId& id : witnessed) {
            if (ended.contains(id) || !TRY(store::exists(core.store(), names::point(id)))) continue;
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
            if (TRY(store::exists(core.store(), names::point(writer)))) continue;
            return fail(ErrorCode::Corrupted, "{} is missing though its session has not ended",
                        name);
        }
        for (std::string& pack : TRY(std::move(record)).packs) packs.insert(std::move(pack));
    }
    return packs;
}

}  // namespace holdfast::repo
