// tests/handler/commands/readme_test.cc: README and --help say the same.

#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <cstdint>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include "handler/commands/check/check_command.h"
#include "handler/commands/check/prices.h"
#include "handler/commands/command.h"
#include "handler/commands/doctor/doctor_command.h"
#include "handler/commands/follow/follow_command.h"
#include "handler/commands/invoke/invoke_command.h"
#include "handler/commands/load/load_command.h"
#include "handler/commands/replay/replay_command.h"
#include "handler/commands/verify/verify_command.h"
#include "handler/config/settings.h"

namespace streamonce::handler {
namespace {

constexpr std::array kAllCommands = {
    &check::kCheckCommand, &doctor::kDoctorCommand, &follow::kFollowCommand, &kInvokeCommand,
    &load::kLoadCommand,   &replay::kReplayCommand, &verify::kVerifyCommand};

/// A file of the project, by its path in it.
std::string read_text(const std::string& path) {
  std::ifstream file(STREAMONCE_FIXTURES "/../../" + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string read_readme() {
  return read_text("README.md");
}

/// README without commands of the AWS CLI, whose options are its own.
std::string readme_of_our_options() {
  std::string text = read_readme();
  for (const std::string_view start : {"\naws ", "`aws ", "$ aws "})
    for (std::size_t at = text.find(start); at != std::string::npos; at = text.find(start, at + 1))
      text.erase(at + 1, text.find_first_of("\n`", at + 1) - at - 1);
  return text;
}

std::string in_one_line(std::string text) {
  for (char& c : text)
    if (c == '\n') c = ' ';
  return text;
}

/// The words of `text` that start with `start` and go on as names of options and variables do.
std::set<std::string> words_from(std::string_view text, std::string_view start) {
  std::set<std::string> words;
  const auto goes_on = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
  };
  for (std::size_t at = text.find(start); at != std::string_view::npos; at = text.find(start, at)) {
    std::size_t end = at + start.size();
    while (end < text.size() && goes_on(text[end])) ++end;
    if (at == 0 || !goes_on(text[at - 1])) words.emplace(text.substr(at, end - at));
    at = end;
  }
  return words;
}

std::string settings_section(const std::string& readme) {
  const std::size_t begin = readme.find("\n## Settings\n");
  const std::size_t end = readme.find("\n## ", begin + 1);
  return begin == std::string::npos ? "" : readme.substr(begin, end - begin);
}

TEST(Readme, HasEachSettingAsItIsRead) {
  const std::string section = settings_section(read_readme());
  const auto cell = [](bool is_set, const std::string& name) {
    return is_set ? "| `" + name + "` " : "| ";
  };
  std::size_t rows = 0;
  for (const Setting& setting : setting_table()) {
    const std::string name = setting.name;
    const std::string row =
        "\n" + cell(setting.operand != nullptr, "--" + name) +
        cell(setting.variable != nullptr, setting.variable == nullptr ? "" : setting.variable) +
        cell(setting.in_file, name) + "| ";
    EXPECT_NE(section.find(row), std::string::npos) << row;
  }
  for (std::size_t at = section.find("\n| "); at != std::string::npos;
       at = section.find("\n| ", at + 1))
    ++rows;
  EXPECT_EQ(rows, setting_table().size() + 1) << "and the head of the table";
}

TEST(Readme, HasTheVariablesThatHelpHas) {
  const std::string help = general_help(kAllCommands);
  const std::string section = settings_section(read_readme());
  for (const char* start : {"AWS_", "SSL_", "STREAMONCE_"}) {
    EXPECT_FALSE(words_from(help, start).empty()) << start;
    EXPECT_EQ(words_from(section, start), words_from(help, start));
  }
}

TEST(Readme, HasNoOptionThatHelpLacks) {
  std::string help = general_help(kAllCommands);
  for (const Command* command : kAllCommands) help += help_of(*command);
  std::set<std::string> known = words_from(help, "--");
  known.merge(words_from(read_text("deploy/package.sh"), "--"));
  const std::set<std::string> named = words_from(readme_of_our_options(), "--");
  EXPECT_GE(named.size(), 5U);
  for (const std::string& option : named)
    EXPECT_TRUE(known.contains(option) || option == "---" || option == "--")
        << option;  // a table's head, and a comment in SQL
}

TEST(Readme, HasThePricesThatCheckTells) {
  const std::string readme = read_readme();
  const auto units = [](std::uint64_t tenths) {
    std::string text = std::to_string(tenths / 10);
    if (tenths % 10 != 0) text += "." + std::to_string(tenths % 10);
    return text + (tenths == 10 ? " unit" : " units");
  };
  for (const check::MarkPrice& price : check::mark_prices()) {
    const auto cell = [&](std::uint64_t tenths) {
      return units(tenths) + ", $" + check::dollars_of_million_tenths(tenths);
    };
    const std::string row = " | " + cell(price.insert) + " a million | " + cell(price.update) +
                            " | " + cell(price.removal) + " | " + units(price.mostly_updates) +
                            " each, **$" + check::dollars_of_million_tenths(price.mostly_updates) +
                            "** |\n";
    EXPECT_NE(readme.find(row), std::string::npos) << row;
  }
}

TEST(Readme, StartsDynamoDbLocalSoThatItsStreamsAreFound) {
  const std::string readme = read_readme();
  const std::size_t begin = readme.find("java -jar DynamoDBLocal.jar");
  ASSERT_NE(begin, std::string::npos);
  const std::string line = readme.substr(begin, readme.find('\n', begin) - begin);
  EXPECT_NE(line.find(" -sharedDb "), std::string::npos) << line;
}

TEST(Readme, HasTheExitStatusesOfHelp) {
  const std::string help = in_one_line(help_of(kInvokeCommand));
  const std::size_t begin = help.find("Exit status: 0 ");
  ASSERT_NE(begin, std::string::npos);
  const std::string statuses = help.substr(begin, help.find('.', begin) + 1 - begin);
  EXPECT_NE(in_one_line(read_readme()).find(statuses), std::string::npos) << statuses;
}

}  // namespace
}  // namespace streamonce::handler
