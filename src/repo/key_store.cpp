#include "repo/key_store.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "crypto/secret.h"
#include "repo/listing.h"
#include "repo/names.h"
#include "repo/vault_keys.h"

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

Result<KeyStore::Copies> KeyStore::copies() {
    Copies copies;
    for (const auto& object : TRY(listed())) {
        auto loaded = load(object, copies.readable);
        if (loaded) continue;
        const ErrorCode code = loaded.error().code;
        if (code == ErrorCode::NotFound) continue;  // just removed
        if (code != ErrorCode::Corrupted && code != ErrorCode::Unsupported)
            return std::unexpected(std::move(loaded).error());
        base::log::warning("{}: {}", object.name, loaded.error().message);
        copies.damage = std::move(loaded).error().context(object.name);
    }
    return copies;
}

Result<std::vector<KeyStore::Copy>> KeyStore::authentic_copies(const VaultKeys& keys) {
    std::vector<Copy> authentic;
    for (Copy& copy : TRY(copies()).readable) {
        if (auto proven = authenticate_key_wrap(copy.bytes, keys); !proven)
            base::log::warning("{}: {}", copy.name, proven.error().message);
        else
            authentic.push_back(std::move(copy));
    }
    return authentic;
}

Result<std::vector<KeyWrapRecord>> KeyStore::authentic(const VaultKeys& keys) {
    std::vector<KeyWrapRecord> records;
    for (Copy& copy : TRY(authentic_copies(keys)))
        if (records.empty() || records.back().id != copy.record.id)
            records.push_back(std::move(copy.record));
    return records;
}

Result<crypto::Key> KeyStore::unwrap(const crypto::KeyProtector& protector,
                                     std::span<const std::string> vault_ids, const Fits& fits) {
    if (auto root = protector.root_key()) {
        if (fits(*root)) return std::move(*root);
        return fail(ErrorCode::PermissionDenied, "this exported key is not of this vault");
    }
    const Copies copies = TRY(this->copies());
    if (copies.readable.empty() && copies.damage) return std::unexpected(*copies.damage);
    std::optional<Error> refusal;
    // Both copies of a wrap usually say the same, and scrypt takes long.
    std::set<std::pair<std::string, Bytes>> tried;
    bool opened = false;
    for (const auto& [name, bytes, record] : copies.readable) {
        if (record.kind != protector.kind() ||
            std::ranges::find(vault_ids, record.vault_id) == vault_ids.end() ||
            !tried.insert({record.vault_id, record.wrapped}).second)
            continue;
        auto root = protector.unwrap(record.wrapped, record.vault_id);
        if (root && fits(*root)) return root;
        opened = opened || root;
        // That it is the wrong key says more than that some wrap is damaged.
        if (!root && (!refusal || root.error().code == ErrorCode::PermissionDenied))
            refusal = std::move(root).error();
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
    if (const std::size_t wraps = TRY(authentic(keys)).size(); wraps >= kMaxWraps)
        return fail(ErrorCode::LimitExceeded,
                    "the vault has {} keys, which is the most: remove one first", wraps);
    const auto objects = TRY(store::list_all(store_, names::kKeys, kMaxKeyObjects));
    if (objects.size() + std::size(names::kCopySuffixes) > kMaxKeyObjects)
        return fail(ErrorCode::LimitExceeded,
                    "{} objects lie in {}, too many for one more key: remove what is no key",
                    objects.size(), names::kKeys);
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
    const auto is_it = [&](const store::ObjectInfo& object) {
        return names::wrap_of(object.name) == wrap_id;
    };
    if (std::ranges::none_of(TRY(listed()), is_it))
        return fail(ErrorCode::NotFound, "the vault has no key {}", wrap_id);
    const auto is_other = [&](const Copy& copy) { return copy.record.id != wrap_id; };
    const auto before = TRY(authentic_copies(keys));
    if (std::ranges::none_of(before, is_other))
        return fail(ErrorCode::Conflict,
                    "beside {} the vault has no key: without its last key nobody could open the "
                    "vault",
                    wrap_id);
    for (std::size_t copy = 0; copy < std::size(names::kCopySuffixes); ++copy)
        TRY(store_.remove(names::key_wrap(wrap_id, copy)), "removing key {}", wrap_id);
    const auto removed = std::ranges::find_if_not(before, is_other);
    if (removed == before.end()) return {};  // it was no key of the vault
    // Others may have removed the other keys meanwhile: whoever looks last sees that none is left.
    const auto after = authentic_copies(keys);
    if (after && std::ranges::any_of(*after, is_other)) return {};
    for (std::size_t copy = 0; copy < std::size(names::kCopySuffixes); ++copy)
        TRY(store_.put(names::key_wrap(wrap_id, copy), removed->bytes), "keeping key {}", wrap_id);
    if (!after) return std::unexpected(after.error());
    return fail(ErrorCode::Conflict,
                "key {} stays: all other keys of the vault were removed at the same time", wrap_id);
}

}  // namespace holdfast::repo
