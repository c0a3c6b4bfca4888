#include "repo/core.h"

#include <functional>
#include <string_view>

#include "base/bytes.h"
#include "crypto/mac.h"
#include "crypto/secret.h"
#include "repo/ids.h"
#include "repo/names.h"
#include "repo/run.h"
#include "repo/run_walk.h"
#include "repo/sealed_object.h"
#include "store/store.h"

namespace holdfast::repo {

Repository::Core::Core(store::Store& store, VaultHeader header, const crypto::Key& root,
                       const Environment& environment)
    : store_(store),
      header_(std::move(header)),
      keys_(root, header_.vault_id, header_.chunk_id_bytes, header_.key_epoch),
      environment_(environment),
      index_(store, keys_, environment),
      reader_(store, keys_, index_, environment) {}

Result<void> Repository::Core::check_writable() const {
    if (must_not_write(header_.features))
        return fail(ErrorCode::Unsupported,
                    "a newer Holdfast wrote this vault: this one can read it but must not write");
    return {};
}

Result<Bytes> Repository::Core::open(ObjectType type, const std::string& name,
                                     std::size_t max_plain) {
    const Bytes sealed = TRY(store_.get(name), "reading {}", name);
    return TRY(open_object(keys_, type, name, sealed, max_plain), "{}", name);
}

Bytes Repository::Core::seal(ObjectType type, std::string_view name, ByteView plain) {
    return seal_object(keys_, type, name, plain, environment_.random);
}

Result<PointRecord> Repository::Core::point_record(const PointId& id) {
    const std::string name = names::point(id);
    const Bytes plain = TRY(open(ObjectType::Point, name, kMaxPointRecordBytes));
    return TRY(parse_point_record(plain), "{}", name);
}

Result<std::optional<PointRecord>> Repository::Core::ending(const PointId& id) {
    auto record = point_record(id);
    if (!record && record.error().code == ErrorCode::NotFound) return std::nullopt;
    return TRY(std::move(record));
}

Result<ManifestRecord> Repository::Core::manifest(const PointId& id) {
    const std::string name = names::manifest(id);
    const Bytes plain = TRY(open(ObjectType::Manifest, name, kMaxManifestRecordBytes));
    return TRY(parse_manifest_record(plain), "{}", name);
}

Result<ManifestRecord> Repository::Core::manifest_of(const PointId& id, const PointRecord& record) {
    const std::string name = names::manifest(id);
    const Bytes sealed = TRY(store_.get(name), "reading {}", name);
    if (crypto::sha256(sealed) != record.manifest_digest)
        return fail(ErrorCode::Corrupted, "{} is not what the point names", name);
    const Bytes plain =
        TRY(open_object(keys_, ObjectType::Manifest, name, sealed, kMaxManifestRecordBytes), "{}",
            name);
    return TRY(parse_manifest_record(plain), "{}", name);
}

Result<TombstoneRecord> Repository::Core::tombstone(const PointId& id) {
    const std::string name = names::tombstone(id);
    const Bytes plain = TRY(open(ObjectType::Tombstone, name, kMaxSmallRecordBytes));
    return TRY(parse_tombstone_record(plain), "{}", name);
}

Result<PackListRecord> Repository::Core::pack_list(ObjectType type, const std::string& name) {
    const Bytes plain = TRY(open(type, name, kMaxPackListBytes));
    return TRY(parse_pack_list_record(plain), "{}", name);
}

Result<void> Repository::Core::visit_run(const RunRef& run,
                                         const std::function<Result<void>(const ChunkId&)>& visit) {
    RunVisitor visitor;
    visitor.block = visit;
    visitor.row = [&](const Row& row) { return row.chunk ? visit(*row.chunk) : Result<void>(); };
    return walk_run(reader_, run, keys_.chunk_id_bytes(), visitor);
}

}  // namespace holdfast::repo
