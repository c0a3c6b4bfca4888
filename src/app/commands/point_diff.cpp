#include "engine/point_diff.h"

#include <CLI/CLI.hpp>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "app/application.h"
#include "app/cluster_access.h"
#include "app/commands/commands.h"
#include "app/commands/options.h"
#include "app/point_name.h"
#include "app/point_query.h"
#include "app/terminal.h"
#include "base/json.h"
#include "engine/diff.h"
#include "engine/point_source.h"
#include "engine/selection.h"

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
    DiffReport(const Terminal& terminal, Output output) : terminal_(terminal), output_(output) {}

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

    void finish() const {
        if (output_ == Output::Name) return;
        if (!is_for_people(output_)) return print_document(all_, output_);
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
        all_.push_back({{"group", change.key.group},
                        {"kind", change.key.kind},
                        {"namespace", change.key.ns},
                        {"name", change.key.name},
                        {"change", name_of(change.change)},
                        {"differences", std::move(differences)}});
    }

    const Terminal& terminal_;
    Output output_;
    Json all_ = Json::array();
    std::array<std::uint64_t, kChanges.size()> counts_{};
};

Result<ExitCode> run_diff(Application& application, const DiffWords& words) {
    if (auto checked = check_selectors(words.selection); !checked)
        return usage_error(checked.error().message);
    OpenPoint point = TRY(open_point(application, words.query));
    engine::Selection selection =
        TRY(engine::Selection::create(words.selection, point.source->manifest().discovery()));
    DiffReport report(application.terminal, words.output);
    auto visit = [&](const engine::ObjectChange& change) {
        report.add(change);
        return Result<void>();
    };
    engine::NotCompared notes;
    if (words.other.empty() || words.other == "live") {
        OpenCluster cluster = TRY(open_cluster(application, words.query.access));
        notes = TRY(engine::diff_live(*point.source, *cluster, selection, words.options, visit,
                                      application.stop_token()));
    } else {
        ListedPoint other = TRY(find_point_in(application, point.vault, words.query, words.other));
        auto later = TRY(engine::PointSource::open(*point.vault, other.point.id));
        notes = TRY(engine::diff_points(*point.source, *later, selection, words.options, visit,
                                        application.stop_token()));
    }
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
