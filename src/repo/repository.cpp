#include "repo/repository.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/log.h"
#include "repo/care.h"
#include "repo/core.h"
#include "repo/header.h"
#include "repo/index.h"
#include "repo/key_store.h"
#include "repo/key_wrap.h"
#include "repo/names.h"
#include "repo/records.h"
#include "repo/session.h"

namespace holdfast::repo {
namespace {

constexpr std::size_t kMaxPoints = 4u << 20;

KeyWrap described(const KeyWrapRecord& record) {
    return {.id = record.id,
            .kind = record.kind,
            .label = record.label,
            .created_at = record.created_at};
}

}  // namespace

Repository::Repository(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Repository::~Repository() = default;

const std::string& Repository::vault_id() const {
    return core_->header().vault_id;
}
bool Repository::read_only() const {
    return must_not_write(core_->header().features);
}

// --- writing

Result<std::unique_ptr<Writer>> Repository::begin(const WriterOptions& options) {
    TRY(core_->check_writable());
    TRY(core_->index().refresh());
    if (core_->index().listed().size() > kMaxIndexRuns / 2)
        return fail(ErrorCode::LimitExceeded,
                    "the index has too many runs: collect the vault first");
    auto session =
        std::make_unique<Session>(*core_, PointId::random(core_->environment().random), options);
    if (!options.base) return session;
    auto secured = session->secure_base(*options.base);
    if (secured) return session;
    // Or what it would have relied on were kept as for a running backup.
    (void)session->close("its base point is not whole");
    return std::unexpected(std::move(secured).error());
}

Result<void> Repository::delete_point(const PointId& id, std::string_view reason) {
    TRY(core_->check_writable());
    const auto ending = TRY(core_->ending(id));
    if (!ending || ending->kind != PointRecord::Kind::Commit)
        return fail(ErrorCode::NotFound, "there is no point {}", id.text());
    TombstoneRecord record;
    record.created_at = core_->now();
    record.reason = std::string(reason.substr(0, kMaxReasonBytes));
    const std::string name = names::tombstone(id);
    auto created =
        core_->store().create(name, core_->seal(ObjectType::Tombstone, name, encode(record)));
    if (!created && created.error().code == ErrorCode::AlreadyExists)
        return fail(ErrorCode::NotFound, "point {} was deleted before", id.text());
    TRY(std::move(created), "deleting point {}", id.text());
    return {};
}

// --- reading

Result<std::vector<PointSummary>> Repository::points() {
    // Tombstones first: a point that is deleted in between may still be listed, but no point that
    // was deleted before.
    std::set<std::string> deleted;
    for (const auto& object :
         TRY(store::list_all(core_->store(), names::kTombstones, kMaxPoints), "listing points"))
        deleted.insert(object.name.substr(names::kTombstones.size()));
    std::vector<PointSummary> points;
    for (const auto& object :
         TRY(store::list_all(core_->store(), names::kPoints, kMaxPoints), "listing points")) {
        const auto id = names::point_of(object.name, names::kPoints);
        if (!id || deleted.contains(id->text())) continue;  // a stray object: verify() tells
        auto record = core_->point_record(*id);
        if (!record && record.error().is_damage()) {
            base::log::warning("{}", record.error().message);  // which names the object
            continue;
        }
        PointRecord found = TRY(std::move(record));
        if (found.kind != PointRecord::Kind::Commit) continue;
        points.push_back({*id, found.created_at, object.stored_at, std::move(found.summary_json)});
    }
    std::ranges::sort(points, {}, [](const PointSummary& point) {
        return std::tie(point.stored_at, point.created_at, point.id);
    });
    return points;
}

Result<Point> Repository::point(const PointId& id) {
    const auto ending = TRY(core_->ending(id));
    const bool committed = ending && ending->kind == PointRecord::Kind::Commit;
    if (!committed) return fail(ErrorCode::NotFound, "there is no point {}", id.text());
    if (TRY(store::exists(core_->store(), names::tombstone(id))))
        return fail(ErrorCode::NotFound, "point {} was deleted", id.text());
    const auto info = TRY(core_->store().stat(names::point(id)));
    ManifestRecord manifest = TRY(core_->manifest_of(id, *ending));
    return Point{.id = id,
                 .created_at = ending->created_at,
                 .stored_at = info.stored_at,
                 .content = {.summary_json = ending->summary_json,
                             .manifest_json = std::move(manifest.manifest_json),
                             .runs = std::move(manifest.runs)}};
}

Result<Bytes> Repository::read_chunk(const ChunkId& id) {
    return core_->reader().read(id);
}

Result<void> Repository::read_chunks(std::span<const ChunkId> ids, const Deliver& deliver,
                                     std::stop_token stop) {
    return core_->reader().read_many(ids, deliver, std::move(stop));
}

Result<bool> Repository::has_chunk(const ChunkId& id) {
    if (!TRY(core_->index().find(id)).empty()) return true;
    const auto located = core_->reader().locate(id);
    if (located) return true;
    if (located.error().code == ErrorCode::NotFound) return false;
    return std::unexpected(located.error());
}

Result<void> Repository::visit_chunks(const PointId& id,
                                      const std::function<Result<void>(const ChunkId&)>& visit) {
    const Point found = TRY(point(id));
    for (const RunRef& run : found.content.runs) TRY(core_->visit_run(run, visit));
    return {};
}

// --- keys

Result<std::vector<KeyWrap>> Repository::keys() {
    std::vector<KeyWrap> wraps;
    for (const KeyWrapRecord& record : TRY(KeyStore(core_->store()).authentic(core_->keys())))
        wraps.push_back(described(record));
    return wraps;
}

Result<KeyWrap> Repository::add_key(const crypto::KeyProtector& protector, std::string_view label) {
    TRY(core_->check_writable());
    return described(
        TRY(KeyStore(core_->store())
                .add(protector, core_->keys(), label, core_->now(), core_->environment().random)));
}

Result<void> Repository::remove_key(std::string_view wrap_id) {
    TRY(core_->check_writable());
    return KeyStore(core_->store()).remove(wrap_id, core_->keys());
}

std::string Repository::export_key() const {
    return crypto::RootKeyProtector::to_text(core_->keys().root());
}

// --- care

Result<VerifyReport> Repository::verify(const VerifyOptions& options,
                                        const ProgressCallback& progress, std::stop_token stop) {
    return verify_vault(*this, options, progress, std::move(stop));
}

Result<RepairReport> Repository::repair(const ProgressCallback& progress, std::stop_token stop) {
    TRY(core_->check_writable());
    return repair_vault(*this, progress, std::move(stop));
}

}  // namespace holdfast::repo
