#include "meta/cluster_table.h"

namespace holdfast::meta {

namespace {

#define CLUSTER_COLUMNS                                                                 \
    "name, provider, connector_role_arn, activation_id, created_at, sealed_kubeconfig," \
    " server, request_token"

constexpr auto kInsert =
    "INSERT INTO cluster (account, region, name, provider, connector_role_arn, activation_id,"
    " created_at, request_token) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
constexpr auto kFind =
    "SELECT " CLUSTER_COLUMNS " FROM cluster WHERE account = ?1 AND region = ?2 AND name = ?3";
constexpr auto kPage = "SELECT " CLUSTER_COLUMNS
                       " FROM cluster WHERE account = ?1 AND region = ?2 AND name > ?3"
                       " ORDER BY name LIMIT ?4";
constexpr auto kRemove = "DELETE FROM cluster WHERE account = ?1 AND region = ?2 AND name = ?3";
constexpr auto kSetAccess =
    "UPDATE cluster SET sealed_kubeconfig = ?4, server = ?5"
    " WHERE account = ?1 AND region = ?2 AND name = ?3";

ClusterRow row_of(const Row& row) {
    return {.name = std::string(row.text(0)),
            .provider = std::string(row.text(1)),
            .connector_role_arn = std::string(row.text(2)),
            .activation_id = std::string(row.text(3)),
            .created_at = time_of(row.integer(4)),
            .sealed_kubeconfig = row.optional_text(5),
            .server = row.optional_text(6),
            .request_token = row.optional_text(7)};
}

}  // namespace

Result<void> ClusterTable::insert(const ClusterRow& cluster) {
    TRY(session_.run(kInsert, {place_.account, place_.region, cluster.name, cluster.provider,
                               cluster.connector_role_arn, cluster.activation_id,
                               millis_of(cluster.created_at), or_null(cluster.request_token)}));
    return {};
}

Result<std::optional<ClusterRow>> ClusterTable::find(std::string_view name) {
    std::optional<ClusterRow> found;
    const auto keep = [&](const Row& row) -> Result<void> {
        found = row_of(row);
        return {};
    };
    TRY(session_.each(kFind, {place_.account, place_.region, name}, keep));
    return found;
}

Result<std::vector<ClusterRow>> ClusterTable::page(std::string_view after, std::int64_t limit) {
    std::vector<ClusterRow> clusters;
    const auto keep = [&](const Row& row) -> Result<void> {
        clusters.push_back(row_of(row));
        return {};
    };
    TRY(session_.each(kPage, {place_.account, place_.region, after, limit}, keep));
    return clusters;
}

Result<std::int64_t> ClusterTable::remove(std::string_view name) {
    return session_.run(kRemove, {place_.account, place_.region, name});
}

Result<std::int64_t> ClusterTable::set_access(std::string_view name,
                                              std::string_view sealed_kubeconfig,
                                              std::string_view server) {
    return session_.run(kSetAccess,
                        {place_.account, place_.region, name, sealed_kubeconfig, server});
}

}  // namespace holdfast::meta
