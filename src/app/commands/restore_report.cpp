#include "app/commands/restore_report.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "app/terminal.h"
#include "base/clock.h"
#include "base/json.h"
#include "engine/outcome.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kListedFailures = 20;

Color color_of(engine::PreviewVerdict verdict) {
    switch (verdict) {
        case engine::PreviewVerdict::Create:
        case engine::PreviewVerdict::CreateUnchecked:
            return Color::Green;
        case engine::PreviewVerdict::Differs:
            return Color::Yellow;
        case engine::PreviewVerdict::Cannot:
            return Color::Red;
        case engine::PreviewVerdict::Unchanged:
        case engine::PreviewVerdict::Skip:
            return Color::Dim;
    }
    return Color::Dim;
}

constexpr std::array kVerdicts = {
    engine::PreviewVerdict::Create,    engine::PreviewVerdict::CreateUnchecked,
    engine::PreviewVerdict::Unchanged, engine::PreviewVerdict::Differs,
    engine::PreviewVerdict::Skip,      engine::PreviewVerdict::Cannot};

/// What Holdfast has to say. The server's warnings are about the object itself and were as true
/// before; 'restore objects' and wide previews list them.
std::vector<std::string> notes_of_ours(const std::vector<std::string>& notes) {
    std::vector<std::string> ours;
    for (const std::string& note : notes)
        if (!note.starts_with("the server warns")) ours.push_back(note);
    return ours;
}

Json preview_json(const engine::PreviewObject& object) {
    return {{"group", object.object.group},
            {"kind", object.object.kind},
            {"namespace", object.object.ns},
            {"name", object.object.name},
            {"verdict", name_of(object.verdict)},
            {"reason", object.reason},
            {"diff", object.diff},
            {"wouldChange", object.would_change},
            {"notes", object.notes}};
}

}  // namespace

PreviewReport::PreviewReport(const Terminal& terminal, Output output)
    : terminal_(terminal), output_(output), document_(output) {}

void PreviewReport::add(const engine::PreviewObject& object) {
    ++counts_[static_cast<std::size_t>(object.verdict)];
    if (output_ == Output::Name) return print_line(object.object.text());
    if (!is_for_people(output_)) {
        document_.add(preview_json(object));
        return;
    }
    // What stays as it is would bury what matters.
    if (object.verdict == engine::PreviewVerdict::Unchanged && output_ != Output::Wide) return;
    std::string verdict(name_of(object.verdict));
    if (object.verdict == engine::PreviewVerdict::Differs)
        verdict += object.would_change ? ", would be changed" : ", left alone";
    std::string line = fmt::format("{} {}", terminal_.paint(color_of(object.verdict), verdict),
                                   printable(object.object.text()));
    if (!object.reason.empty()) line += fmt::format(" ({})", printable(object.reason));
    print_line(line);
    for (const std::string& difference : object.diff)
        print_line(fmt::format("    {}", printable(difference)));
    for (const std::string& note :
         output_ == Output::Wide ? object.notes : notes_of_ours(object.notes))
        print_line(fmt::format("    note: {}", printable(note)));
}

ExitCode PreviewReport::finish() {
    if (output_ == Output::Json || output_ == Output::Yaml) document_.finish();
    if (is_for_people(output_)) {
        std::string text = "Preview:";
        for (engine::PreviewVerdict verdict : kVerdicts)
            if (std::uint64_t count = counts_[static_cast<std::size_t>(verdict)]; count > 0)
                text += fmt::format(" {} {},", count, name_of(verdict));
        if (text.ends_with(',')) text.pop_back();
        print_line(text + ". Nothing was changed.");
    }
    auto cannot = static_cast<std::size_t>(engine::PreviewVerdict::Cannot);
    return counts_[cannot] > 0 ? ExitCode::Partial : ExitCode::Complete;
}

std::string counts_text(const engine::OutcomeCounts& counts) {
    using engine::Outcome;
    std::string text;
    for (Outcome outcome :
         {Outcome::Created, Outcome::Updated, Outcome::Recreated, Outcome::Unchanged,
          Outcome::Skipped, Outcome::Failed, Outcome::Pending})
        if (counts[outcome] > 0)
            text +=
                fmt::format("{}{} {}", text.empty() ? "" : ", ", counts[outcome], name_of(outcome));
    return text.empty() ? "no objects" : text;
}

Json record_json(const engine::RestoreRecord& record) {
    Json counts = Json::object();
    for (std::size_t i = 0; i < engine::kOutcomeCount; ++i) {
        auto outcome = static_cast<engine::Outcome>(i);
        counts[std::string(name_of(outcome))] = record.counts[outcome];
    }
    return {
        {"restore", record.id},
        {"state", name_of(record.state)},
        {"vault", record.identity.vault},
        {"point", record.identity.point},
        {"context", record.identity.context},
        {"server", record.identity.server},
        {"cluster", record.identity.cluster_uid},
        {"createdAt", base::to_rfc3339(record.created_at)},
        {"finishedAt",
         record.finished_at == base::Time{} ? Json() : Json(base::to_rfc3339(record.finished_at))},
        {"planned", record.planned},
        {"counts", std::move(counts)},
        {"emptyVolumes", record.counts.volumes_empty},
        {"problem", record.problem}};
}

Json outcome_json(const engine::ObjectOutcome& outcome) {
    return {{"group", outcome.object.group},
            {"kind", outcome.object.kind},
            {"namespace", outcome.object.ns},
            {"name", outcome.object.name},
            {"outcome", name_of(outcome.outcome)},
            {"reason", outcome.reason},
            {"notes", outcome.notes},
            {"volumeEmpty", outcome.volume_empty}};
}

namespace {

void tell_objects(const engine::RestoreRecords& records, const engine::RestoreRecord& record,
                  const Terminal& terminal) {
    std::size_t shown = 0;
    std::size_t passed_over = 0;
    auto listed = records.each_object(record.id, [&](const engine::ObjectOutcome& outcome) {
        bool failed = outcome.outcome == engine::Outcome::Failed;
        std::vector<std::string> notes = notes_of_ours(outcome.notes);
        if (!failed && !outcome.volume_empty && notes.empty()) return;
        if (++shown > kListedFailures) {
            ++passed_over;
            return;
        }
        std::string line = fmt::format(
            "  {} {}",
            terminal.paint(failed ? Color::Red : Color::Yellow, name_of(outcome.outcome)),
            printable(outcome.object.text()));
        if (outcome.volume_empty) line += ", volume new and EMPTY";
        if (!outcome.reason.empty()) line += fmt::format(": {}", printable(outcome.reason));
        print_line(line);
        for (const std::string& note : notes)
            print_line(fmt::format("      note: {}", printable(note)));
    });
    if (!listed) tell(fmt::format("holdfast: reading outcomes: {}", listed.error().message));
    if (passed_over > 0)
        print_line(fmt::format("  and {} more; 'holdfast restore objects {}' lists them",
                               passed_over, record.id));
}

}  // namespace

ExitCode tell_restore(const Application& application, const engine::RestoreRecords& records,
                      const engine::RestoreRecord& record, Output output) {
    if (output == Output::Name) {
        print_line(record.id);
    } else if (!is_for_people(output)) {
        print_document(record_json(record), output);
    } else {
        bool whole = record.state == engine::RestoreState::Completed;
        print_line(fmt::format(
            "{} Restore {}: {}",
            application.terminal.paint(whole ? Color::Green : Color::Yellow, name_of(record.state)),
            record.id, counts_text(record.counts)));
        tell_objects(records, record, application.terminal);
        if (!record.problem.empty()) print_line("  " + printable(record.problem));
        if (record.state == engine::RestoreState::Interrupted)
            print_line(fmt::format("  'holdfast restore --resume {}' goes on with it", record.id));
    }
    switch (record.state) {
        case engine::RestoreState::Completed:
            return ExitCode::Complete;
        case engine::RestoreState::Partial:
            return ExitCode::Partial;
        case engine::RestoreState::Interrupted:
        case engine::RestoreState::Running:
            break;
    }
    return application.stop.stop_requested() ? ExitCode::Interrupted : ExitCode::Failed;
}

}  // namespace holdfast::app
