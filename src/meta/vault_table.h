#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "meta/database.h"

namespace holdfast::meta {

/// Where something lives: the pair that every regional key begins with.
struct Place {
    std::string account;
    std::string region;
};

struct VaultLock {
    std::optional<std::int64_t> min_days;
    std::optional<std::int64_t> max_days;
    /// From then on nobody can change it: compliance. Nothing: governance.
    std::optional<base::Time> lock_date;
};

struct VaultTopic {
    std::string arn;
    std::vector<std::string> events;
};

struct VaultRow {
    std::string name;
    std::string repository;  ///< the URL where it lies
    std::string key_arn;
    base::Time created_at;
    std::optional<std::string> creator_request_id;
    std::optional<std::string> request_hash;
    std::optional<std::string> access_policy;
    std::optional<VaultLock> lock;
    std::optional<VaultTopic> topic;
};

/// Vaults of one account in one region.
class VaultTable {
public:
    VaultTable(Session& session, const Place& place) : session_(session), place_(place) {}

    /// AlreadyExists when the name is taken.
    Result<void> insert(const VaultRow& vault);
    Result<std::optional<VaultRow>> find(std::string_view name);
    /// Up to `limit` vaults by name, those after `after`.
    Result<std::vector<VaultRow>> page(std::string_view after, std::int64_t limit);
    Result<std::int64_t> count();
    /// How many there were: 0 or 1, as in the following.
    Result<std::int64_t> remove(std::string_view name);
    Result<std::int64_t> set_access_policy(std::string_view name,
                                           const std::optional<std::string>& policy);
    Result<std::int64_t> set_lock(std::string_view name, const std::optional<VaultLock>& lock);
    Result<std::int64_t> set_topic(std::string_view name, const std::optional<VaultTopic>& topic);

private:
    Session& session_;
    const Place& place_;
};

}  // namespace holdfast::meta
