#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "engine/object_row.h"
#include "engine/plan.h"
#include "engine/restore.h"
#include "engine/restore_options.h"
#include "engine/rules/answers.h"
#include "engine/rules/owners.h"
#include "kube/client.h"
#include "kube/resource_type.h"
#include "kube/status_error.h"

namespace holdfast::engine {

/// An object as it is going to be sent.
struct Prepared {
    std::shared_ptr<Json> object;
    std::shared_ptr<Json> status;  ///< To be written apart, after the object; may be null.
    kube::ResourceType type;       ///< At the version of `object`.
    ObjectKey key;                 ///< In the target.
    std::vector<std::string> notes;
    NameMap renames;  ///< Of namespaces that it names, when it lies outside them.
    bool owners_later = false;
    bool volume_empty = false;
};

/// The owner references of an object as they can be now.
struct PresentOwners {
    std::shared_ptr<Json> references;  ///< an array
    bool awaited = false;              ///< More of them come with this restore.
};

/// Whether what is prepared is about to be sent, or only looked at.
enum class Purpose { Restore, Preview };

/// Turns objects of a point into what is sent to the target: mappings, rules, transforms, version.
/// Asks the target about owners, volumes and definitions, each at most once. Any thread.
class Preparation {
public:
    Preparation(kube::Client& client, const RestorePlan::Impl& plan, Purpose purpose);

    /// InvalidArgument or Unsupported, in words for the object's outcome, when it cannot be sent;
    /// errors for which is_fatal() holds concern the target as a whole.
    Result<Prepared> prepare(const PlanKind& kind, const PlanEntry& entry, std::string_view body,
                             std::stop_token stop);

    /// Remembers the UID under which an owner exists in the target now, or that there is none.
    void remember_owner(const ObjectKey& target_key, std::optional<std::string> uid);

    /// The kind as the target serves it by now; nullptr when it does not.
    std::optional<kube::ResourceType> served(const PlanKind& kind) const;
    /// After definitions were created: what the target serves now.
    void rediscovered(kube::Discovery discovery);

    /// The owner references of an object of the point with their present UIDs.
    Result<PresentOwners> present_owners(const PlanKind& kind, const PlanEntry& entry,
                                         std::string_view body, std::stop_token stop);

private:
    struct State;

    Result<std::optional<std::string>> owner_uid(const ObjectKey& target_key, std::stop_token stop);
    Result<bool> volume_is_there(const PlanEntry& claim, std::string_view volume,
                                 std::stop_token stop);
    Result<bool> is_bound(const Json& volume, std::string_view ns, std::string_view name,
                          std::stop_token stop);
    Result<rules::OwnerAnswer> answer_owner(const PlanKind& kind, const PlanEntry& entry,
                                            const rules::OwnerReference& owner, bool nothing_later,
                                            std::stop_token stop);
    Result<void> apply_rules(const PlanKind& kind, const PlanEntry& entry, Prepared& prepared,
                             std::stop_token stop);
    Result<void> choose_version(const PlanKind& kind, Prepared& prepared, std::stop_token stop);
    Result<bool> renames_only(const kube::ResourceType& type, std::stop_token stop);

    kube::Client& client_;
    const RestorePlan::Impl& plan_;
    Purpose purpose_;
    std::shared_ptr<State> state_;
};

/// What a refusal of the target means for the object that was sent.
rules::Refusal classify(const kube::StatusError& status);

/// Whether an error says that the target, not one object, is the problem.
bool is_fatal(const Error& error);

/// One object of the target as JSON; nothing when it is not there. Refusals are PermissionDenied
/// or InvalidArgument with the server's words.
Result<std::optional<Json>> read_live(kube::Client& client, const kube::ResourceType& type,
                                      std::string_view ns, std::string_view name,
                                      std::stop_token stop);
/// Whether the target has an object, as far as we may see it.
Result<bool> is_there(kube::Client& client, const kube::ResourceType& type, std::string_view ns,
                      std::string_view name, std::stop_token stop);

}  // namespace holdfast::engine
