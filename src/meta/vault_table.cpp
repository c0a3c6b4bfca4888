#include "meta/vault_table.h"

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace holdfast::meta {

namespace {

#define VAULT_COLUMNS                                                                         \
    "name, repository, key_arn, created_at, creator_request_id, request_hash, access_policy," \
    " locked, lock_min_days, lock_max_days, lock_date, topic_arn, topic_events"

constexpr auto kInsert =
    "INSERT INTO vault (account, region, name, repository, key_arn, created_at,"
    " creator_request_id, request_hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
constexpr auto kFind =
    "SELECT " VAULT_COLUMNS " FROM vault WHERE account = ?1 AND region = ?2 AND name = ?3";
constexpr auto kPage = "SELECT " VAULT_COLUMNS
                       " FROM vault WHERE account = ?1 AND region = ?2 AND name > ?3"
                       " ORDER BY name LIMIT ?4";
constexpr auto kCount = "SELECT count(*) FROM vault WHERE account = ?1 AND region = ?2";
constexpr auto kRemove = "DELETE FROM vault WHERE account = ?1 AND region = ?2 AND name = ?3";
constexpr auto kSetPolicy =
    "UPDATE vault SET access_policy = ?4 WHERE account = ?1 AND region = ?2 AND name = ?3";
constexpr auto kSetLock =
    "UPDATE vault SET locked = ?4, lock_min_days = ?5, lock_max_days = ?6, lock_date = ?7"
    " WHERE account = ?1 AND region = ?2 AND name = ?3";
constexpr auto kSetTopic =
    "UPDATE vault SET topic_arn = ?4, topic_events = ?5"
    " WHERE account = ?1 AND region = ?2 AND name = ?3";

Result<VaultRow> row_of(const Row& row) {
    VaultRow vault{.name = std::string(row.text(0)),
                   .repository = std::string(row.text(1)),
                   .key_arn = std::string(row.text(2)),
                   .created_at = time_of(row.integer(3)),
                   .creator_request_id = row.optional_text(4),
                   .request_hash = row.optional_text(5),
                   .access_policy = row.optional_text(6)};
    if (row.integer(7) != 0) {
        VaultLock lock{.min_days = row.optional_integer(8), .max_days = row.optional_integer(9)};
        if (auto date = row.optional_integer(10)) lock.lock_date = time_of(*date);
        vault.lock = lock;
    }
    if (auto arn = row.optional_text(11)) {
        VaultTopic topic{.arn = *arn};
        const Json events = TRY(base::parse_json(row.text(12)), "reading a vault's events");
        for (const Json& event : events) topic.events.push_back(event.get<std::string>());
        vault.topic = std::move(topic);
    }
    return vault;
}

}  // namespace

Result<void> VaultTable::insert(const VaultRow& vault) {
    TRY(session_.run(kInsert, {place_.account, place_.region, vault.name, vault.repository,
                               vault.key_arn, millis_of(vault.created_at),
                               or_null(vault.creator_request_id), or_null(vault.request_hash)}));
    return {};
}

Result<std::optional<VaultRow>> VaultTable::find(std::string_view name) {
    std::optional<VaultRow> found;
    const auto keep = [&](const Row& row) -> Result<void> {
        found = TRY(row_of(row));
        return {};
    };
    TRY(session_.each(kFind, {place_.account, place_.region, name}, keep));
    return found;
}

Result<std::vector<VaultRow>> VaultTable::page(std::string_view after, std::int64_t limit) {
    std::vector<VaultRow> vaults;
    const auto keep = [&](const Row& row) -> Result<void> {
        vaults.push_back(TRY(row_of(row)));
        return {};
    };
    TRY(session_.each(kPage, {place_.account, place_.region, after, limit}, keep));
    return vaults;
}

Result<std::int64_t> VaultTable::count() {
    std::int64_t count = 0;
    TRY(session_.each(kCount, {place_.account, place_.region}, [&](const Row& row) -> Result<void> {
        count = row.integer(0);
        return {};
    }));
    return count;
}

Result<std::int64_t> VaultTable::remove(std::string_view name) {
    return session_.run(kRemove, {place_.account, place_.region, name});
}

Result<std::int64_t> VaultTable::set_access_policy(std::string_view name,
                                                   const std::optional<std::string>& policy) {
    return session_.run(kSetPolicy, {place_.account, place_.region, name, or_null(policy)});
}

Result<std::int64_t> VaultTable::set_lock(std::string_view name,
                                          const std::optional<VaultLock>& lock) {
    const VaultLock wanted = lock.value_or(VaultLock{});
    return session_.run(
        kSetLock, {place_.account, place_.region, name, std::int64_t{lock.has_value()},
                   or_null(wanted.min_days), or_null(wanted.max_days), or_null(wanted.lock_date)});
}

Result<std::int64_t> VaultTable::set_topic(std::string_view name,
                                           const std::optional<VaultTopic>& topic) {
    if (!topic)
        return session_.run(kSetTopic, {place_.account, place_.region, name, Value(), Value()});
    const std::string events = base::dump_json(Json(topic->events));
    return session_.run(kSetTopic, {place_.account, place_.region, name, topic->arn, events});
}

}  // namespace holdfast::meta
