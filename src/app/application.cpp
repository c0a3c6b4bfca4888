#include "app/application.h"

#include <fmt/core.h>

#include <cstdio>
#include <string_view>

#include "app/yaml.h"

namespace holdfast::app {

void print(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

void print_line(std::string_view text) {
    print(fmt::format("{}\n", text));
}

void tell(std::string_view text) {
    fmt::print(stderr, "{}\n", text);
}

ExitCode usage_error(std::string_view message) {
    tell(fmt::format("holdfast: {}", message));
    return ExitCode::Usage;
}

Result<Output> parse_output(const std::string& text) {
    if (text == "table") return Output::Table;
    if (text == "wide") return Output::Wide;
    if (text == "json") return Output::Json;
    if (text == "yaml") return Output::Yaml;
    if (text == "name") return Output::Name;
    return fail(ErrorCode::InvalidArgument,
                "'{}' is no output format; use table, wide, json, yaml or name", text);
}

void print_document(const Json& json, Output output) {
    print(output == Output::Yaml ? to_yaml(json) : base::pretty_json(json) + "\n");
}

}  // namespace holdfast::app
