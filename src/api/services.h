#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/sealer.h"
#include "iam/directory.h"
#include "meta/database.h"
#include "meta/vault_table.h"

namespace holdfast::api {

/// Of one resource, as in AWS.
inline constexpr std::size_t kMaxTags = 50;

/// Where vaults lie: repositories, by their URL. Any method from any thread.
class VaultStorage {
public:
    virtual ~VaultStorage() = default;
    /// A new, empty repository of its own, whatever the vault is called.
    virtual Result<std::string> create(const meta::Place& place) = 0;
    /// Records that a recovery point is deleted; NotFound for one that is not there.
    virtual Result<void> delete_point(const std::string& url, const std::string& point) = 0;
};

/// Whether clusters can be reached. Any method from any thread.
class ClusterCheck {
public:
    virtual ~ClusterCheck() = default;
    /// The server's address in a kubeconfig that somebody sent; InvalidArgument for one that cannot
    /// be used. Connects to nothing.
    virtual Result<std::string> check(const std::string& kubeconfig,
                                      const std::string& context) = 0;
};

/// What handlers work with. Everything in it may be used from any thread.
struct Services {
    meta::Database& database;
    iam::Directory& directory;
    const crypto::Sealer& sealer;
    VaultStorage& storage;
    ClusterCheck& clusters;
    base::Clock& clock;
    base::Random& random;
};

}  // namespace holdfast::api
