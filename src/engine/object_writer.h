#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "engine/journal.h"
#include "engine/outcome.h"
#include "engine/preparation.h"
#include "engine/restore_options.h"
#include "kube/client.h"

namespace holdfast::engine {

/// What became of writing one object.
struct Written {
    Outcome outcome = Outcome::Failed;
    std::string reason;
    std::vector<std::string> notes;
    std::string uid;                ///< When asked for and known.
    bool not_yet = false;           ///< Refused for now: a dependency of the server's is not ready.
    bool namespace_closed = false;  ///< The namespace takes no objects at all.
    bool volume_empty = false;
};

struct WriteOptions {
    ExistingPolicy existing = ExistingPolicy::Skip;
    bool needed_only = false;  ///< An existing object is left alone whatever the policy.
    bool want_uid = false;
    /// What an earlier run of this restore was about to do, when nobody knows whether it did.
    std::optional<Intent> earlier;
    /// Asked when the object exists and some of its owners come later: which are there already.
    std::function<Result<PresentOwners>()> present_owners;
    /// Called before a request that changes more than a creation does.
    std::function<Result<void>(Intent)> announce;
    /// Called before the existing object, of that UID, is deleted: what it owns has to outlive it.
    /// After an error for which is_fatal() does not hold the object stays.
    std::function<Result<void>(const std::string& uid)> untie_dependents;
};

/// Creates objects, and deals with those that exist. Any thread.
class ObjectWriter {
public:
    /// `manager` is this restore's field manager, by which it knows its own work again.
    ObjectWriter(kube::Client& client, base::Clock& clock, std::string manager)
        : client_(client), clock_(clock), manager_(std::move(manager)) {}

    /// An error concerns the target as a whole, or comes from `announce`.
    Result<Written> write(Prepared& prepared, const WriteOptions& options,
                          std::stop_token stop) const;

    /// Adds owner references to an object that was written without them. Returns notes.
    Result<std::vector<std::string>> add_owners(const Prepared& prepared, const Json& owners,
                                                std::stop_token stop) const;

    /// Removes the reference to the owner of that UID. False: there is none.
    Result<bool> remove_owner(const Prepared& prepared, const std::string& uid,
                              std::stop_token stop) const;

private:
    enum class Next { Done, Again };

    /// What a request does; a patch says of which kind it is.
    struct Act {
        kube::Method method;
        std::string_view patch_type;
    };
    static constexpr Act kPost{.method = kube::Method::Post, .patch_type = ""};
    static constexpr Act kPut{.method = kube::Method::Put, .patch_type = ""};
    static constexpr Act kDelete{.method = kube::Method::Delete, .patch_type = ""};
    static constexpr Act kMerge{.method = kube::Method::Patch, .patch_type = kube::kMergePatch};
    static constexpr Act kMergeByKey{.method = kube::Method::Patch,
                                     .patch_type = kube::kStrategicMergePatch};

    Result<kube::Response> send(Act act, const Prepared& prepared, const std::string& body,
                                std::stop_token stop) const;
    /// Sends `object`; once more without blockOwnerDeletion when that needs more rights than ours.
    Result<kube::Response> send_owned(Act act, const Prepared& prepared, Json& object,
                                      std::vector<std::string>& notes, std::stop_token stop) const;
    Result<Next> handle_refusal(const kube::Response& response, Prepared& prepared,
                                const WriteOptions& options, Written& written,
                                std::stop_token stop) const;
    Result<bool> is_there(const Prepared& prepared, std::stop_token stop) const;
    static Next choose_node_ports_anew(Prepared& prepared, Written& written);
    Result<Next> reconcile(Prepared& prepared, const WriteOptions& options, Written& written,
                           std::stop_token stop) const;
    static Result<bool> is_in_target(Prepared& prepared, const Json& live,
                                     const WriteOptions& options);
    Result<Next> merge_account(const Prepared& prepared, Json live, Written& written,
                               std::stop_token stop) const;
    Result<Next> replace(Prepared& prepared, Json live, const WriteOptions& options,
                         Written& written, std::stop_token stop) const;
    Result<Next> recreate(Prepared& prepared, const Json& live, const WriteOptions& options,
                          Written& written, std::stop_token stop) const;
    /// The server joins the lists, which saves reading the object. False: it does not for this
    /// kind.
    Result<bool> merge_owners(const Prepared& prepared, const Json& owners,
                              std::vector<std::string>& notes, std::stop_token stop) const;
    /// Gives the live object the owner references that `change` makes of those which it has.
    /// False: they are the same. NotFound: the object is not there.
    Result<bool> change_owners(const Prepared& prepared,
                               const std::function<Json(const Json& present)>& change,
                               std::vector<std::string>& notes, std::stop_token stop) const;
    Result<bool> wait_until_gone(const Prepared& prepared, std::stop_token stop) const;
    Result<void> write_status(const Prepared& prepared, Written& written,
                              std::stop_token stop) const;

    kube::Client& client_;
    base::Clock& clock_;
    std::string manager_;
};

}  // namespace holdfast::engine
