#include "meta/idempotency_table.h"

namespace holdfast::meta {

namespace {

constexpr auto kFind =
    "SELECT request_hash, answer, created_at FROM idempotency"
    " WHERE account = ?1 AND region = ?2 AND operation = ?3 AND token = ?4";
constexpr auto kInsert =
    "INSERT INTO idempotency (account, region, operation, token, request_hash, answer, created_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

}  // namespace

Result<std::optional<SeenRequest>> IdempotencyTable::find(std::string_view token) {
    std::optional<SeenRequest> found;
    const auto keep = [&](const Row& row) -> Result<void> {
        found = SeenRequest{.request_hash = std::string(row.text(0)),
                            .answer = std::string(row.text(1)),
                            .created_at = time_of(row.integer(2))};
        return {};
    };
    TRY(session_.each(kFind, {place_.account, place_.region, operation_, token}, keep));
    return found;
}

Result<void> IdempotencyTable::insert(std::string_view token, const SeenRequest& seen) {
    TRY(session_.run(kInsert, {place_.account, place_.region, operation_, token, seen.request_hash,
                               seen.answer, millis_of(seen.created_at)}));
    return {};
}

}  // namespace holdfast::meta
