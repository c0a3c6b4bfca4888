#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "repo/protocol.h"
#include "tests/sim/vault_sim.h"

// sim_test --seeds N [--first S] [--without STEP]: that many histories of a vault; the first seed
//   that goes wrong is printed. One seed always gives the same history.
// sim_test --mutations N: leaves out every step of the protocol in turn, and fails unless one of
//   N seeds shows what that loses.
namespace holdfast::sim {
namespace {

using repo::ProtocolStep;

struct Step {
    ProtocolStep step;
    std::string_view name;
};
constexpr std::array kSteps = {
    Step{.step = ProtocolStep::RecordReliance, .name = "RecordReliance"},
    Step{.step = ProtocolStep::CheckCondemned, .name = "CheckCondemned"},
    Step{.step = ProtocolStep::CheckPresence, .name = "CheckPresence"},
    Step{.step = ProtocolStep::PacksBeforePoint, .name = "PacksBeforePoint"},
    Step{.step = ProtocolStep::IndexBeforePoint, .name = "IndexBeforePoint"},
    Step{.step = ProtocolStep::CreatePointOnce, .name = "CreatePointOnce"},
    Step{.step = ProtocolStep::CondemnFirst, .name = "CondemnFirst"},
    Step{.step = ProtocolStep::ListWritersAgain, .name = "ListWritersAgain"},
    Step{.step = ProtocolStep::ListPointsAgain, .name = "ListPointsAgain"},
    Step{.step = ProtocolStep::SpareLiveWriters, .name = "SpareLiveWriters"},
    Step{.step = ProtocolStep::AbortBeforeDrop, .name = "AbortBeforeDrop"},
    Step{.step = ProtocolStep::CheckHoldersAgain, .name = "CheckHoldersAgain"},
    Step{.step = ProtocolStep::KeepCondemned, .name = "KeepCondemned"},
};

struct Options {
    std::uint64_t first = 1;
    std::uint64_t seeds = 0;
    std::uint64_t mutations = 0;
    repo::ProtocolSteps without;
};

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<Options> parse(std::span<char*> arguments) {
    Options options;
    for (std::size_t i = 1; i + 1 < arguments.size(); i += 2) {
        const std::string_view flag = arguments[i];
        const std::string_view value = arguments[i + 1];
        if (flag == "--without") {
            for (const Step& step : kSteps)
                if (step.name == value) options.without = step.step;
            continue;
        }
        auto count = number(value);
        if (!count) return std::nullopt;
        if (flag == "--seeds") options.seeds = *count;
        if (flag == "--first") options.first = *count;
        if (flag == "--mutations") options.mutations = *count;
    }
    if (arguments.size() % 2 == 0 || options.seeds + options.mutations == 0) return std::nullopt;
    return options;
}

bool run_seeds(const Options& options) {
    VaultSimResult sum;
    for (std::uint64_t seed = options.first; seed < options.first + options.seeds; ++seed) {
        const VaultSimResult result = simulate_vault(seed, options.without);
        sum.points += result.points;
        sum.deaths += result.deaths;
        sum.aborted += result.aborted;
        sum.packs_deleted += result.packs_deleted;
        sum.packs_moved += result.packs_moved;
        sum.packs_spared += result.packs_spared;
        if (result.complaint.empty()) continue;
        fmt::print("seed {}: {}\n", seed, result.complaint);
        fmt::print("again: sim_test --first {} --seeds 1\n", seed);
        return false;
    }
    fmt::print(
        "{} histories: {} points, {} deaths, {} forestalled commits; packs: {} deleted, {} moved, "
        "{} spared\n",
        options.seeds, sum.points, sum.deaths, sum.aborted, sum.packs_deleted, sum.packs_moved,
        sum.packs_spared);
    return true;
}

bool find_failure(const Step& step, const Options& options) {
    for (std::uint64_t seed = options.first; seed < options.first + options.mutations; ++seed) {
        const VaultSimResult result = simulate_vault(seed, step.step);
        if (result.complaint.empty()) continue;
        fmt::print("without {}: seed {}: {}\n", step.name, seed, result.complaint);
        std::fflush(stdout);
        return true;
    }
    fmt::print("without {}: nothing found in {} seeds\n", step.name, options.mutations);
    return false;
}

int main_of(std::span<char*> arguments) {
    const auto options = parse(arguments);
    if (!options) {
        fmt::print(stderr,
                   "usage: sim_test --seeds N | --mutations N [--first S] [--without STEP]\n");
        return 2;
    }
    base::log::configure({.level = base::log::Level::Error, .json = false});
    bool good = options->seeds == 0 || run_seeds(*options);
    if (options->mutations > 0)
        for (const Step& step : kSteps) good = find_failure(step, *options) && good;
    return good ? 0 : 1;
}

}  // namespace
}  // namespace holdfast::sim

int main(int count, char** arguments) {
    return holdfast::sim::main_of({arguments, static_cast<std::size_t>(count)});
}
