#include <optional>

#include "api/api_error.h"
#include "api/aws_backup.h"
#include "api/backup/handlers.h"
#include "api/backup/vault_rules.h"
#include "api/call.h"
#include "api/registry.h"
#include "api/services.h"
#include "api/shape.h"
#include "api/transaction.h"
#include "iam/policy_document.h"
#include "jobs/retention.h"
#include "meta/database.h"
#include "meta/vault_table.h"

/// What stands on a vault: its access policy, its lock and its notifications.
namespace holdfast::api::backup {

namespace {

// --- the access policy

Answer<Nothing> put_policy(Services& services, const Call& call,
                           const aws_backup::PutBackupVaultAccessPolicyInput& input) {
    if (!input.policy) return refuse(errors::kMissingParameter, "Policy must not be null.");
    if (auto parsed = iam::PolicyDocument::parse(*input.policy, iam::DocumentKind::Vault); !parsed)
        return refuse(errors::kInvalidParameter, parsed.error().message);
    return in_write(services.database, [&](meta::Session& session) -> Answer<Nothing> {
        TRY(vault_to_change(session, call, input.backup_vault_name));
        TRY(meta::VaultTable(session, call.place)
                .set_access_policy(input.backup_vault_name, input.policy));
        return Nothing{};
    });
}

Answer<aws_backup::GetBackupVaultAccessPolicyOutput> policy_of(
    Services& services, const Call& call,
    const aws_backup::GetBackupVaultAccessPolicyInput& input) {
    const meta::VaultRow vault = TRY(in_read(services.database, [&](meta::Session& session) {
        return vault_to_read(session, call, input.backup_vault_name);
    }));
    if (!vault.access_policy)
        return refuse(errors::kNotFound,
                      fmt::format("Backup vault {} has no access policy.", vault.name));
    return aws_backup::GetBackupVaultAccessPolicyOutput{
        .backup_vault_name = vault.name,
        .backup_vault_arn = vault_arn(call, vault.name),
        .policy = vault.access_policy};
}

Answer<Nothing> remove_policy(Services& services, const Call& call,
                              const aws_backup::DeleteBackupVaultAccessPolicyInput& input) {
    return in_write(services.database, [&](meta::Session& session) -> Answer<Nothing> {
        TRY(vault_to_change(session, call, input.backup_vault_name));
        TRY(meta::VaultTable(session, call.place)
                .set_access_policy(input.backup_vault_name, std::nullopt));
        return Nothing{};
    });
}

// --- the lock

Answer<Nothing> put_lock(Services& services, const Call& call,
                         const aws_backup::PutBackupVaultLockConfigurationInput& input) {
    const jobs::LockRequest request{.changeable_for_days = input.changeable_for_days,
                                    .min_retention_days = input.min_retention_days,
                                    .max_retention_days = input.max_retention_days};
    return in_write(services.database, [&](meta::Session& session) -> Answer<Nothing> {
        const meta::VaultRow vault = TRY(vault_to_change(session, call, input.backup_vault_name));
        auto lock = jobs::put_lock(lock_of(vault), request, call.now);
        if (!lock) return refused(lock.error());
        TRY(meta::VaultTable(session, call.place)
                .set_lock(vault.name, meta::VaultLock{.min_days = lock->min_retention_days,
                                                      .max_days = lock->max_retention_days,
                                                      .lock_date = lock->lock_date}));
        return Nothing{};
    });
}

Answer<Nothing> remove_lock(Services& services, const Call& call,
                            const aws_backup::DeleteBackupVaultLockConfigurationInput& input) {
    return in_write(services.database, [&](meta::Session& session) -> Answer<Nothing> {
        const meta::VaultRow vault = TRY(vault_to_change(session, call, input.backup_vault_name));
        if (auto removable = jobs::check_lock_removable(lock_of(vault), call.now); !removable)
            return refused(removable.error());
        TRY(meta::VaultTable(session, call.place).set_lock(vault.name, std::nullopt));
        return Nothing{};
    });
}

// --- notifications

Answer<Nothing> put_topic(Services& services, const Call& call,
                          const aws_backup::PutBackupVaultNotificationsInput& input) {
    if (input.backup_vault_events.empty())
        return refuse(errors::kInvalidParameter, "BackupVaultEvents must not be empty.");
    return in_write(services.database, [&](meta::Session& session) -> Answer<Nothing> {
        TRY(vault_to_change(session, call, input.backup_vault_name));
        TRY(meta::VaultTable(session, call.place)
                .set_topic(input.backup_vault_name,
                           meta::VaultTopic{.arn = input.sns_topic_arn,
                                            .events = input.backup_vault_events}));
        return Nothing{};
    });
}

Answer<aws_backup::GetBackupVaultNotificationsOutput> topic_of(
    Services& services, const Call& call,
    const aws_backup::GetBackupVaultNotificationsInput& input) {
    const meta::VaultRow vault = TRY(in_read(services.database, [&](meta::Session& session) {
        return vault_to_read(session, call, input.backup_vault_name);
    }));
    if (!vault.topic)
        return refuse(errors::kNotFound,
                      fmt::format("Backup vault {} has no notifications.", vault.name));
    return aws_backup::GetBackupVaultNotificationsOutput{
        .backup_vault_name = vault.name,
        .backup_vault_arn = vault_arn(call, vault.name),
        .sns_topic_arn = vault.topic->arn,
        .backup_vault_events = vault.topic->events};
}

Answer<Nothing> remove_topic(Services& services, const Call& call,
                             const aws_backup::DeleteBackupVaultNotificationsInput& input) {
    return in_write(services.database, [&](meta::Session& session) -> Answer<Nothing> {
        TRY(vault_to_change(session, call, input.backup_vault_name));
        TRY(meta::VaultTable(session, call.place).set_topic(input.backup_vault_name, std::nullopt));
        return Nothing{};
    });
}

/// An operation on one vault that is named in its input.
template <class Op, class Run>
void on_vault(Registry& registry, Services& services, Run run) {
    registry.on<Op>(
        [&services](const Call& call, const auto& input) {
            return vault_target(services, call, input.backup_vault_name);
        },
        [&services, run](const Call& call, const auto& input) {
            return run(services, call, input);
        });
}

}  // namespace

void add_vault_policies(Registry& registry, Services& services) {
    on_vault<aws_backup::PutBackupVaultAccessPolicy>(registry, services, put_policy);
    on_vault<aws_backup::GetBackupVaultAccessPolicy>(registry, services, policy_of);
    on_vault<aws_backup::DeleteBackupVaultAccessPolicy>(registry, services, remove_policy);
    on_vault<aws_backup::PutBackupVaultLockConfiguration>(registry, services, put_lock);
    on_vault<aws_backup::DeleteBackupVaultLockConfiguration>(registry, services, remove_lock);
    on_vault<aws_backup::PutBackupVaultNotifications>(registry, services, put_topic);
    on_vault<aws_backup::GetBackupVaultNotifications>(registry, services, topic_of);
    on_vault<aws_backup::DeleteBackupVaultNotifications>(registry, services, remove_topic);
}

}  // namespace holdfast::api::backup
