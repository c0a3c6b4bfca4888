#include "meta/point_table.h"

namespace holdfast::meta {

namespace {

#define POINT_COLUMNS                                                                     \
    "arn, vault, parent_arn, is_parent, repository_point, resource_arn, resource_name,"   \
    " status, message, created_at, completed_at, bytes, role_arn, lifecycle, created_by," \
    " delete_at, last_restore_at, source_vault_arn"

constexpr auto kInsert =
    "INSERT INTO recovery_point (account, region, " POINT_COLUMNS
    ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,"
    " ?19, ?20)";
constexpr auto kFind =
    "SELECT " POINT_COLUMNS " FROM recovery_point WHERE account = ?1 AND region = ?2 AND arn = ?3";
constexpr auto kPage =
    "SELECT " POINT_COLUMNS
    " FROM recovery_point WHERE account = ?1 AND region = ?2 AND (created_at, arn) < (?3, ?4)"
    " AND (?5 IS NULL OR vault = ?5) AND (?6 IS NULL OR resource_arn = ?6)"
    " AND (?7 IS NULL OR parent_arn = ?7)"
    " AND (?8 IS NULL OR created_at < ?8) AND (?9 IS NULL OR created_at > ?9)"
    " ORDER BY created_at DESC, arn DESC LIMIT ?10";
constexpr auto kCount =
    "SELECT count(*) FROM recovery_point WHERE account = ?1 AND region = ?2 AND vault = ?3";
constexpr auto kSetStatus =
    "UPDATE recovery_point SET status = ?4, message = ?5"
    " WHERE account = ?1 AND region = ?2 AND arn = ?3";
constexpr auto kSetLastRestore =
    "UPDATE recovery_point SET last_restore_at = ?4"
    " WHERE account = ?1 AND region = ?2 AND arn = ?3";
constexpr auto kRemove =
    "DELETE FROM recovery_point WHERE account = ?1 AND region = ?2 AND arn = ?3";

PointRow row_of(const Row& row) {
    return {.arn = std::string(row.text(0)),
            .vault = std::string(row.text(1)),
            .parent_arn = row.optional_text(2),
            .is_parent = row.integer(3) != 0,
            .repository_point = row.optional_text(4),
            .resource_arn = std::string(row.text(5)),
            .resource_name = std::string(row.text(6)),
            .status = std::string(row.text(7)),
            .message = row.optional_text(8),
            .created_at = time_of(row.integer(9)),
            .completed_at = row.optional_time(10),
            .bytes = row.integer(11),
            .role_arn = std::string(row.text(12)),
            .lifecycle = std::string(row.text(13)),
            .created_by = std::string(row.text(14)),
            .delete_at = row.optional_time(15),
            .last_restore_at = row.optional_time(16),
            .source_vault_arn = row.optional_text(17)};
}

}  // namespace

Result<void> PointTable::insert(const PointRow& point) {
    TRY(session_.run(kInsert, {place_.account,
                               place_.region,
                               point.arn,
                               point.vault,
                               or_null(point.parent_arn),
                               std::int64_t{point.is_parent},
                               or_null(point.repository_point),
                               point.resource_arn,
                               point.resource_name,
                               point.status,
                               or_null(point.message),
                               millis_of(point.created_at),
                               or_null(point.completed_at),
                               point.bytes,
                               point.role_arn,
                               point.lifecycle,
                               point.created_by,
                               or_null(point.delete_at),
                               or_null(point.last_restore_at),
                               or_null(point.source_vault_arn)}));
    return {};
}

Result<std::optional<PointRow>> PointTable::find(std::string_view arn) {
    std::optional<PointRow> found;
    const auto keep = [&](const Row& row) -> Result<void> {
        found = row_of(row);
        return {};
    };
    TRY(session_.each(kFind, {place_.account, place_.region, arn}, keep));
    return found;
}

Result<std::vector<PointRow>> PointTable::page(const PointFilter& filter, const ListKey& after,
                                               std::int64_t limit) {
    std::vector<PointRow> points;
    const auto keep = [&](const Row& row) -> Result<void> {
        points.push_back(row_of(row));
        return {};
    };
    TRY(session_.each(
        kPage,
        {place_.account, place_.region, millis_of(after.created_at), after.id,
         or_null(filter.vault), or_null(filter.resource_arn), or_null(filter.parent_arn),
         or_null(filter.created_before), or_null(filter.created_after), limit},
        keep));
    return points;
}

Result<std::int64_t> PointTable::count_in(std::string_view vault) {
    std::int64_t count = 0;
    const auto keep = [&](const Row& row) -> Result<void> {
        count = row.integer(0);
        return {};
    };
    TRY(session_.each(kCount, {place_.account, place_.region, vault}, keep));
    return count;
}

Result<std::int64_t> PointTable::set_status(std::string_view arn, std::string_view status,
                                            const std::optional<std::string>& message) {
    return session_.run(kSetStatus, {place_.account, place_.region, arn, status, or_null(message)});
}

Result<void> PointTable::set_last_restore(std::string_view arn, base::Time at) {
    TRY(session_.run(kSetLastRestore, {place_.account, place_.region, arn, millis_of(at)}));
    return {};
}

Result<std::int64_t> PointTable::remove(std::string_view arn) {
    return session_.run(kRemove, {place_.account, place_.region, arn});
}

}  // namespace holdfast::meta
