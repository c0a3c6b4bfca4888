#include "kube/api_client.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/scope.h"
#include "kube/discovery.h"
#include "kube/list_query.h"
#include "kube/resource_type.h"
#include "kube/status_error.h"
#include "net/url.h"

namespace holdfast::kube {
namespace {

using base::Millis;
using base::SteadyTime;

constexpr std::size_t kMaxAnswerBytes = 64u << 20u;
constexpr std::int64_t kFirstLimit = 500;
constexpr ConcurrencyLimit::Bounds kReads = {.first = 8, .least = 1, .most = 32, .slowdown = 0};
constexpr ConcurrencyLimit::Bounds kWrites = {.first = 8, .least = 1, .most = 64, .slowdown = 4};
/// A restarted server refuses with 401 and 403 until it has read its rules again.
constexpr Millis kSettling = std::chrono::seconds(15);
constexpr unsigned kMaxInternalErrors = 3;

constexpr std::string_view kAggregatedDiscovery =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,"
    "application/json";

/// Whether the server's cache of a kind has not come to the version that was asked for.
bool lags_behind(const StatusError& status) {
    return status.code == 504 && status.has_cause("ResourceVersionTooLarge");
}

std::string_view name_of(Method method) {
    switch (method) {
        case Method::Get:
            return "GET";
        case Method::Post:
            return "POST";
        case Method::Put:
            return "PUT";
        case Method::Patch:
            return "PATCH";
        case Method::Delete:
            return "DELETE";
    }
    return "GET";
}

bool is_printable(std::string_view text) {
    return std::ranges::none_of(text, [](char c) {
        return static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) == 0x7f;
    });
}

void add_impersonation(const Impersonation& as, net::Headers& headers) {
    if (as.user.empty()) return;
    headers.emplace_back("Impersonate-User", as.user);
    if (!as.uid.empty()) headers.emplace_back("Impersonate-Uid", as.uid);
    for (const std::string& group : as.groups) headers.emplace_back("Impersonate-Group", group);
    for (const auto& [key, values] : as.extra) {
        const std::string name = "Impersonate-Extra-" + net::percent_encode(key);
        for (const std::string& value : values) headers.emplace_back(name, value);
    }
}

Result<void> check_impersonation(const Impersonation& as) {
    net::Headers headers;
    add_impersonation(as, headers);
    for (const auto& [name, value] : headers) {
        if (!is_printable(value)) {
            return fail(ErrorCode::InvalidArgument,
                        "the user or a group to act as has control characters");
        }
    }
    return {};
}

StatusError status_of(const net::HttpResponse& answer, const Bytes& body) {
    StatusError error = status_error(answer.status, base::as_text(body));
    Response header_only{.status = answer.status, .body = "", .headers = answer.headers};
    const StatusError by_header = status_error(header_only);
    error.retry_after_seconds = std::max(error.retry_after_seconds, by_header.retry_after_seconds);
    return error;
}

}  // namespace

/// Decides, for one request, whether and when the next try is made. A cause of failure has a
/// window of time, which begins when it first occurs.
class ApiClient::Retries {
public:
    Retries(ApiClient& client, const Request& request, const Patience& patience)
        : client_(client), request_(request), patience_(patience) {}

    /// How long to wait before the next try; nothing when there is none.
    std::optional<Millis> after_failure(const net::HttpFailure& failure) {
        if (!failure.error.retryable()) return std::nullopt;
        if (failure.maybe_processed && request_.lost_reply == LostReply::Fail) return std::nullopt;
        const Millis window =
            client_.answered_ ? patience_.outage : client_.environment_.first_contact_window;
        // A server that is away is away for everybody: kinds that are read one after the other
        // must not each wait for it anew.
        if (!outage_) outage_ = client_.away_since();
        return within(outage_, window, Millis(0));
    }

    std::optional<Millis> after_status(const StatusError& status) {
        const Millis asked = std::chrono::seconds(status.retry_after_seconds);
        switch (status.code) {
            case 429:
                return within(throttled_, client_.environment_.throttle_window, asked);
            case 403:
                if (!client_.just_came_back()) return std::nullopt;
                return within(settling_, kSettling, Millis(500));
            case 502:
            case 504:
                if (!patience_.lag && lags_behind(status)) return std::nullopt;
                if (request_.lost_reply == LostReply::Fail) return std::nullopt;
                return within(unavailable_, patience_.unavailable, asked);
            case 503:
                return within(unavailable_, patience_.unavailable, asked);
            case 500:
                return after_internal_error(status, asked);
            default:
                return std::nullopt;
        }
    }

    /// After a 401: credentials are renewed once; a server that just came back may settle.
    std::optional<Millis> after_refusal(const std::shared_ptr<const Credentials>& credentials) {
        if (client_.credentials_.refused(credentials) && !renewed_) {
            renewed_ = true;
            return Millis(0);
        }
        if (!client_.just_came_back()) return std::nullopt;
        return within(settling_, kSettling, Millis(500));
    }

private:
    using Begin = std::optional<SteadyTime>;

    std::optional<Millis> within(Begin& begin, Millis window, Millis asked) {
        const SteadyTime now = client_.environment_.clock.steady_now();
        if (!begin) begin = now;
        const Millis delay = client_.backoff_.delay(++tries_, asked, client_.environment_.random);
        if (now + delay > *begin + window) return std::nullopt;
        return delay;
    }

    std::optional<Millis> after_internal_error(const StatusError& status, Millis asked) {
        // etcd without a leader, or busy: it passes. Anything else a webhook or an object causes.
        if (status.message.contains("etcdserver:") || asked > Millis(0)) {
            if (request_.lost_reply == LostReply::Fail) return std::nullopt;
            return within(unavailable_, patience_.unavailable, asked);
        }
        if (request_.method != Method::Get || ++internal_errors_ >= kMaxInternalErrors) {
            return std::nullopt;
        }
        return within(unavailable_, patience_.unavailable, asked);
    }

    ApiClient& client_;
    const Request& request_;
    Patience patience_;
    Begin outage_;
    Begin throttled_;
    Begin unavailable_;
    Begin settling_;
    unsigned tries_ = 0;
    unsigned internal_errors_ = 0;
    bool renewed_ = false;
};

ApiClient::ApiClient(std::unique_ptr<net::HttpClient> http, ClusterAccess access,
                     const Environment& environment)
    : http_(std::move(http)),
      impersonation_(std::move(access.impersonation)),
      user_(std::move(access.user)),
      environment_(environment),
      credentials_(std::move(access.auth), environment.clock, environment.plugin_timeout),
      reads_(kReads, environment.clock),
      writes_(kWrites, environment.clock) {}

std::string ApiClient::server() const {
    return http_->server().text();
}

ApiClient::Patience ApiClient::patience() const {
    return {.outage = environment_.outage_window, .unavailable = environment_.outage_window};
}

bool ApiClient::just_came_back() {
    const SteadyTime now = environment_.clock.steady_now();
    return unreachable_at_.update([&](const std::optional<SteadyTime>& at) {
        return at.has_value() && now - *at < kSettling;
    });
}

std::optional<SteadyTime> ApiClient::away_since() {
    return away_since_.update([](const std::optional<SteadyTime>& since) { return since; });
}

Error ApiClient::refusal(const Credentials& credentials, std::string_view body) const {
    const StatusError status = status_error(401, body);
    return Error{
        .code = ErrorCode::PermissionDenied,
        .message = fmt::format("{} does not accept who we are{} ({}): {}", http_->server().text(),
                               user_.empty() ? "" : fmt::format(" (user '{}')", user_),
                               status.message, credentials_.explain_refusal(credentials))};
}

Result<ApiClient::Answer> ApiClient::attempt(const Request& request, std::size_t max_body_bytes,
                                             const Credentials& credentials, Bytes& body,
                                             std::stop_token stop) {
    net::HttpRequest message;
    message.method = name_of(request.method);
    message.target = request.path;
    if (!request.query.empty()) message.target += "?" + net::query_string(request.query);
    message.headers.emplace_back("Accept", request.accept);
    if (!request.body.empty()) message.headers.emplace_back("Content-Type", request.content_type);
    if (!credentials.authorization.empty()) {
        message.headers.emplace_back("Authorization", credentials.authorization);
    }
    add_impersonation(impersonation_, message.headers);
    message.body = request.body;
    message.identity = credentials.identity;
    message.max_body_bytes = max_body_bytes;
    message.once = request.lost_reply == LostReply::Fail;

    ConcurrencyLimit& limit = request.method == Method::Get ? reads_ : writes_;
    TRY(limit.begin(stop));
    const SteadyTime begin = environment_.clock.steady_now();
    Answer answer = http_->send(message, body, stop);
    const SteadyTime end = environment_.clock.steady_now();
    auto outcome = ConcurrencyLimit::Outcome::Failed;
    if (answer) {
        outcome = answer->status == 429 ? ConcurrencyLimit::Outcome::Refused
                                        : ConcurrencyLimit::Outcome::Answered;
        answered_ = true;
        away_since_.update([](std::optional<SteadyTime>& since) { since.reset(); });
    } else if (answer.error().error.retryable()) {
        unreachable_at_.update([&](std::optional<SteadyTime>& at) { at = end; });
        away_since_.update([&](std::optional<SteadyTime>& since) { since = since.value_or(end); });
    }
    limit.finish(outcome, std::chrono::duration_cast<Millis>(end - begin));
    return answer;
}

Result<net::HttpResponse> ApiClient::exchange(const Request& request, std::size_t max_body_bytes,
                                              const Patience& patience, Bytes& body,
                                              std::stop_token stop) {
    if (!request.path.starts_with('/') || !is_printable(request.path) ||
        request.path.find_first_of(" ?#") != std::string::npos) {
        return fail(ErrorCode::InvalidArgument, "'{}' is no path of an API server", request.path);
    }
    Retries retries(*this, request, patience);
    while (true) {
        const std::shared_ptr<const Credentials> credentials = TRY(credentials_.current(stop));
        const Answer answer = TRY(attempt(request, max_body_bytes, *credentials, body, stop));
        std::optional<Millis> delay;
        if (!answer) {
            delay = retries.after_failure(answer.error());
            if (!delay) return std::unexpected(answer.error().error);
        } else if (answer->status == 401) {
            delay = retries.after_refusal(credentials);
            if (!delay) return std::unexpected(refusal(*credentials, base::as_text(body)));
        } else if (answer->status < 300) {
            return *answer;
        } else {
            delay = retries.after_status(status_of(*answer, body));
            if (!delay) return *answer;
        }
        if (*delay > Millis(0) && !environment_.clock.sleep(*delay, stop)) {
            return fail(ErrorCode::Cancelled, "stopped");
        }
    }
}

Result<Response> ApiClient::send(const Request& request, std::stop_token stop) {
    Bytes body = parser_.take_buffer();
    const base::Scope keep_buffer([&] { parser_.give_back(std::move(body)); });
    net::HttpResponse answer = TRY(exchange(request, kMaxAnswerBytes, patience(), body, stop));
    return Response{
        .status = answer.status, .body = base::to_text(body), .headers = std::move(answer.headers)};
}

Result<ListPage> ApiClient::list(const ResourceType& type, const ListOptions& options,
                                 std::stop_token stop) {
    Request request;
    request.path = type.collection_path(options.ns);
    Patience bounds = patience();
    // Its own server being down must not hold up all the other kinds.
    if (type.aggregated) bounds.unavailable = environment_.first_contact_window;
    bounds.lag = !options.exact;
    std::int64_t limit = options.limit;
    while (true) {
        request.query = list_query(options, limit);
        Bytes body = parser_.take_buffer();
        Result<net::HttpResponse> answer =
            exchange(request, environment_.max_page_bytes, bounds, body, stop);
        if (!answer && answer.error().code == ErrorCode::LimitExceeded && limit != 1) {
            // Big objects: the next try asks for fewer of them at once.
            limit = limit == 0 ? kFirstLimit : std::max<std::int64_t>(limit / 4, 1);
            continue;
        }
        const net::HttpResponse page = TRY(std::move(answer));
        if (page.status != 200) {
            const StatusError status = status_of(page, body);
            parser_.give_back(std::move(body));
            if (!lags_behind(status) || bounds.lag) return std::unexpected(to_error(status));
            // A cache that lags is worth waiting for; one that cannot be filled, because the kind's
            // conversion webhook fails, is not. Without a version the server says which it is.
            if (auto now = list(type, {.ns = options.ns, .limit = 1}, stop); !now) return now;
            bounds.lag = true;
            continue;
        }
        return parser_.parse(std::move(body));
    }
}

Result<Json> ApiClient::read_json(std::string path, std::string accept, std::stop_token stop) {
    Request request;
    request.path = std::move(path);
    request.accept = std::move(accept);
    const Response response = TRY(send(request, stop));
    if (!response.ok()) return std::unexpected(to_error(status_error(response)));
    return TRY(base::parse_json(response.body), "the answer of {}{}", server(), request.path);
}

Result<std::vector<GroupVersion>> ApiClient::read_group_versions(std::stop_token stop) {
    const std::string accept(kAggregatedDiscovery);
    const Json core = TRY(read_json("/api", accept, stop));
    const Json groups = TRY(read_json("/apis", accept, stop));
    if (base::text_at(core, "/kind") != "APIGroupDiscoveryList" ||
        base::text_at(groups, "/kind") != "APIGroupDiscoveryList") {
        return read_legacy_groups(core, groups, stop);
    }
    std::vector<GroupVersion> versions = TRY(parse_aggregated_discovery(core));
    std::vector<GroupVersion> others = TRY(parse_aggregated_discovery(groups));
    std::ranges::move(others, std::back_inserter(versions));
    return versions;
}

Result<std::vector<GroupVersion>> ApiClient::read_legacy_groups(const Json& core,
                                                                const Json& groups,
                                                                std::stop_token stop) {
    const std::vector<GroupVersion> named = TRY(legacy_group_versions(core, groups));
    std::vector<GroupVersion> versions;
    for (const GroupVersion& version : named) {
        ResourceType any;
        any.group = version.group;
        any.version = version.version;
        const Result<Json> document = read_json(any.api_path(), "application/json", stop);
        if (document) {
            versions.push_back(TRY(parse_resource_list(*document, version.group, version.version)));
        } else if (document.error().code == ErrorCode::Cancelled) {
            return std::unexpected(document.error());
        } else {
            versions.push_back(version);
            versions.back().failure = document.error().message;
        }
    }
    return versions;
}

Result<Discovery> ApiClient::discover(std::stop_token stop) {
    const Json version =
        TRY(read_json("/version", "application/json", stop), "asking {} for its version", server());
    const ServerVersion server_version = {.git_version = base::text_at(version, "/gitVersion"),
                                          .major = base::text_at(version, "/major"),
                                          .minor = base::text_at(version, "/minor"),
                                          .platform = base::text_at(version, "/platform")};
    std::vector<GroupVersion> versions =
        TRY(read_group_versions(stop), "asking {} for the kinds it serves", server());
    // Who may not read APIServices learns nothing of aggregation, which is no reason to give up.
    ApiServices services;
    const Result<Json> list =
        read_json("/apis/apiregistration.k8s.io/v1/apiservices", "application/json", stop);
    if (list) services = parse_api_services(*list);
    if (!list && list.error().code == ErrorCode::Cancelled) return std::unexpected(list.error());
    return merge_discovery(std::move(versions), services, server_version);
}

Result<std::unique_ptr<Client>> connect(ClusterAccess access, const Environment& environment) {
    TRY(check_impersonation(access.impersonation));
    net::Url server = TRY(net::Url::parse(access.server), "the server '{}' of cluster '{}'",
                          access.server, access.cluster);
    net::HttpOptions options;
    options.ca_pem = access.ca_pem;
    if (!access.ca_pem.empty()) options.ca_name = "the certificate authority in the kubeconfig";
    options.skip_tls_verify = access.skip_tls_verify;
    options.tls_server_name = access.tls_server_name;
    options.proxy_url = access.proxy_url;
    options.user_agent = "holdfast/" HOLDFAST_VERSION;
    const bool http1 = environment.http == HttpChoice::Http1 ||
                       (environment.http == HttpChoice::Auto && server.is_loopback());
    options.version = http1 ? net::HttpVersion::Http1 : net::HttpVersion::Http2IfOffered;
    // On one machine compressing costs more than it saves.
    options.accept_compression = !access.disable_compression && !server.is_loopback();
    std::unique_ptr<net::HttpClient> http =
        TRY(net::HttpClient::create(std::move(server), std::move(options)),
            "cluster '{}' of the kubeconfig", access.cluster);
    return std::make_unique<ApiClient>(std::move(http), std::move(access), environment);
}

}  // namespace holdfast::kube
