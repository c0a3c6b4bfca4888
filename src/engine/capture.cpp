#include "engine/capture.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ranges>
#include <unordered_map>
#include <unordered_set>

#include "base/json.h"
#include "base/text.h"
#include "engine/capture_pass.h"
#include "engine/capture_scope.h"
#include "engine/cluster_facts.h"
#include "engine/needs.h"
#include "engine/object_row.h"
#include "engine/progress_meter.h"
#include "engine/row_delta.h"
#include "engine/row_table.h"
#include "engine/selection.h"
#include "kube/object_view.h"
#include "kube/resource_type.h"
#include "repo/ids.h"
#include "repo/point.h"
#include "repo/run.h"
#include "repo/writer.h"

namespace holdfast::engine {

namespace {

constexpr std::size_t kMaxListedNamespaces = 20;
constexpr std::size_t kMaxNamespaces = 100'000;

/// The namespaces to read and the instant to read them at.
struct Instant {
    std::unordered_set<std::string> namespaces;
    std::string resource_version;
    std::vector<std::string> missing;        ///< chosen by name, but not there
    std::vector<std::string> without_match;  ///< globs beside others that matched
};

bool is_namespace(const kube::ResourceType& type) {
    return type.group.empty() && type.kind == "Namespace";
}

bool is_crd(const kube::ResourceType& type) {
    return type.group == "apiextensions.k8s.io" && type.kind == "CustomResourceDefinition";
}

/// The current revision, learned from the first kind that answers, for callers who may not list
/// namespaces.
Result<std::string> current_version(kube::Client& client, const kube::Discovery& discovery,
                                    const std::vector<std::string>& namespaces,
                                    std::stop_token stop) {
    Error last{.code = ErrorCode::PermissionDenied, .message = "no kind can be listed"};
    for (const kube::ResourceType& type : discovery.types) {
        if (type.aggregated || !is_state(type)) continue;
        std::string ns = type.namespaced && !namespaces.empty() ? namespaces.front() : "";
        auto page = client.list(type, {.ns = ns, .limit = 1}, stop);
        if (page) return page->resource_version;
        last = std::move(page).error();
        if (last.code == ErrorCode::Cancelled) break;
    }
    return std::unexpected(std::move(last));
}

/// What to make of the words for namespaces that no namespace matches, not even one that something
/// else keeps out of the point.
Result<void> sort_out_unmatched(const Selection& selection, std::vector<std::string> unmatched,
                                Instant& instant) {
    if (!unmatched.empty() && unmatched.size() == selection.spec().namespaces.size())
        return fail(ErrorCode::NotFound, "the cluster has no namespace that matches {}",
                    base::join(unmatched, ", "));
    std::ranges::sort(unmatched);
    unmatched.erase(std::ranges::unique(unmatched).begin(), unmatched.end());
    for (std::string& word : unmatched) {
        if (is_glob(word))
            instant.without_match.push_back(std::move(word));
        else if (selection.includes_namespace(word))
            instant.missing.push_back(std::move(word));
    }
    return {};
}

Result<Instant> choose_instant(kube::Client& client, const kube::Discovery& discovery,
                               const Selection& selection, std::stop_token stop) {
    Instant instant;
    const kube::ResourceType* type = discovery.find("", "Namespace");
    if (type == nullptr) return fail(ErrorCode::Unavailable, "the server serves no namespaces");
    kube::ListOptions options{.limit = 1000};
    std::vector<std::string> unmatched = selection.spec().namespaces;
    do {
        auto page = client.list(*type, options, stop);
        auto plain = selection.plain_namespaces();
        if (!page && page.error().code == ErrorCode::PermissionDenied && plain) {
            instant.namespaces.insert(plain->begin(), plain->end());
            instant.resource_version = TRY(current_version(client, discovery, *plain, stop));
            return instant;
        }
        if (!page) return std::unexpected(std::move(page).error().context("listing namespaces"));
        if (instant.resource_version.empty()) instant.resource_version = page->resource_version;
        for (const kube::ObjectView& object : page->items) {
            std::erase_if(unmatched, [&](const std::string& glob) {
                return base::glob_matches(glob, object.name);
            });
            if (!object.excluded_by_label && selection.includes_namespace(object.name))
                instant.namespaces.emplace(object.name);
        }
        if (instant.namespaces.size() > kMaxNamespaces)
            return fail(ErrorCode::LimitExceeded, "more than {} namespaces", kMaxNamespaces);
        options.continue_token = page->continue_token;
    } while (!options.continue_token.empty());
    TRY(sort_out_unmatched(selection, std::move(unmatched), instant));
    return instant;
}

/// Whether what the selected objects need is brought from outside their namespaces.
bool brings_needs(const Selection& selection, const kube::ResourceType& type) {
    const SelectionSpec& spec = selection.spec();
    bool narrowed = selection.narrows_namespaces() || selection.selects_labels() ||
                    !spec.kinds.empty() || !spec.excluded_kinds.empty();
    if (!narrowed || !Needs::concerns(type)) return false;
    if (is_namespace(type)) return true;
    if (spec.cluster_scoped != ClusterScoped::Auto) return false;
    return spec.kinds.empty() || is_crd(type);
}

KindJob job_for(const kube::ResourceType& type, const Selection& selection,
                const Instant& instant) {
    bool of_selection = selection.includes_type(type.group, type.kind);
    bool excluded = !of_selection && selection.spec().kinds.empty();
    KindJob job{.type = type};
    if (type.namespaced) {
        job.selected = of_selection;
        auto plain = selection.plain_namespaces();
        if (plain && plain->size() <= kMaxListedNamespaces) {
            job.namespaces.clear();
            for (const std::string& ns : *plain)
                if (instant.namespaces.contains(ns)) job.namespaces.push_back(ns);
        }
    } else {
        job.needed = !excluded && brings_needs(selection, type);
        job.selected = of_selection && !selection.without_cluster_objects() &&
                       !selection.only_needed_cluster_objects() &&
                       !(is_namespace(type) && selection.narrows_namespaces());
    }
    return job;
}

/// The jobs in the order in which they must run: what has needs, then the bindings that name
/// needed roles, then the rest of what may be needed.
std::vector<std::vector<KindJob>> plan_phases(const kube::Discovery& discovery,
                                              const Selection& selection, const Instant& instant) {
    std::vector<std::vector<KindJob>> phases(3);
    for (const kube::ResourceType& type : discovery.types) {
        if (!is_state(type)) continue;
        KindJob job = job_for(type, selection, instant);
        bool observed = ClusterFacts::wants(type);
        if (!job.selected && !job.needed && !observed) continue;
        std::size_t phase = !job.needed ? 0 : type.kind == "ClusterRoleBinding" ? 1 : 2;
        phases[phase].push_back(std::move(job));
    }
    return phases;
}

/// What one attempt at one resource version gives.
struct Attempt {
    std::vector<KindJob> jobs;
    ClusterFacts facts;
    Needs needs;
    std::string resource_version;
    std::vector<std::string> missing_namespaces;
    std::vector<std::string> globs_without_match;
    CapturePass::End end = CapturePass::End::Done;
};

/// The capture of one cluster into one vault.
class Capture {
public:
    Capture(kube::Client& client, repo::Repository& repository, base::Clock& clock,
            const CaptureOptions& options, Progress& progress, std::stop_token stop)
        : client_(client),
          repository_(repository),
          clock_(clock),
          options_(options),
          meter_(progress, clock, "capturing"),
          stop_(std::move(stop)) {}

    Result<CaptureReport> run() {
        report_.manifest.started_at = clock_.now();
        TRY(identify());
        TRY(begin());
        std::unique_ptr<Attempt> attempt = TRY(read_all());
        TRY(refuse_emptiness(*attempt));
        TRY(commit(*attempt));
        meter_.flush();
        return std::move(report_);
    }

private:
    Result<void> identify();
    Result<void> begin();
    Result<std::unique_ptr<Attempt>> read_all();
    Result<void> read_once(Attempt& attempt, bool at_one_version);
    Result<void> refuse_emptiness(const Attempt& attempt);
    Result<void> commit(Attempt& attempt);
    Result<std::vector<repo::RunRef>> write_rows(const RowTable& rows);
    void record_types(Attempt& attempt);

    kube::Client& client_;
    repo::Repository& repository_;
    base::Clock& clock_;
    const CaptureOptions& options_;
    ProgressMeter meter_;
    std::stop_token stop_;

    kube::Discovery discovery_;
    std::optional<Selection> selection_;
    std::vector<repo::RunRef> base_runs_;
    std::unordered_map<std::string, std::uint64_t> base_counts_;  ///< by qualified kind
    std::unique_ptr<repo::Writer> writer_;
    CaptureReport report_;
};

Result<void> Capture::identify() {
    TRY(check_length(options_.selection));
    discovery_ = TRY(client_.discover(stop_), "learning what the cluster serves");
    selection_ = TRY(Selection::create(options_.selection, discovery_));
    report_.manifest.cluster = {.uid = TRY(cluster_identity(client_, stop_)),
                                .context = options_.context,
                                .server = client_.server(),
                                .kubernetes_version = discovery_.version.git_version};
    report_.manifest.selection = options_.selection;
    report_.manifest.failures = discovery_.failures;
    return {};
}

/// Shares rows with the latest point of the same cluster and selection, if there is one.
Result<void> Capture::begin() {
    std::optional<repo::PointId> base;
    for (const repo::PointSummary& point : TRY(repository_.points(), "listing points")) {
        auto summary = decode_summary(point.summary_json);
        if (summary && summary->cluster.uid == report_.manifest.cluster.uid &&
            summary->selection == options_.selection)
            base = point.id;
    }
    if (base) {
        auto point = repository_.point(*base);
        auto writer = repository_.begin({.base = base});
        if (point && writer) {
            writer_ = std::move(*writer);
            base_runs_ = std::move(point->content.runs);
            report_.base = *base;
            if (auto manifest = decode_manifest(point->content.manifest_json))
                for (const TypeRecord& record : manifest->types)
                    base_counts_[record.type.qualified_kind()] = record.objects;
            return {};
        }
        report_.notes.push_back("the previous point is not whole, so nothing is shared with it");
    }
    writer_ = TRY(repository_.begin({}), "starting to write to the vault");
    return {};
}

Result<std::unique_ptr<Attempt>> Capture::read_all() {
    for (std::size_t restart = 0;; ++restart) {
        auto attempt = std::make_unique<Attempt>();
        meter_.restart();
        TRY(read_once(*attempt, restart < options_.max_restarts));
        report_.manifest.restarts = restart;
        if (attempt->end == CapturePass::End::Done) return attempt;
        report_.notes.push_back(fmt::format(
            "the cluster dropped resource version {} from its history while it was being read; "
            "{}",
            attempt->resource_version,
            restart + 1 < options_.max_restarts
                ? "all kinds are read again at a newer one"
                : "each kind is now read at a version of its own, so kinds may differ in time"));
    }
}

Result<void> Capture::read_once(Attempt& attempt, bool at_one_version) {
    Instant instant = TRY(choose_instant(client_, discovery_, *selection_, stop_));
    attempt.resource_version = instant.resource_version;
    attempt.missing_namespaces = instant.missing;
    attempt.globs_without_match = instant.without_match;
    std::vector<std::vector<KindJob>> phases = plan_phases(discovery_, *selection_, instant);
    bool brings_needs = std::ranges::any_of(phases | std::views::join,
                                            [](const KindJob& job) { return job.needed; });
    CapturePass pass({.client = client_,
                      .writer = *writer_,
                      .options = options_,
                      .selection = *selection_,
                      .namespaces = instant.namespaces,
                      .facts = attempt.facts,
                      .needs = brings_needs ? &attempt.needs : nullptr,
                      .meter = meter_},
                     at_one_version ? instant.resource_version : "");
    // All at once, so that the total does not grow meanwhile; a first capture has none to tell.
    for (std::vector<KindJob>& jobs : phases)
        for (KindJob& job : jobs)
            if (auto count = base_counts_.find(job.type.qualified_kind());
                count != base_counts_.end())
                meter_.expect(job.expected_objects = count->second);
    for (std::vector<KindJob>& jobs : phases) {
        // The largest kinds first, so that none of them is left to run alone at the end.
        std::ranges::stable_sort(jobs, std::greater{}, &KindJob::expected_objects);
        attempt.end = TRY(pass.run(jobs, stop_));
        if (attempt.end == CapturePass::End::Expired) return {};
        std::ranges::move(jobs, std::back_inserter(attempt.jobs));
    }
    return {};
}

/// A server that went away must not look like a cluster whose every kind is forbidden, and a point
/// that holds nothing must not exist.
Result<void> Capture::refuse_emptiness(const Attempt& attempt) {
    bool captured = false;
    const Error* failure = nullptr;
    bool unreachable = false;
    for (const KindJob& job : attempt.jobs) {
        if (!job.selected && !job.needed) continue;
        if (!job.failure) {
            captured = true;
            continue;
        }
        failure = &*job.failure;
        unreachable = unreachable || failure->retryable();
    }
    if (unreachable) TRY(client_.send({.path = "/version"}, stop_), "the cluster went away");
    if (captured) return {};
    if (failure != nullptr)
        return std::unexpected(Error(*failure).context("no kind could be read; the last one"));
    return fail(ErrorCode::InvalidArgument, "the selection matches no kind of this cluster");
}

void Capture::record_types(Attempt& attempt) {
    std::ranges::sort(attempt.jobs, {}, [](const KindJob& job) {
        return encode_key_prefix(job.type.group, job.type.kind);
    });
    for (KindJob& job : attempt.jobs) {
        if (!job.selected && !job.needed) continue;
        TypeRecord record{.type = job.type,
                          .objects = job.objects,
                          .bytes = job.bytes,
                          .resource_version = job.resource_version};
        if (job.failure)
            record.failure = job.failure->message;
        else if (job.left_out_count > kMaxLeftOut)
            record.failure = fmt::format("{} of its objects cannot be kept, among them {}: {}",
                                         job.left_out_count, job.left_out.front().text(),
                                         job.left_out.front().reason);
        else
            record.left_out = std::move(job.left_out);
        if (!record.captured()) {
            // Half a kind would look like a whole one.
            job.rows = {};
            record.objects = 0;
            record.bytes = 0;
        }
        report_.manifest.types.push_back(std::move(record));
    }
}

/// They are compared with the base point's, which may have rotted since they were written. Passing
/// over that point would not help: equal rows would rely on the same rotten pack, until a repair
/// has condemned it. From then on that point is no base any more.
Result<std::vector<repo::RunRef>> Capture::write_rows(const RowTable& rows) {
    auto runs = write_runs(repository_, *writer_, rows, base_runs_);
    bool rotten = !runs && runs.error().is_damage();
    if (!rotten || base_runs_.empty()) return runs;
    return std::unexpected(std::move(runs).error().context(fmt::format(
        "the rows of point {}, which this one builds on, are harmed (after 'holdfast vault repair' "
        "a backup stores them anew)",
        report_.base.text())));
}

Result<void> Capture::commit(Attempt& attempt) {
    ClusterManifest& manifest = report_.manifest;
    record_types(attempt);
    RowTable rows;
    for (KindJob& job : attempt.jobs) {
        rows.append(job.rows);
        job.rows = {};
    }
    rows.sort();
    manifest.resource_version = attempt.resource_version;
    manifest.missing_namespaces = std::move(attempt.missing_namespaces);
    for (const std::string& glob : attempt.globs_without_match)
        report_.notes.push_back(fmt::format("no namespace matches {}", glob));
    manifest.volumes = attempt.facts.volumes();
    manifest.fingerprint = attempt.facts.fingerprint(discovery_.version);
    repo::PointContent content;
    content.runs = TRY(write_rows(rows), "writing the rows");
    manifest.finished_at = clock_.now();
    content.manifest_json = encode_manifest(manifest);
    content.summary_json = encode_summary(summarize(manifest));
    if (stop_.stop_requested()) return fail(ErrorCode::Cancelled, "the capture was stopped");
    report_.point = TRY(writer_->commit(content), "committing the point");
    report_.stored = writer_->stats();
    return {};
}

}  // namespace

Result<std::string> cluster_identity(kube::Client& client, std::stop_token stop) {
    kube::Response response =
        TRY(client.send({.path = "/api/v1/namespaces/kube-system"}, stop), "reading the cluster");
    if (response.status == 403) return "server:" + client.server();
    Json json = base::parse_json(response.body).value_or(Json());
    std::string uid = base::text_at(json, "/metadata/uid");
    if (!response.ok() || uid.empty())
        return fail(ErrorCode::Unavailable,
                    "{} answers {} when asked for Namespace kube-system, whose UID is the "
                    "cluster's identity: {}",
                    client.server(), response.status, base::text_at(json, "/message", "no words"));
    return uid;
}

Result<CaptureReport> capture(kube::Client& client, repo::Repository& repository,
                              base::Clock& clock, const CaptureOptions& options, Progress& progress,
                              std::stop_token stop) {
    return Capture(client, repository, clock, options, progress, std::move(stop)).run();
}

}  // namespace holdfast::engine
