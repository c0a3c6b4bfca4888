#include <malloc.h>

#include <CLI/CLI.hpp>

#include "app/application.h"
#include "app/home.h"
#include "app/program.h"
#include "app/signals.h"
#include "base/log.h"

namespace holdfast::app {

namespace {

int report_parse_error(const CLI::App& program, const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return program.exit(error);  // --help
    tell(fmt::format("holdfast: {}", parse_problem(program, error)));
    return static_cast<int>(ExitCode::Usage);
}

int end_with(const Application& application, const Result<ExitCode>& result) {
    if (result) return static_cast<int>(*result);
    if (application.stop.stop_requested()) {
        tell("holdfast: stopped");
        return static_cast<int>(ExitCode::Interrupted);
    }
    tell(fmt::format("holdfast: {}", result.error().message));
    return static_cast<int>(ExitCode::Failed);
}

/// Pages come in on one thread and go on another, so every arena of malloc would keep the most that
/// ever passed through it.
void bound_arenas() {
    constexpr int kArenas = 2;
    mallopt(M_ARENA_MAX, kArenas);  // NOLINT(concurrency-mt-unsafe): before any thread
}

int run(int argc, char** argv) {
    Application application;
    SignalWatcher signals(application.stop);
    Command chosen;
    bool verbose = false;
    CLI::App program(
        "Holdfast backs up and restores Kubernetes clusters, into encrypted, deduplicating vaults.",
        "holdfast");
    build_program(program, chosen, verbose);
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return report_parse_error(program, error);
    }
    base::log::configure({.level = verbose ? base::log::Level::Info : base::log::Level::Warning});
    auto home = Home::default_path();
    if (!home) return end_with(application, std::unexpected(std::move(home).error()));
    application.home = *home;
    return end_with(application, chosen(application));
}

}  // namespace

}  // namespace holdfast::app

// NOLINTNEXTLINE(bugprone-exception-escape): nobody could do more about what gets here
int main(int argc, char** argv) {
    holdfast::app::bound_arenas();
    return holdfast::app::run(argc, argv);
}
