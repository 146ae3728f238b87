#include "handler/commands/command.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>

#include "handler/commands/exit_status.h"
#include "handler/config/settings.h"

namespace streamonce::handler {
namespace {

// Where the columns of help begin, from 0.
constexpr std::size_t kTextColumn = 21;      // what an option does
constexpr std::size_t kSummaryColumn = 33;   // what a command does, and a setting means
constexpr std::size_t kVariableColumn = 13;  // a setting's variable

constexpr std::string_view kProgramAbout =
    "streamonce applies a DynamoDB stream to a target: exactly once in effect, and in order for\n"
    "each item.\n"
    "\n"
    "  bootstrap                      in AWS Lambda: serves a function on a DynamoDB stream\n";

constexpr std::string_view kOfAws =
    "AWS_REGION, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_DYNAMODB,\n"
    "AWS_ENDPOINT_URL_DYNAMODB_STREAMS, AWS_ENDPOINT_URL_STS, AWS_ACCESS_KEY_ID,\n"
    "AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE, AWS_CA_BUNDLE, SSL_CERT_FILE,\n"
    "AWS_LAMBDA_LOG_LEVEL and AWS_LAMBDA_LOG_FORMAT are honoured as AWS's own tools do.\n";

/// Appends blanks up to `column` of the line that `text` ends with; one at least.
void pad(std::string& text, std::size_t column) {
  const std::size_t line = text.rfind('\n') + 1;  // npos + 1 is 0
  text.append(std::max<std::size_t>(column, text.size() - line + 1) - (text.size() - line), ' ');
}

/// Appends `lines`, which have no end of line at their end, each from `column` on.
void append_lines(std::string& text, std::size_t column, std::string_view lines) {
  for (;;) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    pad(text, column);
    text.append(lines.substr(0, end)).append("\n");
    if (end == lines.size()) return;
    lines.remove_prefix(end + 1);
  }
}

void append_option(std::string& text, std::string_view letter, const char* name,
                   const char* operand, std::string_view help) {
  text.append("  ").append(letter).append("--").append(name);
  if (operand != nullptr) text.append(" ").append(operand);
  append_lines(text, kTextColumn, help);
}

std::string settings_help() {
  std::string text = "Settings, from strong to weak: options, environment, pipeline file.\n";
  for (const Setting& setting : setting_table()) {
    if (setting.help == nullptr) continue;
    text += "  ";
    if (setting.operand != nullptr) text.append("--").append(setting.name);
    pad(text, kVariableColumn);
    text += setting.variable;
    if (text.size() - (text.rfind('\n') + 1) >= kSummaryColumn) text += '\n';
    append_lines(text, kSummaryColumn, setting.help);
  }
  return text.append(kOfAws);
}

}  // namespace

std::string general_help(Commands commands) {
  std::string text(kProgramAbout);
  for (const Command* command : commands) {
    text.append("  bootstrap ").append(command->name).append(" ").append(command->operands);
    append_lines(text, kSummaryColumn, command->summary);
  }
  return text + "  bootstrap --help | --version\n\n" + settings_help();
}

std::string help_of(const Command& command) {
  std::string text = "bootstrap ";
  text.append(command.name).append(" [OPTION...] ").append(command.operands).append("\n\n");
  text.append(command.about).append("\n");
  for (const Setting& setting : setting_table())
    if (setting.operand != nullptr)
      append_option(text, "", setting.name, setting.operand, setting.option_help);
  for (const CommandOption& option : command.options) {
    const std::string letter =
        has_letter(option.code) ? std::string{'-', static_cast<char>(option.code), ',', ' '} : "";
    append_option(text, letter, option.name, option.operand, option.help);
  }
  return text.append("\n").append(command.details).append("\n") + settings_help();
}

PrintedText usage_error(std::string_view what) {
  std::string text = "bootstrap: ";
  return {.text = text.append(what).append("; see bootstrap --help\n"), .exit_status = kExitUsage};
}

std::variant<PrintedText, const Command*> choose_command(Commands commands, Arguments arguments) {
  if (arguments.empty())
    return PrintedText{.text = general_help(commands), .exit_status = kExitUsage};
  const std::string& name = arguments.front();
  if (name == "--help" || name == "-h")
    return PrintedText{.text = general_help(commands), .exit_status = kExitDone};
  if (name == "--version")
    return PrintedText{.text = "streamonce " STREAMONCE_VERSION "\n", .exit_status = kExitDone};
  for (const Command* command : commands)
    if (name == command->name) return command;
  return usage_error("unknown command " + name);
}

int print(const PrintedText& printed) {
  std::FILE* out = printed.exit_status == kExitDone ? stdout : stderr;
  if (std::fputs(printed.text.c_str(), out) >= 0 && std::fflush(out) == 0)
    return printed.exit_status;
  return std::max(printed.exit_status, kExitFailed);
}

int cannot_start(const Error& error) {
  std::fprintf(stderr, "bootstrap: %s\n", error.message.c_str());
  return kExitUsage;
}

bool write_to_stdout(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

}  // namespace streamonce::handler
