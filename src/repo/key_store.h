#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/key_protector.h"
#include "repo/key_wrap.h"
#include "repo/repository.h"
#include "store/store.h"

namespace holdfast::repo {

/// The key wraps of a vault, each in two copies. Anybody who may write to the store can put more
/// there: only authentic() ones are the vault's own.
class KeyStore {
public:
    explicit KeyStore(store::Store& store) : store_(store) {}

    /// The wraps that were made with the vault's keys, in the order of their ids. Copies that are
    /// damaged or of somebody else are logged.
    Result<std::vector<KeyWrapRecord>> authentic(const VaultKeys& keys);

    /// Whether a key is the root key that is looked for.
    using Fits = std::function<bool(const crypto::Key&)>;
    /// The first root key that the protector opens, of any copy of any wrap for one of these vault
    /// ids, and that fits: a creation that failed may have left a wrap of another root.
    /// PermissionDenied when it opens none; Corrupted when none that it opens fits.
    Result<crypto::Key> unwrap(const crypto::KeyProtector& protector,
                               std::span<const std::string> vault_ids, const Fits& fits);

    /// LimitExceeded when there are kMaxWraps wraps.
    Result<KeyWrapRecord> add(const crypto::KeyProtector& protector, const VaultKeys& keys,
                              std::string_view label, base::Time now, base::Random& random);
    /// Conflict for the last authentic wrap, NotFound for an unknown one.
    Result<void> remove(std::string_view wrap_id, const VaultKeys& keys);

private:
    struct Copy {
        std::string name;
        Bytes bytes;
        KeyWrapRecord record;
    };
    Result<std::vector<store::ObjectInfo>> listed();
    Result<std::vector<Copy>> copies();
    Result<void> load(const store::ObjectInfo& object, std::vector<Copy>& copies);

    store::Store& store_;
};

}  // namespace holdfast::repo
