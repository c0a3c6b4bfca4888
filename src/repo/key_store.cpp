#include "repo/key_store.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/log.h"
#include "repo/names.h"

namespace holdfast::repo {
namespace {

constexpr std::size_t kIdBytes = 8;

}  // namespace

Result<std::vector<KeyWrapRecord>> KeyStore::all() {
    std::map<std::string, KeyWrapRecord> by_id;
    std::optional<Error> damage;
    for (const auto& object :
         TRY(store::list_all(store_, names::kKeys, 2 * kMaxWraps), "listing the vault's keys")) {
        const Bytes bytes = TRY(store_.get(object.name), "reading {}", object.name);
        auto record = parse_key_wrap(bytes);
        if (!record) {
            base::log::warning("{}: {}", object.name, record.error().message);
            damage = std::move(record).error().context(object.name);
            continue;
        }
        by_id.try_emplace(record->id, *record);
    }
    if (by_id.empty() && damage) return std::unexpected(std::move(*damage));
    std::vector<KeyWrapRecord> records;
    for (auto& [id, record] : by_id) records.push_back(std::move(record));
    return records;
}

Result<crypto::Key> KeyStore::unwrap(const crypto::KeyProtector& protector,
                                     std::string_view vault_id) {
    if (auto root = protector.root_key()) return std::move(*root);
    std::optional<Error> refusal;
    for (const KeyWrapRecord& record : TRY(all())) {
        if (record.kind != protector.kind() || record.vault_id != vault_id) continue;
        auto root = protector.unwrap(record.wrapped, vault_id);
        if (root) return root;
        refusal = std::move(root).error();
    }
    if (refusal) return std::unexpected(std::move(*refusal));
    return fail(ErrorCode::PermissionDenied, "the vault has no key of kind \"{}\"",
                protector.kind());
}

Result<KeyWrapRecord> KeyStore::add(const crypto::KeyProtector& protector, const VaultKeys& keys,
                                    std::string_view label, base::Time now, base::Random& random) {
    if (label.size() > kMaxLabelBytes)
        return fail(ErrorCode::InvalidArgument, "a key's label has at most {} bytes",
                    kMaxLabelBytes);
    KeyWrapRecord record;
    record.id = base::to_hex(random.array<kIdBytes>());
    record.vault_id = keys.vault_id();
    record.kind = protector.kind();
    record.label = label;
    record.created_at = now;
    record.key_epoch = keys.epoch();
    record.wrapped = TRY(protector.wrap(keys.root(), keys.vault_id(), random));
    const Bytes bytes = encode_key_wrap(record, keys);
    for (std::size_t copy = 0; copy < std::size(names::kCopySuffixes); ++copy)
        TRY(store_.create(names::key_wrap(record.id, copy), bytes), "storing the key wrap");
    return record;
}

Result<void> KeyStore::remove(std::string_view wrap_id) {
    const auto records = TRY(all());
    const auto is_it = [&](const KeyWrapRecord& record) { return record.id == wrap_id; };
    if (std::ranges::none_of(records, is_it))
        return fail(ErrorCode::NotFound, "the vault has no key {}", wrap_id);
    if (records.size() == 1)
        return fail(ErrorCode::Conflict,
                    "{} is the vault's last key: without it nobody could open the vault", wrap_id);
    for (std::size_t copy = 0; copy < std::size(names::kCopySuffixes); ++copy)
        TRY(store_.remove(names::key_wrap(wrap_id, copy)), "removing key {}", wrap_id);
    return {};
}

}  // namespace holdfast::repo
