#include "engine/capture_pass.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string_view>
#include <thread>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/worker_pool.h"
#include "engine/manifest.h"
#include "engine/object_row.h"
#include "kube/object_view.h"
#include "kube/resource_type.h"

namespace holdfast::engine {

namespace {

constexpr std::int64_t kFirstPage = 500;
constexpr std::int64_t kSmallestPage = 1;
constexpr std::int64_t kLargestPage = 2000;
/// An answer that was too large has more than ten times the bytes that a page should have.
constexpr std::int64_t kTooLargeBy = 32;
/// Raw bytes of a page that are stored at once, so that copies of them stay small beside it.
constexpr std::size_t kSliceBytes = 1u << 20;
constexpr std::size_t kProcessors = 2;
constexpr std::size_t kWaitingPages = 2;
constexpr std::size_t kMaxToldNameBytes = 300;

std::uint64_t number(std::string_view text) {
    std::uint64_t value = 0;
    for (char digit : text) {
        if (digit < '0' || digit > '9') return 0;
        value = value * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    return value;
}

std::int64_t seconds(std::string_view timestamp) {
    auto time = base::from_rfc3339(timestamp);
    if (!time) return 0;
    return std::chrono::floor<std::chrono::seconds>(*time).time_since_epoch().count();
}

ObjectFacts facts_of(const kube::ResourceType& type, const kube::ObjectView& object,
                     bool managed_fields) {
    return {.version = type.version,
            .uid = std::string(object.uid),
            .resource_version = std::string(object.resource_version),
            .generation = number(object.generation),
            .created_at = seconds(object.creation_timestamp),
            .size_bytes = object.raw.size(),
            .owned = object.owned,
            .deleting = !object.deletion_timestamp.empty(),
            .managed_fields = managed_fields ? std::string(object.managed_fields) : ""};
}

/// An object's row without its chunk.
struct EncodedRow {
    std::string key;
    Bytes facts;
};

/// InvalidArgument, with the reason, when the vault cannot hold the object.
Result<EncodedRow> encode_row(const kube::ResourceType& type, const kube::ObjectView& object,
                              std::size_t chunk_bytes, bool managed_fields) {
    if (chunk_bytes > repo::kMaxChunkBytes)
        return fail(ErrorCode::InvalidArgument, "it has {} bytes, more than the {} that are kept",
                    chunk_bytes, repo::kMaxChunkBytes);
    ObjectKey key{.group = type.group,
                  .kind = type.kind,
                  .ns = std::string(object.ns),
                  .name = std::string(object.name)};
    TRY(check_key(key));
    return EncodedRow{.key = encode_key(key),
                      .facts = TRY(encode_facts(facts_of(type, object, managed_fields)))};
}

/// Enough of a name for a person to know the object by.
std::string shortened(std::string_view name) {
    return name.size() <= kMaxToldNameBytes
               ? std::string(name)
               : fmt::format("{}...", name.substr(0, kMaxToldNameBytes));
}

/// The page size, in objects, that comes near to the wanted bytes.
std::int64_t next_limit(const kube::ListPage& page, std::size_t page_bytes) {
    std::size_t bytes = 1;
    for (const kube::ObjectView& object : page.items) bytes += object.raw.size();
    auto fitting = static_cast<std::int64_t>(page_bytes * page.items.size() / bytes);
    return std::clamp(fitting, kSmallestPage, kLargestPage);
}

}  // namespace

/// What the threads of one run share.
struct CapturePass::Run {
    std::span<KindJob> jobs;
    std::stop_source abort;
    std::atomic<std::size_t> next{0};
    std::atomic<bool> expired{false};
    base::WorkerPool processors{kProcessors, kWaitingPages};
};

/// What one slice of a page gives.
struct CapturePass::Taken {
    std::vector<EncodedRow> rows;
    Bytes forms;                    ///< one after the other, as they are stored
    std::vector<std::size_t> ends;  ///< of each in `forms`
    std::uint64_t bytes = 0;
    std::vector<LeftOut> left_out;

    std::vector<ByteView> chunks() const {
        std::vector<ByteView> views;
        std::size_t begin = 0;
        for (std::size_t end : ends) {
            views.push_back(ByteView(forms).subspan(begin, end - begin));
            begin = end;
        }
        return views;
    }
};

CapturePass::CapturePass(const Surroundings& surroundings, std::string resource_version)
    : with_(surroundings), resource_version_(std::move(resource_version)) {}

Result<CapturePass::End> CapturePass::run(std::span<KindJob> jobs, std::stop_token stop) {
    Run run{.jobs = jobs};
    {
        std::stop_callback forward(stop, [&] { run.abort.request_stop(); });
        std::vector<std::jthread> listers;
        for (std::size_t i = 0; i < std::max<std::size_t>(1, with_.options.kinds_at_once); ++i)
            listers.emplace_back([&] { list_kinds(run); });
    }
    Result<void> processed = run.processors.finish();
    if (stop.stop_requested()) return fail(ErrorCode::Cancelled, "the capture was stopped");
    TRY(std::move(processed), "storing objects");
    if (run.expired) return End::Expired;
    for (KindJob& job : jobs) job.rows.sort();
    return End::Done;
}

void CapturePass::list_kinds(Run& run) {
    while (!run.abort.stop_requested()) {
        std::size_t index = run.next++;
        if (index >= run.jobs.size()) return;
        KindJob& job = run.jobs[index];
        base::log::info("reading {}", job.type.qualified_kind());
        auto listed = list_kind(run, job);
        if (listed) continue;
        if (kube::is_expired(listed.error()) && !resource_version_.empty() &&
            !job.type.aggregated) {
            run.expired = true;
            run.abort.request_stop();
        }
        job.failure = std::move(listed).error();
    }
}

Result<void> CapturePass::list_kind(Run& run, KindJob& job) {
    for (const std::string& ns : job.namespaces) TRY(list_namespace(run, job, ns));
    return {};
}

Result<void> CapturePass::list_namespace(Run& run, KindJob& job, const std::string& ns) {
    kube::ListOptions options{.ns = ns, .limit = kFirstPage};
    if (job.selected && !job.needed) options.label_selector = with_.selection.spec().selector;
    if (!job.type.aggregated && !resource_version_.empty()) {
        options.resource_version = resource_version_;
        options.exact = true;
    }
    do {
        auto page = std::make_shared<kube::ListPage>(TRY(fetch(run, job, options)));
        job.resource_version = page->resource_version;
        options.continue_token = page->continue_token;
        if (!page->items.empty()) options.limit = next_limit(*page, with_.options.page_bytes);
        auto submitted = run.processors.submit([this, &job, page] { return process(job, *page); });
        if (!submitted) {
            run.abort.request_stop();
            return submitted;
        }
    } while (!options.continue_token.empty());
    return {};
}

/// A page whose objects are so large that it exceeds what one answer may hold is asked for again
/// with fewer of them.
Result<kube::ListPage> CapturePass::fetch(Run& run, KindJob& job, kube::ListOptions& options) {
    while (true) {
        auto page = with_.client.list(job.type, options, run.abort.get_token());
        bool too_large = !page && page.error().code == ErrorCode::LimitExceeded;
        if (!too_large || options.limit <= 1) return page;
        options.limit = std::max<std::int64_t>(1, options.limit / kTooLargeBy);
    }
}

Result<void> CapturePass::process(KindJob& job, const kube::ListPage& page) {
    Objects slice;
    std::size_t raw_bytes = 0;
    for (const kube::ObjectView& object : page.items) {
        if (!wants(job, object)) continue;
        slice.push_back(&object);
        raw_bytes += object.raw.size();
        if (raw_bytes < kSliceBytes) continue;
        TRY(store(job, slice, raw_bytes));
        slice.clear();
        raw_bytes = 0;
    }
    return store(job, slice, raw_bytes);
}

Result<void> CapturePass::store(KindJob& job, const Objects& objects, std::size_t raw_bytes) {
    Taken taken = take(job, objects, raw_bytes);
    const auto ids = TRY(with_.writer.add_chunks(taken.chunks()), "{}", job.type.qualified_kind());
    RowTable rows;
    for (std::size_t i = 0; i < ids.size(); ++i)
        rows.add(taken.rows[i].key, ids[i], taken.rows[i].facts);
    merging_.update([&](bool&) {
        job.rows.append(rows);
        job.objects += rows.size();
        job.bytes += taken.bytes;
        job.left_out_count += taken.left_out.size();
        for (LeftOut& object : taken.left_out)
            if (job.left_out.size() < kMaxLeftOut) job.left_out.push_back(std::move(object));
    });
    with_.meter.add(taken.rows.size(), job.type.plural);
    return {};
}

/// An object that cannot be kept is named in the manifest; the others of its kind are kept.
CapturePass::Taken CapturePass::take(const KindJob& job, const Objects& objects,
                                     std::size_t raw_bytes) const {
    const std::string api_version = job.type.api_version();
    Taken taken;
    taken.forms.reserve(raw_bytes +
                        objects.size() * (api_version.size() + job.type.kind.size() + 64));
    for (const kube::ObjectView* object : objects) {
        const std::size_t begin = taken.forms.size();
        kube::append_captured_form(*object, api_version, job.type.kind, taken.forms);
        auto row =
            encode_row(job.type, *object, taken.forms.size() - begin, with_.options.managed_fields);
        if (row) {
            taken.rows.push_back(std::move(*row));
            taken.ends.push_back(taken.forms.size());
            taken.bytes += object->raw.size();
            continue;
        }
        taken.forms.resize(begin);
        taken.left_out.push_back({.ns = shortened(object->ns),
                                  .name = shortened(object->name),
                                  .reason = std::move(row).error().message});
    }
    return taken;
}

/// Also tells the facts and needs about it.
bool CapturePass::wants(const KindJob& job, const kube::ObjectView& object) {
    if (!object.ns.empty() && !with_.namespaces.contains(std::string(object.ns))) return false;
    with_.facts.observe(job.type, object);
    if (object.excluded_by_label || !is_selected(job, object)) return false;
    if (with_.needs != nullptr && !object.ns.empty()) with_.needs->observe(job.type, object);
    return true;
}

bool CapturePass::is_selected(const KindJob& job, const kube::ObjectView& object) {
    if (job.needed && job.type.kind == "ClusterRoleBinding")
        with_.needs->observe_cluster_role_binding(object);
    return (job.selected && with_.selection.includes_labels(object.labels)) ||
           (job.needed && with_.needs->contains(job.type, object));
}

}  // namespace holdfast::engine
