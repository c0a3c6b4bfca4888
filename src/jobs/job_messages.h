#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace holdfast::jobs {

// Sentences of AWS Backup that clients and people match on, to the letter; the quotation marks
// inside some of them are AWS's.

constexpr std::string_view kResourceWasBusy =
    "Backup job failed because there was a running job for the same resource.";
constexpr std::string_view kBackupStoppedByUser = "\"Backup job was stopped by user.\"";
constexpr std::string_view kCopyStoppedByUser = "\"Copy job was stopped by user.\"";
constexpr std::string_view kRestoreStoppedByUser = "\"Restore job was stopped by user.\"";
constexpr std::string_view kRestoreTestNotStarted =
    "Restore job was unable to start within the specified start window. Try increasing your start "
    "window.";
constexpr std::string_view kObjectsNotBackedUp =
    "Some Kubernetes Objects failed to be backed up. To get notified of these failures, enable SNS "
    "event notifications.";
constexpr std::string_view kObjectsNotRestored =
    "One or more Kubernetes objects failed to restore. To get notified of these failures, enable "
    "SNS event notifications.";
constexpr std::string_view kObjectAlreadyExists = "Already exists.";
constexpr std::string_view kNoVolumeCapture = "volume capture not available";

/// MessageCategory of the API.
constexpr std::string_view kCategorySuccess = "SUCCESS";
constexpr std::string_view kCategoryAccessDenied = "AccessDenied";
constexpr std::string_view kCategoryInvalidParameters = "InvalidParameters";

/// A vault was deleted while a job wrote into it.
inline std::string vault_is_gone(std::string_view vault_arn) {
    return fmt::format("\"Backup job failed because backup vault {} does not exist.\"", vault_arn);
}

}  // namespace holdfast::jobs
