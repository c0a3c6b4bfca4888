#pragma once

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace holdfast::kube {

struct ChildCommand {
    std::string program;  ///< looked up in PATH when it has no '/'
    std::vector<std::string> arguments;
    /// Added to, or in place of, what this process inherited.
    std::vector<std::pair<std::string, std::string>> variables;
    base::Millis timeout = std::chrono::seconds(60);
    std::size_t max_output_bytes = 1u << 20u;
    std::size_t max_error_bytes = 64u << 10u;  ///< what comes after is dropped
};

struct ChildOutcome {
    int exit_status = 0;
    int signal = 0;  ///< that ended it, or 0
    std::string output;
    std::string errors;

    bool ok() const { return exit_status == 0 && signal == 0; }
};

/// Runs a program in a process group of its own, without standard input, and returns when it has
/// ended. NotFound or PermissionDenied when it cannot be started; Timeout, Cancelled and
/// LimitExceeded after the whole group was killed.
Result<ChildOutcome> run_child(const ChildCommand& command, base::Clock& clock,
                               std::stop_token stop);

}  // namespace holdfast::kube
