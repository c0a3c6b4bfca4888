#include "engine/point_diff.h"

#include <CLI/CLI.hpp>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>

#include "app/application.h"
#include "app/cluster_access.h"
#include "app/commands/commands.h"
#include "app/commands/options.h"
#include "app/document_list.h"
#include "app/point_name.h"
#include "app/point_query.h"
#include "app/progress_bar.h"
#include "app/terminal.h"
#include "app/vault_access.h"
#include "base/json.h"
#include "engine/capture.h"
#include "engine/diff.h"
#include "engine/manifest.h"
#include "engine/point_source.h"
#include "engine/progress.h"
#include "engine/selection.h"
#include "kube/client.h"
#include "kube/resource_type.h"

namespace holdfast::app {

namespace {

struct DiffWords {
    PointQuery query;
    std::string other;
    engine::SelectionSpec selection;
    engine::DiffOptions options;
    Output output = Output::Table;
};

constexpr std::array kChanges = {engine::Change::Added, engine::Change::Removed,
                                 engine::Change::Changed};

/// Prints changes as they are found, and their counts.
class DiffReport {
public:
    DiffReport(const Terminal& terminal, Output output)
        : terminal_(terminal), output_(output), document_(output) {}

    void add(const engine::ObjectChange& change) {
        ++counts_[static_cast<std::size_t>(change.change)];
        if (output_ == Output::Name) return print_line(change.key.text());
        if (!is_for_people(output_)) return add_json(change);
        bool added = change.change == engine::Change::Added;
        bool removed = change.change == engine::Change::Removed;
        Color color = added ? Color::Green : removed ? Color::Red : Color::Yellow;
        print_line(fmt::format("{} {}",
                               terminal_.paint(color, added     ? "+"
                                                      : removed ? "-"
                                                                : "~"),
                               printable(change.key.text())));
        for (const engine::Difference& difference : change.differences)
            print_line("    " + printable(engine::display(difference)));
    }

    void finish() {
        if (output_ == Output::Name) return;
        if (!is_for_people(output_)) return document_.finish();
        std::string text;
        for (engine::Change change : kChanges)
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ",
                                counts_[static_cast<std::size_t>(change)], name_of(change));
        print_line(text);
    }

private:
    void add_json(const engine::ObjectChange& change) {
        Json differences = Json::array();
        for (const engine::Difference& one : change.differences)
            differences.push_back(
                {{"path", one.path}, {"before", one.before}, {"after", one.after}});
        document_.add({{"group", change.key.group},
                       {"kind", change.key.kind},
                       {"namespace", change.key.ns},
                       {"name", change.key.name},
                       {"change", name_of(change.change)},
                       {"differences", std::move(differences)}});
    }

    const Terminal& terminal_;
    Output output_;
    DocumentList document_;
    std::array<std::uint64_t, kChanges.size()> counts_{};
};

/// A cluster whose lists advance a progress bar.
class WatchedClient final : public kube::Client {
public:
    WatchedClient(kube::Client& inner, engine::Progress& progress, std::uint64_t expected)
        : inner_(inner), progress_(progress), expected_(expected) {}

    Result<kube::Discovery> discover(std::stop_token stop) override {
        return inner_.discover(std::move(stop));
    }
    Result<kube::Response> send(const kube::Request& request, std::stop_token stop) override {
        return inner_.send(request, std::move(stop));
    }
    Result<kube::ListPage> list(const kube::ResourceType& type, const kube::ListOptions& options,
                                std::stop_token stop) override {
        progress_.update(
            {.phase = "comparing", .item = type.plural, .done = done_, .total = expected_});
        auto page = inner_.list(type, options, std::move(stop));
        if (page) done_ += page->items.size();
        return page;
    }
    std::string server() const override { return inner_.server(); }

private:
    kube::Client& inner_;
    engine::Progress& progress_;
    std::uint64_t expected_;
    std::uint64_t done_ = 0;
};

/// One comparison: the point, what it is compared with, and who is told.
struct Comparison {
    Application& application;
    const DiffWords& words;
    OpenPoint& point;
    const engine::Selection& selection;
    ProgressBar& bar;
    engine::ChangeVisitor visit;
};

Result<engine::NotCompared> compare_live(const Comparison& comparison) {
    std::stop_token stop = comparison.application.stop_token();
    const engine::ClusterManifest& manifest = comparison.point.source->manifest();
    OpenCluster cluster = TRY(open_cluster(comparison.application, comparison.words.query.access));
    std::string uid = TRY(engine::cluster_identity(*cluster, stop));
    if (uid != manifest.cluster.uid)
        tell(fmt::format("note: the live cluster is another one ({}, {}) than the point's ({}, {})",
                         printable(cluster.context), uid, printable(manifest.cluster.context),
                         manifest.cluster.uid));
    WatchedClient watched(*cluster, comparison.bar, manifest.objects());
    return engine::diff_live(*comparison.point.source, watched, comparison.selection,
                             comparison.words.options, comparison.visit, stop);
}

Result<engine::NotCompared> compare_points(const Comparison& comparison) {
    const OpenVault& vault = comparison.point.vault;
    ListedPoint other = TRY(find_point_in(comparison.application, vault, comparison.words.query,
                                          comparison.words.other));
    auto later = TRY(engine::PointSource::open(*vault, other.point.id));
    comparison.bar.update({.phase = "comparing", .item = ""});
    return engine::diff_points(*comparison.point.source, *later, comparison.selection,
                               comparison.words.options, comparison.visit,
                               comparison.application.stop_token());
}

Result<ExitCode> run_diff(Application& application, const DiffWords& words) {
    if (auto checked = check_selectors(words.selection); !checked)
        return usage_error(checked.error().message);
    OpenPoint point = TRY(open_point(application, words.query));
    engine::Selection selection =
        TRY(engine::Selection::create(words.selection, point.source->manifest().discovery()));
    DiffReport report(application.terminal, words.output);
    ProgressBar bar(application.terminal, application.clock);
    auto visit = [&](const engine::ObjectChange& change) {
        bar.hide();
        report.add(change);
        return Result<void>();
    };
    Comparison comparison{.application = application,
                          .words = words,
                          .point = point,
                          .selection = selection,
                          .bar = bar,
                          .visit = visit};
    bool live = words.other.empty() || words.other == "live";
    engine::NotCompared notes = TRY(live ? compare_live(comparison) : compare_points(comparison));
    bar.hide();
    report.finish();
    for (const std::string& note : notes) tell("note: " + printable(note));
    return ExitCode::Complete;
}

}  // namespace

void add_point_diff_command(CLI::App& point, Command& chosen) {
    auto words = std::make_shared<DiffWords>();
    CLI::App& command = add_command(
        point, "diff", "Show what changed between two points, or since a point",
        "  holdfast point diff latest                     what changed in the cluster since\n"
        "  holdfast point diff 4f1a 77c0 -n shop\n"
        "  holdfast point diff latest live --kind secrets --show-secrets\n");
    add_point_query(command, words->query);
    command.add_option("OTHER", words->other,
                       "The later point, or 'live' (the default): the cluster as it is now");
    add_selection_options(command, words->selection);
    command.add_flag("--show-secrets", words->options.show_secrets, "Show the values of Secrets");
    command.add_flag("--with-status", words->options.with_status, "Compare the status too");
    add_output_option(command, words->output);
    command.callback([&chosen, words] {
        chosen = [words](Application& application) { return run_diff(application, *words); };
    });
}

}  // namespace holdfast::app
