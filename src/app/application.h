#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "app/terminal.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "base/result.h"

namespace holdfast::app {

/// What the process ends with; scripts rely on these numbers.
enum class ExitCode {
    Complete = 0,
    Failed = 1,
    Usage = 2,
    /// A kind not captured, an object failed, a volume restored empty.
    Partial = 3,
    Interrupted = 130,
};

enum class Output { Table, Wide, Json, Yaml, Name };

/// What every command works with.
struct Application {
    base::SystemClock clock;
    base::SystemRandom random;
    Terminal terminal = Terminal::of_this_process();
    std::string home;  ///< $HOLDFAST_HOME, or ~/.holdfast
    std::stop_source stop;

    std::stop_token stop_token() const { return stop.get_token(); }
};

/// What the command line chose; run after everything was parsed.
using Command = std::function<Result<ExitCode>(Application&)>;

/// Standard output; a closed pipe ends nothing.
void print(std::string_view text);
void print_line(std::string_view text);
/// Standard error, for what is not the answer itself.
void tell(std::string_view text);

/// Prints a usage error with its cure and gives the code for it.
ExitCode usage_error(std::string_view message);

/// "table", "wide", "json", "yaml" or "name".
Result<Output> parse_output(const std::string& text);
inline bool is_for_people(Output output) {
    return output == Output::Table || output == Output::Wide;
}
/// Prints the document as JSON or YAML.
void print_document(const Json& json, Output output);

}  // namespace holdfast::app
