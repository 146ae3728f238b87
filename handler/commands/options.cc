#include "handler/commands/options.h"

#include <getopt.h>

#include <charconv>
#include <cstddef>
#include <cstdint>

#include "handler/commands/exit_status.h"

namespace streamonce::handler {
namespace {

/// The code of the first setting; the others follow, in their order in the table.
constexpr int kFirstSettingCode = 1000;

/// What getopt is told of the settings' options, the command's, and `--help`.
std::vector<option> options_of(const Command& command) {
  std::vector<option> options;
  const auto add = [&](const char* name, const char* operand, int code) {
    options.push_back({name, operand == nullptr ? no_argument : required_argument, nullptr, code});
  };
  int code = kFirstSettingCode;
  for (const Setting& setting : setting_table()) {
    if (setting.operand != nullptr) add(setting.name, setting.operand, code);
    ++code;
  }
  for (const CommandOption& each : command.options) add(each.name, each.operand, each.code);
  add("help", nullptr, 'h');
  options.push_back({nullptr, 0, nullptr, 0});
  return options;
}

/// The letters that getopt takes for options. The colon keeps it from printing anything itself.
std::string letters_of(const Command& command) {
  std::string letters = ":h";
  for (const CommandOption& each : command.options)
    if (has_letter(each.code)) letters += static_cast<char>(each.code);
  return letters;
}

bool parse_timeout(std::string_view text, std::chrono::seconds& timeout) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size()) return false;
  timeout = std::chrono::seconds(seconds);
  return seconds >= 1 && timeout <= kInvocationSecondsMax;
}

/// Takes any option of `command`. @return what is wrong with it; empty: nothing
std::string take_any(int code, const std::string& value, const TakeOption& take,
                     CommonOptions& common) {
  if (code == kVerboseCode) {
    common.verbose = true;
    return {};
  }
  if (code == kTimeoutCode) {
    return parse_timeout(value, common.timeout) ? ""
                                                : "--timeout: expected whole seconds from 1 to 900";
  }
  if (code >= kFirstOwnCode) return take(code, value);
  const Setting& setting = setting_table()[static_cast<std::size_t>(code - kFirstSettingCode)];
  common.settings.options.push_back({.name = setting.name, .value = value});
  return {};
}

/// What is wrong with an option that stands alone. `given` is the argument that it is in.
PrintedText lacks_value(const std::string& command, const std::string& given) {
  return usage_error(command + ": " + given + " needs a value");
}

/// What is wrong with the option that getopt did not know. `given` is the argument that it is in.
PrintedText unknown_option(const std::string& command, const std::string& given) {
  const bool letter = optopt > 0 && optopt < kFirstSettingCode;  // optopt: that of one that has one
  return usage_error(command + ": unknown option " +
                     (letter ? std::string{'-', static_cast<char>(optopt)} : given));
}

}  // namespace

std::optional<PrintedText> read_options(const Command& command, Arguments arguments,
                                        const TakeOption& take, CommonOptions& common) {
  const std::string name = command.name;
  const std::vector<option> options = options_of(command);
  const std::string letters = letters_of(command);
  // getopt sorts what it reads in place, and takes the first for the program's name.
  std::vector<std::string> texts = {name};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(texts.size());
  for (std::string& text : texts) pointers.push_back(text.data());
  const int count = static_cast<int>(pointers.size());
  optind = 0;  // starts getopt afresh
  int found = 0;
  while ((found = getopt_long(count, pointers.data(), letters.c_str(), options.data(), nullptr)) !=
         -1) {
    const std::string given = pointers[static_cast<std::size_t>(optind) - 1];
    if (found == 'h') return PrintedText{.text = help_of(command), .exit_status = kExitDone};
    if (found == ':') return lacks_value(name, given);
    if (found == '?') return unknown_option(name, given);
    const std::string wrong = take_any(found, optarg == nullptr ? "" : optarg, take, common);
    if (!wrong.empty()) return usage_error(wrong);
  }
  for (int i = optind; i < count; ++i)
    common.operands.emplace_back(pointers[static_cast<std::size_t>(i)]);
  return std::nullopt;
}

}  // namespace streamonce::handler
