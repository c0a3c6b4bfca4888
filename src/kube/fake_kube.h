#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "base/json.h"
#include "base/result.h"
#include "kube/client.h"
#include "kube/resource_type.h"

namespace holdfast::kube {

/// What happens to a request instead of, or besides, being served.
struct FakeFault {
    enum class Kind {
        Answer,       ///< `status` and `message`, without being served
        Unreachable,  ///< Unavailable, without being served
        LostReply,    ///< served; then sent again as the request allows, else Unavailable
    };
    /// Which requests; empty: all.
    std::function<bool(const Request&)> when;
    Kind kind = Kind::Answer;
    int status = 500;
    std::string reason;
    std::string message;
    int times = 1;
};

/// A pretended API server for unit tests, stricter than the real one: it keeps all history, refuses
/// what a careful client never sends, and fails as it is told. It serves the usual core kinds,
/// apps/v1 Deployment and ReplicaSet, rbac kinds, and what CustomResourceDefinitions add; it has no
/// controllers but that definitions are established at once and namespaces get their finalizer.
class FakeKube final : public Client {
public:
    FakeKube();
    ~FakeKube() override;

    Result<Discovery> discover(std::stop_token stop) override;
    Result<Response> send(const Request& request, std::stop_token stop) override;
    Result<ListPage> list(const ResourceType& type, const ListOptions& options,
                          std::stop_token stop) override;
    std::string server() const override;

    void add_type(ResourceType type);
    void add_discovery_failure(std::string group_version, std::string reason);
    /// Puts an object there as another client would, creating its namespace where it is missing.
    /// `json` may lack apiVersion and kind. Returns it as stored.
    Json add(std::string_view kind, std::string_view json);
    /// Replaces, or removes when `json` is empty, an object as another client would.
    void change(std::string_view kind, std::string_view ns, std::string_view name,
                std::string_view json);
    void remove(std::string_view kind, std::string_view ns, std::string_view name);
    std::optional<Json> find(std::string_view kind, std::string_view ns, std::string_view name);
    /// How many objects of the kind there are.
    std::size_t count(std::string_view kind);

    /// Faults are tried in the order of their scripting.
    void script(FakeFault fault);
    /// Forgets history up to now: older exact versions and continue tokens are gone (410).
    void compact();
    /// All requests so far but lists by list(), which are there as GETs of their collection.
    std::vector<Request> requests();
    std::string resource_version();

private:
    class Server;
    std::unique_ptr<base::Guarded<std::unique_ptr<Server>>> server_;
};

}  // namespace holdfast::kube
