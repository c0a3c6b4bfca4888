#pragma once

#include <atomic>
#include <expected>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "base/json.h"
#include "base/result.h"
#include "kube/backoff.h"
#include "kube/client.h"
#include "kube/concurrency_limit.h"
#include "kube/credentials.h"
#include "kube/discovery.h"
#include "kube/kubeconfig.h"
#include "kube/list_page.h"
#include "kube/resource_type.h"
#include "net/http_client.h"

namespace holdfast::kube {

/// The client of a real API server.
class ApiClient final : public Client {
public:
    ApiClient(std::unique_ptr<net::HttpClient> http, ClusterAccess access,
              const Environment& environment);

    Result<Discovery> discover(std::stop_token stop) override;
    Result<Response> send(const Request& request, std::stop_token stop) override;
    Result<ListPage> list(const ResourceType& type, const ListOptions& options,
                          std::stop_token stop) override;
    std::string server() const override;

private:
    class Retries;
    /// For how long a request is tried again.
    struct Patience {
        base::Millis outage;
        base::Millis unavailable;  ///< while the server answers 502, 503 or 504
        bool lag = true;           ///< whether that includes a cache that lags behind a version
    };
    using Answer = std::expected<net::HttpResponse, net::HttpFailure>;

    Result<net::HttpResponse> exchange(const Request& request, std::size_t max_body_bytes,
                                       const Patience& patience, Bytes& body, std::stop_token stop);
    Result<Answer> attempt(const Request& request, std::size_t max_body_bytes,
                           const Credentials& credentials, Bytes& body, std::stop_token stop);
    Patience patience() const;
    bool just_came_back();
    /// When the server stopped answering anybody; nothing while it answers.
    std::optional<base::SteadyTime> away_since();
    Error refusal(const Credentials& credentials, std::string_view body) const;

    Result<Json> read_json(std::string path, std::string accept, std::stop_token stop);
    Result<std::vector<GroupVersion>> read_group_versions(std::stop_token stop);
    Result<std::vector<GroupVersion>> read_legacy_groups(const Json& core, const Json& groups,
                                                         std::stop_token stop);

    std::unique_ptr<net::HttpClient> http_;
    Impersonation impersonation_;
    std::string user_;
    Environment environment_;
    Backoff backoff_;
    CredentialSource credentials_;
    ListParser parser_;
    ConcurrencyLimit reads_;
    ConcurrencyLimit writes_;
    std::atomic<bool> answered_ = false;
    base::Guarded<std::optional<base::SteadyTime>> unreachable_at_;
    base::Guarded<std::optional<base::SteadyTime>> away_since_;
};

}  // namespace holdfast::kube
