#pragma once

#include <vector>

#include "base/result.h"
#include "repo/index.h"
#include "repo/vault_keys.h"
#include "store/store.h"

namespace holdfast::repo {

/// The packs of the store that no single sound index run knows completely: what has to be read
/// when runs are damaged. A pack whose footer cannot be read counts as unknown.
Result<std::vector<store::ObjectInfo>> packs_without_index(store::Store& store,
                                                           const VaultKeys& keys, Index& index);

}  // namespace holdfast::repo
