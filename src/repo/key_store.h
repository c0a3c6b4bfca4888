#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "crypto/key_protector.h"
#include "repo/key_wrap.h"
#include "repo/repository.h"
#include "store/store.h"

namespace holdfast::repo {

/// The key wraps of a vault, each in two copies.
class KeyStore {
public:
    explicit KeyStore(store::Store& store) : store_(store) {}

    /// Every wrap of which at least one copy can be read, in the order of their ids.
    Result<std::vector<KeyWrapRecord>> all();

    /// The root key through the first wrap that the protector opens. PermissionDenied when it
    /// opens none.
    Result<crypto::Key> unwrap(const crypto::KeyProtector& protector, std::string_view vault_id);

    Result<KeyWrapRecord> add(const crypto::KeyProtector& protector, const VaultKeys& keys,
                              std::string_view label, base::Time now, base::Random& random);
    /// Conflict for the last wrap, NotFound for an unknown one.
    Result<void> remove(std::string_view wrap_id);

private:
    store::Store& store_;
};

}  // namespace holdfast::repo
