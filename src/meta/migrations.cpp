#include "meta/migrations.h"

#include <array>
#include <span>
#include <string_view>

namespace holdfast::meta {

namespace {

/// The statements that make version 1 of nothing. A step is never changed after it was released;
/// tests/data/meta keeps what each of them leads to.
///
/// Times are milliseconds since 1970 in UTC. Every key begins with the account, and with the region
/// where the thing lives in one. `fence` is the number of the lease under which a row was written.
constexpr std::array kVersion1 = {
    // The installation: its organization and what was chosen when it began.
    std::string_view("CREATE TABLE installation ("
                     " name TEXT NOT NULL PRIMARY KEY,"
                     " value TEXT NOT NULL)"),
    std::string_view("CREATE TABLE account ("
                     " account TEXT NOT NULL PRIMARY KEY,"
                     " name TEXT NOT NULL,"
                     " created_at INTEGER NOT NULL)"),
    // Users and roles; `kind` is 'user' or 'role'.
    std::string_view("CREATE TABLE principal ("
                     " account TEXT NOT NULL REFERENCES account(account),"
                     " kind TEXT NOT NULL,"
                     " name_folded TEXT NOT NULL,"  // names are unique without regard to case
                     " name TEXT NOT NULL,"
                     " path TEXT NOT NULL,"
                     " id TEXT NOT NULL UNIQUE,"
                     " created_at INTEGER NOT NULL,"
                     " description TEXT,"
                     " trust_policy TEXT,"  // of a role
                     " max_session_seconds INTEGER,"
                     " boundary_arn TEXT,"
                     " PRIMARY KEY (account, kind, name_folded))"),
    std::string_view("CREATE TABLE access_key ("
                     " id TEXT NOT NULL PRIMARY KEY,"
                     " account TEXT NOT NULL REFERENCES account(account),"
                     " user_folded TEXT NOT NULL,"  // empty: the account's root
                     " sealed_secret TEXT NOT NULL,"
                     " status TEXT NOT NULL,"
                     " created_at INTEGER NOT NULL)"),
    std::string_view("CREATE INDEX access_key_of_user ON access_key (account, user_folded)"),
    std::string_view("CREATE TABLE inline_policy ("
                     " account TEXT NOT NULL, kind TEXT NOT NULL, name_folded TEXT NOT NULL,"
                     " policy_name TEXT NOT NULL,"
                     " document TEXT NOT NULL,"
                     " PRIMARY KEY (account, kind, name_folded, policy_name),"
                     " FOREIGN KEY (account, kind, name_folded)"
                     " REFERENCES principal (account, kind, name_folded))"),
    std::string_view("CREATE TABLE attached_policy ("
                     " account TEXT NOT NULL, kind TEXT NOT NULL, name_folded TEXT NOT NULL,"
                     " policy_arn TEXT NOT NULL,"
                     " PRIMARY KEY (account, kind, name_folded, policy_arn),"
                     " FOREIGN KEY (account, kind, name_folded)"
                     " REFERENCES principal (account, kind, name_folded))"),
    std::string_view(
        "CREATE INDEX attached_policy_by_arn ON attached_policy (account, policy_arn)"),
    // Customer-managed policies; AWS's own are part of the program.
    std::string_view("CREATE TABLE managed_policy ("
                     " account TEXT NOT NULL REFERENCES account(account),"
                     " name TEXT NOT NULL,"
                     " path TEXT NOT NULL,"
                     " id TEXT NOT NULL UNIQUE,"
                     " description TEXT,"
                     " default_version INTEGER NOT NULL,"
                     " last_version INTEGER NOT NULL,"
                     " created_at INTEGER NOT NULL,"
                     " updated_at INTEGER NOT NULL,"
                     " PRIMARY KEY (account, name))"),
    std::string_view("CREATE TABLE managed_policy_version ("
                     " account TEXT NOT NULL, name TEXT NOT NULL,"
                     " version INTEGER NOT NULL,"
                     " document TEXT NOT NULL,"
                     " created_at INTEGER NOT NULL,"
                     " PRIMARY KEY (account, name, version),"
                     " FOREIGN KEY (account, name) REFERENCES managed_policy (account, name))"),
    // Tags of everything that has an ARN. `region` is empty for what lives in none.
    std::string_view("CREATE TABLE tag ("
                     " account TEXT NOT NULL, region TEXT NOT NULL,"
                     " arn TEXT NOT NULL,"
                     " key TEXT NOT NULL,"
                     " value TEXT NOT NULL,"
                     " PRIMARY KEY (account, region, arn, key))"),
    std::string_view("CREATE TABLE vault ("
                     " account TEXT NOT NULL REFERENCES account(account),"
                     " region TEXT NOT NULL,"
                     " name TEXT NOT NULL,"
                     " repository TEXT NOT NULL UNIQUE,"  // where it is, a URL
                     " key_arn TEXT NOT NULL,"
                     " created_at INTEGER NOT NULL,"
                     " creator_request_id TEXT,"
                     " request_hash TEXT,"
                     " access_policy TEXT,"
                     " lock_min_days INTEGER,"
                     " lock_max_days INTEGER,"
                     " locked INTEGER NOT NULL DEFAULT 0,"
                     " lock_date INTEGER,"  // NULL while locked: governance
                     " topic_arn TEXT,"
                     " topic_events TEXT,"  // JSON
                     " PRIMARY KEY (account, region, name))"),
    // What an account has chosen in a region, or in none.
    std::string_view("CREATE TABLE setting ("
                     " account TEXT NOT NULL, region TEXT NOT NULL,"
                     " family TEXT NOT NULL,"
                     " name TEXT NOT NULL,"
                     " value TEXT NOT NULL,"
                     " PRIMARY KEY (account, region, family, name))"),
    std::string_view("CREATE TABLE cluster ("
                     " account TEXT NOT NULL REFERENCES account(account),"
                     " region TEXT NOT NULL,"
                     " name TEXT NOT NULL,"
                     " provider TEXT NOT NULL,"
                     " connector_role_arn TEXT NOT NULL,"
                     " activation_id TEXT NOT NULL,"
                     " created_at INTEGER NOT NULL,"
                     " sealed_kubeconfig TEXT,"  // NULL: PENDING
                     " server TEXT,"
                     " request_token TEXT,"
                     " PRIMARY KEY (account, region, name))"),
    // `kind` is 'backup', 'copy' or 'restore'. `details` is JSON that only the kind's code reads.
    // `fence` grows with every lease, and every change of a running job names it.
    std::string_view("CREATE TABLE job ("
                     " account TEXT NOT NULL REFERENCES account(account),"
                     " region TEXT NOT NULL,"
                     " kind TEXT NOT NULL,"
                     " id TEXT NOT NULL,"
                     " parent_id TEXT,"
                     " state TEXT NOT NULL,"
                     " active INTEGER NOT NULL,"  // 1: a worker is to take it, or has it
                     " message TEXT,"
                     " category TEXT,"
                     " vault TEXT NOT NULL,"
                     " resource_arn TEXT NOT NULL,"
                     " point_arn TEXT,"
                     " role_arn TEXT NOT NULL,"
                     " created_at INTEGER NOT NULL,"
                     " start_by INTEGER,"
                     " complete_by INTEGER,"
                     " started_at INTEGER,"
                     " completed_at INTEGER,"
                     " percent INTEGER NOT NULL DEFAULT 0,"
                     " bytes INTEGER NOT NULL DEFAULT 0,"
                     " cancel_requested INTEGER NOT NULL DEFAULT 0,"
                     " details TEXT NOT NULL,"
                     " fence INTEGER NOT NULL DEFAULT 0,"
                     " lease_until INTEGER NOT NULL DEFAULT 0,"
                     " PRIMARY KEY (account, region, kind, id))"),
    std::string_view("CREATE INDEX job_by_time ON job (account, region, kind, created_at, id)"),
    std::string_view("CREATE INDEX job_of_parent ON job (account, region, kind, parent_id)"),
    std::string_view("CREATE INDEX job_due ON job (lease_until) WHERE active = 1"),
    std::string_view("CREATE INDEX job_busy ON job (account, region, resource_arn)"
                     " WHERE active = 1"),
    // The catalogue of what the vaults hold. It can be rebuilt from them.
    std::string_view("CREATE TABLE recovery_point ("
                     " account TEXT NOT NULL, region TEXT NOT NULL,"
                     " arn TEXT NOT NULL,"
                     " vault TEXT NOT NULL,"
                     " parent_arn TEXT,"
                     " is_parent INTEGER NOT NULL,"
                     " repository_point TEXT,"  // its id in the vault; NULL: of its nested points
                     " resource_arn TEXT NOT NULL,"
                     " resource_name TEXT NOT NULL,"
                     " status TEXT NOT NULL,"
                     " message TEXT,"
                     " created_at INTEGER NOT NULL,"
                     " completed_at INTEGER,"
                     " bytes INTEGER NOT NULL,"
                     " role_arn TEXT NOT NULL,"
                     " lifecycle TEXT NOT NULL,"   // JSON
                     " created_by TEXT NOT NULL,"  // JSON
                     " delete_at INTEGER,"
                     " last_restore_at INTEGER,"
                     " source_vault_arn TEXT,"
                     " PRIMARY KEY (account, region, arn),"
                     " FOREIGN KEY (account, region, vault)"
                     " REFERENCES vault (account, region, name))"),
    std::string_view("CREATE INDEX recovery_point_by_time"
                     " ON recovery_point (account, region, vault, created_at, arn)"),
    std::string_view("CREATE INDEX recovery_point_of_resource"
                     " ON recovery_point (account, region, resource_arn, created_at, arn)"),
    std::string_view("CREATE INDEX recovery_point_of_parent"
                     " ON recovery_point (account, region, parent_arn)"),
    // Answers to requests that may come again with the same token.
    std::string_view("CREATE TABLE idempotency ("
                     " account TEXT NOT NULL, region TEXT NOT NULL,"
                     " operation TEXT NOT NULL,"
                     " token TEXT NOT NULL,"
                     " request_hash TEXT NOT NULL,"
                     " answer TEXT NOT NULL,"
                     " created_at INTEGER NOT NULL,"
                     " PRIMARY KEY (account, region, operation, token))"),
    // Messages that are to be delivered, written with the change that they tell.
    std::string_view("CREATE TABLE outbox ("
                     " id INTEGER PRIMARY KEY,"
                     " account TEXT NOT NULL, region TEXT NOT NULL,"
                     " topic_arn TEXT NOT NULL,"
                     " message TEXT NOT NULL,"
                     " created_at INTEGER NOT NULL,"
                     " due_at INTEGER NOT NULL,"
                     " attempts INTEGER NOT NULL DEFAULT 0,"
                     " fence INTEGER NOT NULL DEFAULT 0)"),
};

using Statements = std::span<const std::string_view>;
constexpr std::array<Statements, 1> kVersions = {Statements(kVersion1)};

Result<std::int64_t> version_of(Session& session) {
    std::int64_t version = 0;
    TRY(session.run("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)", {}));
    TRY(session.each("SELECT version FROM schema_version", {}, [&](const Row& row) -> Result<void> {
        version = row.integer(0);
        return {};
    }));
    return version;
}

}  // namespace

std::int64_t schema_version() {
    return static_cast<std::int64_t>(kVersions.size());
}

Result<void> migrate(Database& database) {
    return database.write([](Session& session) -> Result<void> {
        const std::int64_t version = TRY(version_of(session));
        if (version == schema_version()) return {};
        if (version > schema_version())
            return fail(ErrorCode::Unsupported,
                        "the database has schema version {}, and this program knows none above {}: "
                        "use the newer Holdfast that wrote it, or a newer one still",
                        version, schema_version());
        for (std::size_t step = static_cast<std::size_t>(version); step < kVersions.size(); ++step)
            for (std::string_view statement : kVersions.at(step)) TRY(session.run(statement, {}));
        TRY(session.run("DELETE FROM schema_version", {}));
        TRY(session.run("INSERT INTO schema_version (version) VALUES (?1)", {schema_version()}));
        return {};
    });
}

}  // namespace holdfast::meta
