#include "repo/key_store.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/log.h"
#include "repo/listing.h"
#include "repo/names.h"

namespace holdfast::repo {
namespace {

constexpr std::size_t kIdBytes = 8;

}  // namespace

Result<std::vector<store::ObjectInfo>> KeyStore::listed() {
    return TRY(list_folder(store_, names::kKeys, kMaxKeyObjects), "listing the vault's keys")
        .objects;
}

/// Takes the copy in if its bytes are those of a wrap of that name; Corrupted otherwise.
Result<void> KeyStore::load(const store::ObjectInfo& object, std::vector<Copy>& copies) {
    if (object.size_bytes > kMaxKeyWrapBytes)
        return fail(ErrorCode::Corrupted, "a key wrap of {} bytes", object.size_bytes);
    Bytes bytes = TRY(store_.get(object.name), "reading {}", object.name);
    KeyWrapRecord record = TRY(parse_key_wrap(bytes));
    if (record.id != names::wrap_of(object.name))
        return fail(ErrorCode::Corrupted, "the key wrap is of another name");
    copies.push_back({object.name, std::move(bytes), std::move(record)});
    return {};
}

/// Every copy that can be read, copies of one wrap after each other. Not authenticated.
Result<std::vector<KeyStore::Copy>> KeyStore::copies() {
    std::vector<Copy> copies;
    std::optional<Error> damage;
    for (const auto& object : TRY(listed())) {
        auto loaded = load(object, copies);
        if (loaded) continue;
        const ErrorCode code = loaded.error().code;
        if (code == ErrorCode::NotFound) continue;  // just removed
        if (code != ErrorCode::Corrupted && code != ErrorCode::Unsupported)
            return std::unexpected(std::move(loaded).error());
        base::log::warning("{}: {}", object.name, loaded.error().message);
        damage = std::move(loaded).error().context(object.name);
    }
    if (copies.empty() && damage) return std::unexpected(std::move(*damage));
    return copies;
}

Result<std::vector<KeyWrapRecord>> KeyStore::authentic(const VaultKeys& keys) {
    std::vector<KeyWrapRecord> records;
    for (Copy& copy : TRY(copies())) {
        if (auto proven = authenticate_key_wrap(copy.bytes, keys); !proven)
            base::log::warning("{}: {}", copy.name, proven.error().message);
        else if (records.empty() || records.back().id != copy.record.id)
            records.push_back(std::move(copy.record));
    }
    return records;
}

Result<crypto::Key> KeyStore::unwrap(const crypto::KeyProtector& protector,
                                     std::span<const std::string> vault_ids, const Fits& fits) {
    if (auto root = protector.root_key()) {
        if (fits(*root)) return std::move(*root);
        return fail(ErrorCode::PermissionDenied, "this exported key is not of this vault");
    }
    std::optional<Error> refusal;
    std::set<Bytes> tried;  // both copies of a wrap usually say the same, and scrypt takes long
    bool opened = false;
    for (const Copy& copy : TRY(copies())) {
        const KeyWrapRecord& record = copy.record;
        if (record.kind != protector.kind() ||
            std::ranges::find(vault_ids, record.vault_id) == vault_ids.end() ||
            !tried.insert(record.wrapped).second)
            continue;
        auto root = protector.unwrap(record.wrapped, record.vault_id);
        if (root && fits(*root)) return root;
        opened = opened || root;
        if (!root) refusal = std::move(root).error();
    }
    if (opened) return fail(ErrorCode::Corrupted, "the vault's header fails authentication");
    if (refusal) return std::unexpected(std::move(*refusal));
    return fail(ErrorCode::PermissionDenied, "the vault has no key of kind \"{}\"",
                protector.kind());
}

Result<KeyWrapRecord> KeyStore::add(const crypto::KeyProtector& protector, const VaultKeys& keys,
                                    std::string_view label, base::Time now, base::Random& random) {
    if (label.size() > kMaxLabelBytes)
        return fail(ErrorCode::InvalidArgument, "a key's label has at most {} bytes",
                    kMaxLabelBytes);
    std::set<std::string> wraps;
    for (const auto& object : TRY(listed())) wraps.insert(names::wrap_of(object.name));
    if (wraps.size() >= kMaxWraps)
        return fail(ErrorCode::LimitExceeded,
                    "the vault has {} keys, which is the most: remove one first", wraps.size());
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

Result<void> KeyStore::remove(std::string_view wrap_id, const VaultKeys& keys) {
    const auto records = TRY(authentic(keys));
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
