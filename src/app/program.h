#pragma once

#include <string>

#include "app/application.h"

namespace CLI {
class App;
class Error;
}  // namespace CLI

namespace holdfast::app {

/// Adds every verb, option and example to the program. When the command line has been parsed,
/// `chosen` is what it names, and `verbose` whether it asks to hear more.
void build_program(CLI::App& program, Command& chosen, bool& verbose);

/// One sentence of what is wrong with the command line, and where to read more.
std::string parse_problem(const CLI::App& program, const CLI::Error& error);

}  // namespace holdfast::app
