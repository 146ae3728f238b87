#include "handler/commands/command.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <variant>

#include "handler/commands/exit_status.h"
#include "handler/commands/options.h"

namespace streamonce::handler {
namespace {

constexpr std::array kOptions = {
    CommandOption{kFirstOwnCode, "high", "METRES", "how high at the most;\ndefault: 3"},
    CommandOption{kFirstOwnCode + 1, "a-name-as-long-as-that", nullptr, "is alone on its line"},
    CommandOption{kVerboseCode, "verbose", nullptr, "tell of each beat"},
};

int fly(Arguments /*arguments*/, const Environment& /*environment*/) {
  return kExitDone;
}

constexpr Command kFly = {.name = "fly",
                          .operands = "BIRD...",
                          .summary = "lets birds fly;\nsee bootstrap fly --help",
                          .about = "Lets birds fly.\n",
                          .options = kOptions,
                          .details = "Exit status: 0.\n",
                          .run = fly};
constexpr Command kWalk = {.name = "walk",
                           .operands = "DOG",
                           .summary = "walks a dog",
                           .about = "",
                           .options = {},
                           .details = "",
                           .run = fly};
constexpr std::array kCommands = {&kFly, &kWalk};

std::variant<PrintedText, const Command*> choose(const std::vector<std::string>& arguments) {
  return choose_command(kCommands, arguments);
}

PrintedText printed(const std::vector<std::string>& arguments) {
  const auto chosen = choose(arguments);
  const auto* text = std::get_if<PrintedText>(&chosen);
  return text == nullptr ? PrintedText{.text = "no text", .exit_status = -1} : *text;
}

TEST(CommandTable, ACommandIsChosenByItsName) {
  EXPECT_EQ(std::get<const Command*>(choose({"fly", "--help"})), &kFly);
  EXPECT_EQ(std::get<const Command*>(choose({"walk"})), &kWalk);
  EXPECT_EQ(printed({"fl"}).text, "bootstrap: unknown command fl; see bootstrap --help\n");
  EXPECT_EQ(printed({"fl"}).exit_status, kExitUsage);
  EXPECT_EQ(printed({"-v", "fly"}).exit_status, kExitUsage);
}

TEST(CommandTable, HelpAndVersionAreNoFaults) {
  for (const char* argument : {"--help", "-h"}) {
    EXPECT_EQ(printed({argument}).text, general_help(kCommands));
    EXPECT_EQ(printed({argument}).exit_status, kExitDone);
  }
  EXPECT_EQ(printed({"--version"}).text, "streamonce " STREAMONCE_VERSION "\n");
  EXPECT_EQ(printed({"--version"}).exit_status, kExitDone);
  EXPECT_EQ(printed({}).text, general_help(kCommands));
  EXPECT_EQ(printed({}).exit_status, kExitUsage);
}

TEST(CommandTable, TheHelpOfAllHasEachCommandAndEachSetting) {
  const std::string help = general_help(kCommands);
  EXPECT_NE(
      help.find("  bootstrap fly BIRD...          lets birds fly;\n"
                "                                 see bootstrap fly --help\n"
                "  bootstrap walk DOG             walks a dog\n"
                "  bootstrap --help | --version\n"
                "\n"
                "Settings, from strong to weak: options, environment, pipeline file.\n"
                "  --target   STREAMONCE_TARGET   dynamodb:TABLE, or sqlite:PATH of a "
                "database file, in which\n"
                "                                 the table is named after the source "
                "table; with views\n"
                "                                 dynamodb or sqlite:PATH. TABLE is a table's "
                "name, or its\n"
                "                                 ARN, which may be of another account and "
                "Region\n"
                "  --ledger   STREAMONCE_LEDGER   "),
      std::string::npos)
      << help;
}

TEST(CommandTable, TheHelpOfALongNameBeginsBelowIt) {
  EXPECT_NE(general_help(kCommands).find("\n             STREAMONCE_EXTERNAL_ID\n"
                                         "                                 the external id that "),
            std::string::npos);
}

TEST(CommandTable, TheHelpOfAllHasASettingWithoutAnOption) {
  EXPECT_NE(general_help(kCommands).find("\n             STREAMONCE_TABLES   tables with other "),
            std::string::npos);
}

TEST(CommandTable, TheHelpOfOneHasItsOptionsBetweenItsTexts) {
  const std::string help = help_of(kFly);
  EXPECT_TRUE(
      help.starts_with("bootstrap fly [OPTION...] BIRD...\n"
                       "\n"
                       "Lets birds fly.\n"
                       "\n"
                       "  --target TARGET    where the changes are applied (see below)\n"
                       "  --ledger TABLE     the table of the marks, for a DynamoDB "
                       "target\n"
                       "  --views FILE       derived tables, written in SQL\n"
                       "  --config FILE      the pipeline file\n"
                       "  --high METRES      how high at the most;\n"
                       "                     default: 3\n"
                       "  --a-name-as-long-as-that is alone on its line\n"
                       "  -v, --verbose      tell of each beat\n"
                       "\n"
                       "Exit status: 0.\n"
                       "\n"
                       "Settings, from strong to weak"))
      << help;
}

}  // namespace
}  // namespace streamonce::handler
