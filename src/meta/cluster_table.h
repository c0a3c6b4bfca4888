#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "meta/database.h"
#include "meta/vault_table.h"

namespace holdfast::meta {

struct ClusterRow {
    std::string name;
    std::string provider;
    std::string connector_role_arn;
    std::string activation_id;
    base::Time created_at;
    /// How to reach it; nothing until somebody said so.
    std::optional<std::string> sealed_kubeconfig;
    std::optional<std::string> server;  ///< its address, for people
    std::optional<std::string> request_token;
};

/// Registered clusters of one account in one region.
class ClusterTable {
public:
    ClusterTable(Session& session, const Place& place) : session_(session), place_(place) {}

    /// AlreadyExists when the name is taken.
    Result<void> insert(const ClusterRow& cluster);
    Result<std::optional<ClusterRow>> find(std::string_view name);
    /// Up to `limit` clusters by name, those after `after`.
    Result<std::vector<ClusterRow>> page(std::string_view after, std::int64_t limit);
    /// How many there were: 0 or 1, as in the following.
    Result<std::int64_t> remove(std::string_view name);
    Result<std::int64_t> set_access(std::string_view name, std::string_view sealed_kubeconfig,
                                    std::string_view server);

private:
    Session& session_;
    const Place& place_;
};

}  // namespace holdfast::meta
