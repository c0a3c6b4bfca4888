#pragma once

#include <array>
#include <string>

#include "app/application.h"
#include "app/document_list.h"
#include "app/terminal.h"
#include "base/json.h"
#include "engine/outcome.h"
#include "engine/restore.h"

namespace holdfast::app {

/// Prints what a preview finds, object by object as it comes, and the counts at the end.
class PreviewReport {
public:
    PreviewReport(const Terminal& terminal, Output output);

    void add(const engine::PreviewObject& object);
    /// Partial when an object could not be restored.
    ExitCode finish();

private:
    const Terminal& terminal_;
    Output output_;
    DocumentList document_;  ///< for machines
    std::array<std::uint64_t, 6> counts_{};
};

/// Prints how a restore ended and gives the exit code for it.
ExitCode tell_restore(const Application& application, const engine::RestoreRecords& records,
                      const engine::RestoreRecord& record, Output output);

Json record_json(const engine::RestoreRecord& record);
Json outcome_json(const engine::ObjectOutcome& outcome);
/// "120 created, 3 skipped, 1 failed"; only what there is.
std::string counts_text(const engine::OutcomeCounts& counts);

}  // namespace holdfast::app
