// Drives the kube layer by itself against a real API server, for tests/e2e/test_kube_*.py.
// Prints one JSON document on standard output; errors go to standard error with exit code 1.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "base/json.h"
#include "base/random.h"
#include "base/worker_pool.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "kube/object_view.h"
#include "kube/resource_type.h"
#include "kube/status_error.h"

namespace {

using namespace holdfast;  // NOLINT: a test program
using Stop = std::stop_token;

struct Arguments {
    kube::AccessOptions access;
    std::string group;
    std::string kind;
    std::string path;
    std::string file;
    std::string method = "GET";
    std::string body;
    kube::ListOptions list;
    std::size_t count = 1;
    std::size_t threads = 1;
    long pause_millis = 0;
    long plugin_timeout_millis = 60'000;
    long first_contact_millis = 5'000;
    bool http2 = false;
};

Result<Json> print_discovery(kube::Client& client, const Arguments&) {
    const kube::Discovery discovery = TRY(client.discover(Stop()));
    Json types = Json::array();
    for (const kube::ResourceType& type : discovery.types) {
        types.push_back({{"group", type.group},
                         {"version", type.version},
                         {"kind", type.kind},
                         {"plural", type.plural},
                         {"singular", type.singular},
                         {"short_names", type.short_names},
                         {"categories", type.categories},
                         {"verbs", type.verbs},
                         {"other_versions", type.other_versions},
                         {"namespaced", type.namespaced},
                         {"aggregated", type.aggregated},
                         {"has_status", type.has_status}});
    }
    Json failures = Json::array();
    for (const kube::DiscoveryFailure& failure : discovery.failures) {
        failures.push_back({{"group_version", failure.group_version}, {"reason", failure.reason}});
    }
    return Json{
        {"types", types}, {"failures", failures}, {"version", discovery.version.git_version}};
}

Result<Json> print_list(kube::Client& client, const Arguments& arguments) {
    const kube::Discovery discovery = TRY(client.discover(Stop()));
    const kube::ResourceType* type = discovery.find(arguments.group, arguments.kind);
    if (type == nullptr) return fail(ErrorCode::NotFound, "no kind {}", arguments.kind);
    Json objects = Json::array();
    kube::ListOptions options = arguments.list;
    std::string version;
    int pages = 0;
    do {
        const kube::ListPage page = TRY(client.list(*type, options, Stop()));
        ++pages;
        version = page.resource_version;
        for (const kube::ObjectView& object : page.items) {
            const Bytes form = kube::captured_form(object, type->api_version(), type->kind);
            objects.push_back({{"name", object.name},
                               {"namespace", object.ns},
                               {"uid", object.uid},
                               {"owned", object.owned},
                               {"excluded", object.excluded_by_label},
                               {"deletion_timestamp", object.deletion_timestamp},
                               {"labels", kube::read_labels(object.labels)},
                               {"raw", object.raw},
                               {"captured", base::as_text(form)}});
        }
        options.continue_token = page.continue_token;
    } while (!options.continue_token.empty());
    return Json{{"objects", objects}, {"resource_version", version}, {"pages", pages}};
}

/// Lists every kind, several at once, as capture does.
Result<Json> count_objects(kube::Client& client, const Arguments& arguments) {
    const kube::Discovery discovery = TRY(client.discover(Stop()));
    base::Guarded<std::pair<std::size_t, std::size_t>> totals;
    base::Guarded<Json> errors{Json(Json::object())};
    base::WorkerPool pool(arguments.threads, 1);
    const auto begin = std::chrono::steady_clock::now();
    for (const kube::ResourceType& type : discovery.types) {
        if (!type.can("list") || !type.can("create") || !type.can("get")) continue;
        const auto list_all = [&]() -> Result<void> {
            kube::ListOptions options = arguments.list;
            do {
                const Result<kube::ListPage> page = client.list(type, options, Stop());
                if (!page) {
                    errors.update([&](Json& all) {
                        all[type.qualified_kind()] = {{"code", base::name_of(page.error().code)},
                                                      {"message", page.error().message}};
                    });
                    return {};
                }
                std::size_t bytes = 0;
                for (const kube::ObjectView& object : page->items) {
                    bytes += kube::captured_form(object, "v1", type.kind).size();
                }
                totals.update([&](auto& total) {
                    total.first += page->items.size();
                    total.second += bytes;
                });
                options.continue_token = page->continue_token;
            } while (!options.continue_token.empty());
            return {};
        };
        TRY(pool.submit(list_all));
    }
    TRY(pool.finish());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    return totals.update([&](auto& total) {
        return errors.update([&](Json& all) {
            return Json{{"objects", total.first},
                        {"captured_bytes", total.second},
                        {"seconds", took.count()},
                        {"errors", all}};
        });
    });
}

Result<Json> send_requests(kube::Client& client, const Arguments& arguments) {
    base::SystemClock clock;
    base::WorkerPool pool(arguments.threads, 1);
    base::Guarded<Json> statuses{Json(Json::object())};
    base::Guarded<Json> last;
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < arguments.count; ++i) {
        if (i > 0 && arguments.pause_millis > 0) {
            clock.sleep(base::Millis(arguments.pause_millis), Stop());
        }
        const auto send_one = [&, i]() -> Result<void> {
            kube::Request request;
            request.path = arguments.path;
            if (arguments.method == "POST") request.method = kube::Method::Post;
            request.body = arguments.body;
            if (const std::size_t at = request.body.find("{i}"); at != std::string::npos) {
                request.body.replace(at, 3, std::to_string(i));
            }
            const kube::Response response = TRY(client.send(request, Stop()));
            statuses.update([&](Json& all) {
                Json& count = all[std::to_string(response.status)];
                count = count.is_null() ? 1 : count.get<int>() + 1;
            });
            if (!response.ok()) {
                last.update([&](Json& json) { json = kube::status_error(response).message; });
            }
            return {};
        };
        TRY(pool.submit(send_one));
    }
    TRY(pool.finish());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    const Json refusal = last.update([](Json& json) { return json; });
    return statuses.update([&](Json& all) {
        return Json{{"statuses", all}, {"last_refusal", refusal}, {"seconds", took.count()}};
    });
}

using Action = Result<Json> (*)(kube::Client&, const Arguments&);

Result<void> run(Action action, const Arguments& arguments) {
    base::SystemClock clock;
    base::SystemRandom random;
    kube::Environment environment{.clock = clock, .random = random};
    environment.plugin_timeout = base::Millis(arguments.plugin_timeout_millis);
    environment.first_contact_window = base::Millis(arguments.first_contact_millis);
    if (arguments.http2) environment.http = kube::HttpChoice::Http2;
    const kube::ClusterAccess access =
        TRY(kube::load_access(arguments.access, kube::Surroundings::of_this_process()));
    const std::unique_ptr<kube::Client> client = TRY(kube::connect(access, environment));
    const Json answer = TRY(action(*client, arguments));
    fmt::print("{}\n", base::pretty_json(answer));
    return {};
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): nobody could do more about what gets here
int main(int argc, char** argv) {
    Arguments arguments;
    Action action = nullptr;
    CLI::App app("Drives the kube layer against an API server");
    app.add_option("--kubeconfig", arguments.access.kubeconfig);
    app.add_option("--context", arguments.access.context);
    app.add_option("--as", arguments.access.impersonation.user);
    app.add_option("--as-group", arguments.access.impersonation.groups);
    app.add_option("--plugin-timeout-millis", arguments.plugin_timeout_millis);
    app.add_option("--first-contact-millis", arguments.first_contact_millis);
    app.add_flag("--http2", arguments.http2);
    app.require_subcommand(1);

    CLI::App* discover = app.add_subcommand("discover");
    discover->callback([&] { action = print_discovery; });

    CLI::App* list = app.add_subcommand("list");
    list->add_option("--group", arguments.group);
    list->add_option("--kind", arguments.kind)->required();
    list->add_option("-n", arguments.list.ns);
    list->add_option("-l", arguments.list.label_selector);
    list->add_option("--limit", arguments.list.limit);
    list->add_option("--resource-version", arguments.list.resource_version);
    list->add_flag("--exact", arguments.list.exact);
    list->callback([&] { action = print_list; });

    CLI::App* count = app.add_subcommand("count");
    count->add_option("--threads", arguments.threads);
    count->add_option("--limit", arguments.list.limit);
    count->callback([&] { action = count_objects; });

    CLI::App* send = app.add_subcommand("send");
    send->add_option("--method", arguments.method);
    send->add_option("--path", arguments.path)->required();
    send->add_option("--body", arguments.body);
    send->add_option("--count", arguments.count);
    send->add_option("--threads", arguments.threads);
    send->add_option("--pause-millis", arguments.pause_millis);
    send->callback([&] { action = send_requests; });

    CLI11_PARSE(app, argc, argv);
    const Result<void> done = run(action, arguments);
    if (done) return 0;
    fmt::print(stderr, "error: {}\n", done.error().message);
    return 1;
}
