#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "meta/database.h"
#include "meta/job_table.h"
#include "meta/vault_table.h"

namespace holdfast::meta {

struct PointRow {
    std::string arn;
    std::string vault;
    std::optional<std::string> parent_arn;
    bool is_parent = false;
    std::optional<std::string> repository_point;  ///< none of a composite
    std::string resource_arn;
    std::string resource_name;
    std::string status;
    std::optional<std::string> message;
    base::Time created_at;
    std::optional<base::Time> completed_at;
    std::int64_t bytes = 0;
    std::string role_arn;
    std::string lifecycle = "{}";   ///< JSON
    std::string created_by = "{}";  ///< JSON
    std::optional<base::Time> delete_at;
    std::optional<base::Time> last_restore_at;
    std::optional<std::string> source_vault_arn;
};

struct PointFilter {
    std::optional<std::string> vault;
    std::optional<std::string> resource_arn;
    std::optional<std::string> parent_arn;
    std::optional<base::Time> created_before, created_after;
};

/// Recovery points of one account in one region.
class PointTable {
public:
    PointTable(Session& session, const Place& place) : session_(session), place_(place) {}

    Result<void> insert(const PointRow& point);
    Result<std::optional<PointRow>> find(std::string_view arn);
    /// In the order of ListKey, whose id is the ARN, those behind `after`.
    Result<std::vector<PointRow>> page(const PointFilter& filter, const ListKey& after,
                                       std::int64_t limit);
    Result<std::int64_t> count_in(std::string_view vault);
    Result<std::int64_t> set_status(std::string_view arn, std::string_view status,
                                    const std::optional<std::string>& message);
    Result<void> set_last_restore(std::string_view arn, base::Time at);
    Result<std::int64_t> remove(std::string_view arn);

private:
    Session& session_;
    const Place& place_;
};

}  // namespace holdfast::meta
