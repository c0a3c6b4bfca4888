// How fast an API server can be asked by a bare libcurl loop that throws the answers away: the
// limit that `make bench` measures Holdfast against. Same TLS, same encoding, same objects.
//
//   raw_client list --kubeconfig F --kinds-at-once N --page N   every kind at one resourceVersion
//   raw_client post --kubeconfig F --inflight N --ndjson FILE   one object per line
//
// Prints {"objects", "seconds", "objects_per_second", "bytes"} as JSON.
#include <curl/curl.h>
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "base/worker_pool.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "kube/resource_type.h"
#include "net/url.h"

namespace holdfast::bench {
namespace {

using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

constexpr std::size_t kMaxNdjsonBytes = std::size_t{4} << 30u;
constexpr std::size_t kKeptBytes = 8192;

struct Arguments {
    std::string kubeconfig;
    std::size_t kinds_at_once = 2;
    int page = 500;
    std::size_t inflight = 16;
    std::string ndjson;
    int http = 1;
};

/// Keeps the ends of an answer, where the list's own metadata is, and drops the rest.
struct Sink {
    std::string head;
    std::string tail;
    std::size_t bytes = 0;

    static std::size_t write(char* data, std::size_t, std::size_t size, void* self) {
        static_cast<Sink*>(self)->add({data, size});
        return size;
    }
    void add(std::string_view part) {
        bytes += part.size();
        if (head.size() < kKeptBytes) head.append(part.substr(0, kKeptBytes - head.size()));
        if (part.size() >= kKeptBytes) {
            tail.assign(part.substr(part.size() - kKeptBytes));
            return;
        }
        tail.append(part);
        if (tail.size() > 4 * kKeptBytes) tail.erase(0, tail.size() - kKeptBytes);
    }
    /// The continue token: before the items of built-in kinds, after those of custom ones.
    std::string token() const {
        const std::string_view front = std::string_view(head).substr(0, head.find("\"items\":"));
        if (std::string found = token_in(front); !found.empty()) return found;
        const std::size_t end = tail.rfind("],\"kind\":");
        return end == std::string::npos ? "" : token_in(std::string_view(tail).substr(end));
    }
    static std::string token_in(std::string_view text) {
        constexpr std::string_view kKey = "\"continue\":\"";
        const std::size_t at = text.find(kKey);
        if (at == std::string_view::npos) return "";
        const std::string_view rest = text.substr(at + kKey.size());
        return std::string(rest.substr(0, rest.find('"')));
    }
};

/// One libcurl handle with its connection, and what every request of it has in common.
class Connection {
public:
    Connection(const kube::ClusterAccess& access, int http)
        : access_(access), easy_(curl_easy_init(), &curl_easy_cleanup) {
        CURL* easy = easy_.get();
        curl_blob blob{};
        blob.flags = CURL_BLOB_COPY;
        const auto set_blob = [&](CURLoption option, const std::string& text) {
            if (text.empty()) return;
            blob.data = const_cast<char*>(text.data());
            blob.len = text.size();
            curl_easy_setopt(easy, option, &blob);
        };
        set_blob(CURLOPT_CAINFO_BLOB, access.ca_pem);
        set_blob(CURLOPT_SSLCERT_BLOB, access.auth.certificate_pem);
        set_blob(CURLOPT_SSLKEY_BLOB, access.auth.key_pem);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L << 10);
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                         http == 1 ? long{CURL_HTTP_VERSION_1_1} : long{CURL_HTTP_VERSION_2TLS});
        if (!access.auth.token.empty()) add_header("Authorization: Bearer " + access.auth.token);
        add_header("Accept: application/json");
        add_header("Content-Type: application/json");
        add_header("Expect:");
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Sink::write);
    }

    /// The status; 0 when no answer came. `body` is posted unless it is null.
    long ask(const std::string& target, const std::string* body, Sink& sink) {
        CURL* easy = easy_.get();
        sink = Sink();
        curl_easy_setopt(easy, CURLOPT_URL, (access_.server + target).c_str());
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &sink);
        if (body != nullptr) {
            curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                             static_cast<curl_off_t>(body->size()));
            curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body->data());
        }
        if (curl_easy_perform(easy) != CURLE_OK) return 0;
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        return status;
    }

private:
    struct Free {
        void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };
    void add_header(const std::string& line) {
        headers_.reset(curl_slist_append(headers_.release(), line.c_str()));
    }

    const kube::ClusterAccess& access_;
    Easy easy_;
    std::unique_ptr<curl_slist, Free> headers_;
};

struct Totals {
    std::atomic<std::size_t> objects = 0;
    std::atomic<std::size_t> bytes = 0;
    std::atomic<std::size_t> next = 0;
};

void print(const Totals& totals, std::chrono::duration<double> took) {
    const Json json = {
        {"objects", totals.objects.load()},
        {"bytes", totals.bytes.load()},
        {"seconds", took.count()},
        {"objects_per_second", static_cast<double>(totals.objects.load()) / took.count()}};
    fmt::print("{}\n", base::dump_json(json));
}

/// Runs `work` once on each of `threads` threads, each with its own connection.
Result<std::chrono::duration<double>> run_all(
    std::size_t threads, const kube::ClusterAccess& access, int http,
    const std::function<Result<void>(Connection&)>& work) {
    const auto begin = std::chrono::steady_clock::now();
    base::WorkerPool pool(threads, threads);
    for (std::size_t i = 0; i < threads; ++i) {
        const auto one = [&]() -> Result<void> {
            Connection connection(access, http);
            return work(connection);
        };
        TRY(pool.submit(one));
    }
    TRY(pool.finish());
    return std::chrono::steady_clock::now() - begin;
}

/// A kind to list, with how many objects it has.
struct Listed {
    kube::ResourceType type;
    std::size_t objects = 0;
};

/// The kinds that a capture takes, the biggest first; not part of what is measured.
Result<std::vector<Listed>> kinds_in_scope(kube::Client& client, std::string& version) {
    const kube::Discovery discovery = TRY(client.discover({}));
    const std::set<std::string> skipped = {"Event", "Lease"};
    std::vector<Listed> kinds;
    for (const kube::ResourceType& type : discovery.types) {
        if (!type.can("list") || !type.can("get") || !type.can("create")) continue;
        if (type.aggregated || skipped.contains(type.kind)) continue;
        const kube::ListPage page = TRY(client.list(
            type, {.limit = 1, .resource_version = version, .exact = !version.empty()}, {}));
        if (version.empty()) version = page.resource_version;
        const auto more = static_cast<std::size_t>(page.remaining.value_or(0));
        kinds.push_back({type, page.items.size() + more});
    }
    std::ranges::sort(kinds, std::greater(), &Listed::objects);
    return kinds;
}

Result<void> list_kind(Connection& connection, const kube::ResourceType& type,
                       const std::string& version, int page, Totals& totals) {
    std::string token;
    do {
        std::string target = fmt::format("{}?limit={}", type.collection_path(""), page);
        target += token.empty()
                      ? fmt::format("&resourceVersion={}&resourceVersionMatch=Exact", version)
                      : "&continue=" + net::percent_encode(token);
        Sink sink;
        if (const long status = connection.ask(target, nullptr, sink); status != 200) {
            return fail(ErrorCode::Unavailable, "listing {}: status {}", type.plural, status);
        }
        totals.bytes += sink.bytes;
        token = sink.token();
    } while (!token.empty());
    return {};
}

Result<void> measure_list(kube::Client& client, const kube::ClusterAccess& access,
                          const Arguments& arguments) {
    std::string version;
    const std::vector<Listed> kinds = TRY(kinds_in_scope(client, version));
    Totals totals;
    for (const Listed& kind : kinds) totals.objects += kind.objects;
    const auto work = [&](Connection& connection) -> Result<void> {
        for (std::size_t i = totals.next++; i < kinds.size(); i = totals.next++) {
            TRY(list_kind(connection, kinds[i].type, version, arguments.page, totals));
        }
        return {};
    };
    const auto took = TRY(run_all(arguments.kinds_at_once, access, arguments.http, work));
    print(totals, took);
    return {};
}

struct Posted {
    std::string target;
    std::string body;
};

Result<std::vector<Posted>> read_objects(kube::Client& client, const std::string& path) {
    const kube::Discovery discovery = TRY(client.discover({}));
    const std::string text = TRY(base::read_file(path, kMaxNdjsonBytes));
    std::vector<Posted> objects;
    for (const std::string_view line : base::split(text, '\n')) {
        if (line.empty()) continue;
        const Json object = TRY(base::parse_json(line), "{}", path);
        const std::string version = base::text_at(object, "/apiVersion");
        const std::size_t slash = version.find('/');
        const std::string group = slash == std::string::npos ? "" : version.substr(0, slash);
        const kube::ResourceType* type = discovery.find(group, base::text_at(object, "/kind"));
        if (type == nullptr)
            return fail(ErrorCode::NotFound, "no such kind: {}", line.substr(0, 80));
        objects.push_back({type->collection_path(base::text_at(object, "/metadata/namespace")),
                           std::string(line)});
    }
    return objects;
}

Result<void> measure_post(kube::Client& client, const kube::ClusterAccess& access,
                          const Arguments& arguments) {
    const std::vector<Posted> objects = TRY(read_objects(client, arguments.ndjson));
    Totals totals;
    const auto work = [&](Connection& connection) -> Result<void> {
        Sink sink;
        for (std::size_t i = totals.next++; i < objects.size(); i = totals.next++) {
            const long status = connection.ask(objects[i].target, &objects[i].body, sink);
            if (status != 201) {
                return fail(ErrorCode::Unavailable, "status {}: {}", status, sink.head);
            }
            ++totals.objects;
            totals.bytes += objects[i].body.size();
        }
        return {};
    };
    const auto took = TRY(run_all(arguments.inflight, access, arguments.http, work));
    print(totals, took);
    return {};
}

Result<void> run(const Arguments& arguments, bool posting) {
    base::SystemClock clock;
    base::SystemRandom random;
    const kube::ClusterAccess access = TRY(kube::load_access(
        {.kubeconfig = arguments.kubeconfig}, kube::Surroundings::of_this_process()));
    const auto client = TRY(kube::connect(access, {.clock = clock, .random = random}));
    return posting ? measure_post(*client, access, arguments)
                   : measure_list(*client, access, arguments);
}

}  // namespace
}  // namespace holdfast::bench

// NOLINTNEXTLINE(bugprone-exception-escape): nobody could do more about what gets here
int main(int argc, char** argv) {
    holdfast::bench::Arguments arguments;
    CLI::App app("Asks an API server as fast as a bare libcurl loop can");
    app.require_subcommand(1);
    CLI::App* list = app.add_subcommand("list");
    CLI::App* post = app.add_subcommand("post");
    for (CLI::App* command : {list, post}) {
        command->add_option("--kubeconfig", arguments.kubeconfig);
        command->add_option("--http", arguments.http, "1 for HTTP/1.1, 2 for HTTP/2");
    }
    list->add_option("--kinds-at-once", arguments.kinds_at_once);
    list->add_option("--page", arguments.page);
    post->add_option("--inflight", arguments.inflight);
    post->add_option("--ndjson", arguments.ndjson)->required();
    CLI11_PARSE(app, argc, argv);
    const holdfast::Result<void> done = holdfast::bench::run(arguments, post->parsed());
    if (done) return 0;
    fmt::print(stderr, "error: {}\n", done.error().message);
    return 1;
}
