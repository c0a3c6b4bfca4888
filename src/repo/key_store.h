#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/key_protector.h"
#include "crypto/secret.h"
#include "repo/key_wrap.h"
#include "repo/vault_keys.h"
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
    /// PermissionDenied when it opens none, or what is wrong with all of those; Corrupted when none
    /// that it opens fits.
    Result<crypto::Key> unwrap(const crypto::KeyProtector& protector,
                               std::span<const std::string> vault_ids, const Fits& fits);

    /// LimitExceeded when there are kMaxWraps authentic wraps, or so many objects in all that
    /// readers would refuse two more.
    Result<KeyWrapRecord> add(const crypto::KeyProtector& protector, const VaultKeys& keys,
                              std::string_view label, base::Time now, base::Random& random);
    /// Removes both copies of a wrap, be they damaged or of somebody else too; NotFound when there
    /// is neither. Conflict when the vault would be left without an authentic wrap, also because
    /// others are removed at the same time: then the wrap stays.
    Result<void> remove(std::string_view wrap_id, const VaultKeys& keys);

private:
    struct Copy {
        std::string name;
        Bytes bytes;
        KeyWrapRecord record;
    };
    struct Copies {
        std::vector<Copy> readable;   ///< those of one wrap after each other
        std::optional<Error> damage;  ///< of one that is not
    };
    Result<std::vector<store::ObjectInfo>> listed();
    Result<Copies> copies();
    Result<std::vector<Copy>> authentic_copies(const VaultKeys& keys);
    Result<void> load(const store::ObjectInfo& object, std::vector<Copy>& copies);

    store::Store& store_;
};

}  // namespace holdfast::repo
