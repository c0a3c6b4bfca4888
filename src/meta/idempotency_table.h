#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "meta/database.h"
#include "meta/vault_table.h"

namespace holdfast::meta {

/// What was answered to a request that may come again.
struct SeenRequest {
    std::string request_hash;
    std::string answer;
    base::Time created_at;
};

/// Requests of one operation by their idempotency token.
class IdempotencyTable {
public:
    IdempotencyTable(Session& session, const Place& place, std::string_view operation)
        : session_(session), place_(place), operation_(operation) {}

    Result<std::optional<SeenRequest>> find(std::string_view token);
    Result<void> insert(std::string_view token, const SeenRequest& seen);

private:
    Session& session_;
    const Place& place_;
    std::string_view operation_;
};

}  // namespace holdfast::meta
