#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "kube/object_view.h"
#include "kube/resource_type.h"

namespace holdfast::kube {

enum class Method { Get, Post, Put, Patch, Delete };

/// What a client may do when a reply is lost, so that nobody knows whether the server acted.
enum class LostReply {
    /// Send again: a repetition does no harm, or the caller can tell its own work from another's.
    Retry,
    /// Return the failure.
    Fail,
};

/// What kube-apiserver accepts as patches.
inline constexpr std::string_view kMergePatch = "application/merge-patch+json";
/// Merges lists by key, owner references by uid; for kinds that the server itself is built with,
/// custom resources answer 415.
inline constexpr std::string_view kStrategicMergePatch = "application/strategic-merge-patch+json";
inline constexpr std::string_view kJsonPatch = "application/json-patch+json";
inline constexpr std::string_view kApplyPatch = "application/apply-patch+yaml";

struct Request {
    Method method = Method::Get;
    /// Begins with '/', percent-encoded; see ResourceType::object_path.
    std::string path;
    /// Parameters as plain text; the client encodes them.
    std::vector<std::pair<std::string, std::string>> query;
    std::string body;
    std::string content_type = "application/json";
    std::string accept = "application/json";
    LostReply lost_reply = LostReply::Retry;
};

/// The server's answer, whatever its status is.
struct Response {
    int status = 0;
    std::string body;
    /// Names in lower case.
    std::vector<std::pair<std::string, std::string>> headers;

    bool ok() const { return status >= 200 && status < 300; }
    /// The first header of that lower-case name; empty when there is none.
    std::string_view header(std::string_view name) const;
    /// All `Warning` headers' texts.
    std::vector<std::string> warnings() const;
};

struct ListOptions {
    std::string ns;  ///< empty: all namespaces
    std::string label_selector;
    std::string field_selector;
    std::int64_t limit = 500;
    std::string continue_token;
    /// Empty: the most recent. Not sent with a continue token, which carries its own.
    std::string resource_version;
    /// Whether the list must be of exactly `resource_version`; otherwise not older.
    bool exact = false;
};

/// One page of a list. Movable; its items' views live as long as it does, on any thread.
struct ListPage {
    std::shared_ptr<const void> buffer;
    std::string resource_version;
    std::string continue_token;  ///< empty on the last page
    std::optional<std::int64_t> remaining;
    std::vector<ObjectView> items;
};

/// The connection to one cluster. Every method may be called from any thread; each blocks until
/// the answer is there, retrying what the network and the server's load make fail, within bounds.
class Client {
public:
    virtual ~Client() = default;

    /// What the server serves. A group that does not answer is a failure inside, not an error.
    virtual Result<Discovery> discover(std::stop_token stop) = 0;

    /// Every HTTP answer is a value. Errors are Unavailable, Timeout (no answer came),
    /// PermissionDenied (no credentials to be had), Cancelled and LimitExceeded.
    virtual Result<Response> send(const Request& request, std::stop_token stop) = 0;

    /// One page. Besides the errors of send(): PermissionDenied, NotFound, ... with the server's
    /// words for a refusal, and the one that is_expired() knows.
    virtual Result<ListPage> list(const ResourceType& type, const ListOptions& options,
                                  std::stop_token stop) = 0;

    /// The server's address for people, such as "https://10.0.0.1:6443".
    virtual std::string server() const = 0;
};

/// Whether a list failed because the server no longer has that resource version (410 Gone):
/// the whole capture starts again at a newer one.
bool is_expired(const Error& error);

}  // namespace holdfast::kube
