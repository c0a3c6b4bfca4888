#include "app/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/application.h"
#include "app/commands/options.h"
#include "base/text.h"
#include "engine/selection.h"

namespace holdfast::app {
namespace {

using testing::HasSubstr;

/// The program and what its command line chose; nothing is run.
struct Program {
    Command chosen;
    bool verbose = false;
    CLI::App app{"Holdfast", "holdfast"};

    Program() { build_program(app, chosen, verbose); }

    /// The problem, or nothing.
    std::string parse(std::vector<std::string> words) {
        std::reverse(words.begin(), words.end());
        try {
            app.parse(words);
        } catch (const CLI::ParseError& error) {
            return parse_problem(app, error);
        }
        return "";
    }
};

using Visit = std::function<void(CLI::App&, const std::string& path)>;
void each_command(CLI::App& command, const std::string& path, const Visit& visit) {
    visit(command, path);
    for (CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
        each_command(*sub, path + " " + sub->get_name(), visit);
}

TEST(Program, HasExamplesOfItsOwnForEveryCommand) {
    Program program;
    each_command(program.app, "holdfast", [](CLI::App& command, const std::string& path) {
        EXPECT_THAT(command.get_footer(), HasSubstr("\n  " + path)) << path;
    });
}

TEST(Program, TakesEveryExampleThatItsHelpShows) {
    Program texts;
    std::vector<std::string> examples;
    each_command(texts.app, "holdfast", [&](CLI::App& command, const std::string&) {
        const std::string footer = command.get_footer();
        for (std::string_view line : base::split(footer, '\n'))
            if (line.starts_with("  holdfast "))
                examples.emplace_back(base::trim(line.substr(2, line.find("   ", 2) - 2)));
    });
    EXPECT_GT(examples.size(), 30u);
    for (const std::string& example : examples) {
        Program program;
        std::string problem;
        try {
            program.app.parse(example, true);
        } catch (const CLI::ParseError& error) {
            problem = error.what();
        }
        EXPECT_EQ(problem, "") << example;
        EXPECT_TRUE(program.chosen) << example;
    }
}

TEST(Program, GivesEveryListOptionOneArgumentPerUse) {
    Program program;
    std::size_t lists = 0;
    each_command(program.app, "holdfast", [&](CLI::App& command, const std::string& path) {
        for (const CLI::Option* option : command.get_options()) {
            if (option->get_expected_max() <= 1) continue;
            ++lists;
            EXPECT_FALSE(option->get_allow_extra_args()) << path << " " << option->get_name();
        }
    });
    EXPECT_GT(lists, 20u);
}

TEST(Program, LeavesThePointBehindAListOption) {
    for (const char* option :
         {"-n", "--kind", "--existing", "--map-namespace", "--order", "--restore-status"}) {
        Program program;
        EXPECT_EQ(program.parse({"restore", option, "a=b", "latest", "--preview"}), "") << option;
        const CLI::App& restore = *program.app.get_subcommand("restore");
        EXPECT_EQ(restore.get_option("POINT")->as<std::string>(), "latest") << option;
    }
}

TEST(Program, TakesListsWithCommasAndRepeated) {
    Program program;
    EXPECT_EQ(program.parse({"backup", "-n", "a,b", "-n", "c", "--kind", "pods"}), "");
    const CLI::App& backup = *program.app.get_subcommand("backup");
    EXPECT_EQ(backup.get_option("-n")->as<std::vector<std::string>>(),
              (std::vector<std::string>{"a", "b", "c"}));
}

TEST(Program, TakesVerboseBeforeAndAfterTheVerb) {
    for (const std::vector<std::string>& words : {std::vector<std::string>{"-v", "point", "list"},
                                                  {"point", "-v", "list"},
                                                  {"point", "list", "-v"},
                                                  {"backup", "--verbose"}}) {
        Program program;
        EXPECT_EQ(program.parse(words), "");
        EXPECT_TRUE(program.verbose);
    }
    Program quiet;
    EXPECT_EQ(quiet.parse({"point", "list"}), "");
    EXPECT_FALSE(quiet.verbose);
}

TEST(Program, SaysWhatWasProbablyMeant) {
    EXPECT_THAT(Program().parse({"pont", "list"}), HasSubstr("Did you mean 'point'?"));
    EXPECT_THAT(Program().parse({"point", "lst"}),
                HasSubstr("'lst' means nothing to 'holdfast point'. Did you mean 'list'?"));
    EXPECT_THAT(Program().parse({"backup", "--exclude-namspace", "a"}),
                HasSubstr("Did you mean '--exclude-namespace'?"));
}

TEST(Program, RefusesAVaultNameThatIsNone) {
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"point", "list", "--vault", "../main"},
          {"vault", "create", "../main"},
          {"vault", "show", "../main"},
          {"vault", "verify", "../main"},
          {"vault", "import", "../main", "--location", "file:///x"}})
        EXPECT_THAT(Program().parse(words), HasSubstr("'../main' is no vault name"));
}

TEST(Program, SaysHowAPercentageIsGiven) {
    EXPECT_EQ(Program().parse({"vault", "verify", "main", "--read-data"}), "");
    EXPECT_EQ(Program().parse({"vault", "verify", "main", "--read-data=10"}), "");
    for (const char* wrong : {"xx", "101", "-1", "main", "1.5"})
        EXPECT_THAT(Program().parse({"vault", "verify", std::string("--read-data=") + wrong}),
                    HasSubstr(fmt::format("takes a percentage from 0 to 100, such as "
                                          "--read-data=10, not '{}'",
                                          wrong)));
}

TEST(SelectionWords, AreThoseOfTheCommandLine) {
    EXPECT_EQ(words_of(engine::SelectionSpec{}), "everything");
    engine::SelectionSpec spec;
    spec.namespaces = {"shop", "team-*"};
    spec.excluded_kinds = {"secrets"};
    spec.selector = "app in (a, b)";
    spec.cluster_scoped = engine::ClusterScoped::None;
    EXPECT_EQ(words_of(spec),
              "-n shop,team-* --exclude-kind secrets -l 'app in (a, b)' --cluster-scoped none");
}

}  // namespace
}  // namespace holdfast::app
